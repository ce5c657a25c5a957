// Online payments: the connection to Stripe, the two switches, the webhook, and the check of all.

import { element, facts, notice } from "./dom.js";
import {
  ask, badge, button, card, clearMistakes, empty, field, fill, saving, showMistakes, textInput, tick, toast,
} from "./console_parts.js";
import { readable } from "./console_words.js";

/** Show how the location is connected to Stripe. */
export function showPayments(app, main) {
  app.heading(main, "Online payments", "Your own Stripe account takes the money; Bookpay never holds it");
  const again = app.section(main, () => app.api.get(app.path("payment-settings")),
    (settings) => settingsPage(app, settings, () => again()), 7);
}

function settingsPage(app, settings, again) {
  const parts = settings.connected
    ? [switchesCard(app, settings), connectionCard(app, settings, again)]
    : [empty("Not connected to Stripe yet", "Save the keys of your Stripe account, and clients can pay.")];
  return [
    ...settings.warnings.map((each) => notice("warn", each.detail)),
    ...parts, keysCard(app, settings, again), settings.connected && checkCard(app),
  ].filter(Boolean);
}

function switchesCard(app, settings) {
  const told = element("div", {});
  const turn = (name, title, about, said) => {
    const { control, made } = tick(title, settings[name], { role: "switch" });
    control.addEventListener("change", async () => {
      told.replaceChildren();
      control.disabled = true;
      try {
        Object.assign(app.location, await app.api.patch(app.path(), { [name]: control.checked }));
        toast(said[control.checked ? 0 : 1]);
      } catch (failed) {
        control.checked = !control.checked;
        told.replaceChildren(...showMistakes(told, failed));
      } finally {
        control.disabled = false;
        control.focus();
      }
    });
    made.classList.add("switch");
    return element("div", {}, made, element("p", { class: "small soft" }, about));
  };
  return card("Methods",
    turn("online_booking_enabled", "Online booking", "Clients book on your page and pay as the terms say.",
      ["Online booking is on.", "Online booking is off."]),
    turn("visit_link_enabled", "Payment links", "You send a link or show a code, and the client pays the visit.",
      ["Payment links are on.", "Payment links are off."]), told);
}

function connectionCard(app, settings, again) {
  const { account } = settings;
  const roll = button("Roll the webhook secret", () => askToRoll(app, again));
  return card("Connection", facts([
    ["Account", [account.name, account.id].filter(Boolean).join(" · ")],
    ["Mode", settings.mode === "test" ? "Test: no real money" : "Live"],
    ["Country and currency", [account.country, account.default_currency].filter(Boolean).join(", ").toUpperCase()],
    ["On the client's statement", account.statement_descriptor],
    ["Publishable key", settings.publishable_key],
    ["Secret key ends in", settings.secret_key_last4],
    ["Webhook address", settings.webhook_url],
    ["Webhook secrets end in", settings.webhook_signing_secrets_last4.join(", ")],
    ["Connected", settings.connected_at && app.moment(settings.connected_at)],
  ]), settings.webhook_endpoint_id && element("div", { class: "row" }, roll));
}

function askToRoll(app, again) {
  const { control, made } = tick("The old secret has leaked: stop it at once", false);
  ask({
    title: "Roll the webhook secret?",
    body: [
      element("p", {}, "Stripe makes a new signing secret. The old one works for another day, so that no message is lost."),
      made,
      element("p", { class: "small soft" },
        "Stopped at once, it ends within a minute. What Stripe has under way is then fetched within the hour."),
    ],
    label: "Roll it",
    go: async () => {
      const asked = { keep_former: !control.checked };
      const rolled = await app.api.post(app.path("payment-settings", "roll-webhook-secret"), asked);
      toast(`Done. The old secret works until ${app.moment(rolled.old_secret_valid_until)}.`);
      again();
    },
  });
}

function keysCard(app, settings, again) {
  const publishable = textInput(settings.publishable_key, { spellcheck: "false", dir: "ltr" });
  const secret = textInput("", { type: "password", autocomplete: "off", spellcheck: "false", dir: "ltr" });
  const signing = textInput("", { type: "password", autocomplete: "off", spellcheck: "false", dir: "ltr" });
  const told = element("div", {});
  const submit = element("button", { type: "submit", class: "button main" }, "Save and connect");
  const form = element("form", { class: "stack", novalidate: true },
    field("Publishable key", publishable, { pointer: "/publishable_key", hint: "Begins with pk_test_ or pk_live_." }),
    field("Secret key", secret, {
      pointer: "/secret_key", hint: "Begins with sk_, or rk_ for a restricted key. It is stored encrypted and never shown again.",
    }),
    element("details", {}, element("summary", {}, "I made the webhook endpoint myself"),
      element("div", { class: "stack" }, field("Signing secret", signing, {
        pointer: "/webhook_signing_secrets", hint: `Of your endpoint for ${settings.webhook_url}. Without it, the endpoint is made for you.`,
      }), element("p", { class: "small soft" },
        `It needs API version ${settings.webhook_api_version} and these events: ${settings.webhook_events.join(", ")}.`))),
    told, element("div", { class: "row" }, submit));
  saving(form, submit, told, async () => {
    const body = {
      publishable_key: publishable.value, secret_key: secret.value,
      online_booking_enabled: settings.connected ? app.location.online_booking_enabled : true,
      visit_link_enabled: settings.connected ? app.location.visit_link_enabled : true,
    };
    if (signing.value.trim()) body.webhook_signing_secrets = [signing.value];
    const saved = await app.api.put(app.path("payment-settings"), body);
    Object.assign(app.location, { mode: saved.mode });
    clearMistakes(form);
    toast("Stripe took the keys. The location is connected.");
    again();
  });
  return card(settings.connected ? "Other keys" : "Keys", form);
}

function checkCard(app) {
  const place = element("div", { class: "stack" });
  const run = () => fill(place, () => app.api.get(app.path("payment-settings", "check")), (check) => [
    element("p", { class: "small soft" }, `Checked ${app.moment(check.checked_at)}`),
    element("ul", { class: "lines" }, check.lines.map((line) => element("li", {},
      badge({ ok: ["OK", "good"], warning: ["Look", "warn"], failure: ["Fails", "bad"] }[line.status]),
      element("div", {}, element("p", { class: "strong" }, readable(line.name)), element("p", { class: "small soft" }, line.detail))))),
  ]);
  return card("Check", element("p", { class: "soft" }, "Every permission, the webhook, emails and queues are tested."),
    element("div", { class: "row" }, button("Run the check", run)), place);
}
