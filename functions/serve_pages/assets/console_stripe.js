// Online payments: the connection to Stripe, what clients can pay with, the webhook, and the check of all.

import { element, facts, notice } from "./dom.js";
import { ask, badge, button, card, clearMistakes, empty, field, fill, saving, textInput, tick, toast } from "./console_parts.js";
import { settingsForm, switchSetting, ticksSetting } from "./console_form.js";
import { watchChanges } from "./console_unsaved.js";
import { readable } from "./console_words.js";

// As the API knows them, with where they are of use.
const METHODS = [
  ["card", "Cards, Apple Pay, Google Pay"], ["link", "Link: saved cards"], ["bancontact", "Bancontact: Belgium, EUR"],
  ["blik", "BLIK: Poland, PLN"], ["eps", "EPS: Austria, EUR"], ["ideal", "iDEAL: Netherlands, EUR"],
  ["mobilepay", "MobilePay: Denmark, Finland"], ["p24", "Przelewy24: Poland"], ["twint", "TWINT: Switzerland, CHF"],
];

/** Show how the location is connected to Stripe. */
export function showStripe(app, main) {
  app.heading(main, "Online payments", "Your own Stripe account takes the money; Bookpay never holds it");
  let check = null;
  const load = app.section(main, () => app.api.get(app.path("payment-settings")), (settings) => stripePage(app, settings, check, (saved) => {
    check = saved.check ?? null;
    load();
  }), 7);
}

function stripePage(app, settings, check, again) {
  const checker = checkCard(app, check);
  const parts = settings.connected
    ? [methodsForm(app, checker.run), connectionCard(app, settings, again)]
    : [empty("Not connected to Stripe yet", "Save the keys of your Stripe account, and clients can pay.")];
  return [
    ...settings.warnings.map((each) => notice("warn", each.detail)),
    ...parts, keysCard(app, settings, again), settings.connected && checker.made,
  ].filter(Boolean);
}

function methodsForm(app, saved) {
  const found = app.location;
  const links = switchSetting("visit_link_enabled", "Payment links",
    "You send a link or show a code, and the client pays the visit.", found.visit_link_enabled);
  const methods = ticksSetting("payment_method_types", "What clients can pay with",
    "Stripe shows those that fit the currency. A hold and a saved card need a card.", METHODS, found.payment_method_types);
  const parts = card("What clients can use", links.made, methods.made);
  return settingsForm([parts], [links, methods], async (changed) => {
    Object.assign(app.location, await app.api.patch(app.path(), changed));
    toast("What clients can use is saved.");
    saved();
  });
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
      again(rolled);
    },
  });
}

/** Return a card in which the keys are saved; `connected` gets the check that follows. */
export function keysCard(app, settings, connected) {
  const publishable = textInput(settings.publishable_key, { spellcheck: "false", dir: "ltr" });
  const secretText = () => textInput("", { type: "password", autocomplete: "off", spellcheck: "false", dir: "ltr" });
  const [secret, signing, other] = [secretText(), secretText(), secretText()];
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
      }),
      field("Second signing secret", other, { pointer: "/webhook_signing_secrets/1", hint: "Only while you roll the first one: messages signed with either are taken." }),
      element("p", { class: "small soft" },
        `It needs API version ${settings.webhook_api_version} and these events: ${settings.webhook_events.join(", ")}.`))),
    told, element("div", { class: "row" }, submit));
  const saved = watchChanges(form);
  saving(form, submit, told, async () => {
    const body = {
      publishable_key: publishable.value, secret_key: secret.value,
      online_booking_enabled: settings.connected ? app.location.online_booking_enabled : true,
      visit_link_enabled: settings.connected ? app.location.visit_link_enabled : true,
    };
    const secrets = [signing, other].map((each) => each.value).filter((each) => each.trim());
    if (secrets.length) body.webhook_signing_secrets = secrets;
    const now = await app.api.put(app.path("payment-settings"), body);
    const { mode, online_booking_enabled, visit_link_enabled } = now;
    Object.assign(app.location, { mode, online_booking_enabled, visit_link_enabled });
    clearMistakes(form);
    saved();
    toast("Stripe took the keys. The location is connected.");
    connected(now);
  });
  return card(settings.connected ? "Other keys" : "Keys", form);
}

/** Return the lines of a check. */
export function checkLines(app, check) {
  return [
    element("p", { class: "small soft" }, `Checked ${app.moment(check.checked_at)}`),
    check.status === "not_finished" && notice("warn", "There was no time to check everything: run the check again."),
    element("ul", { class: "lines" }, check.lines.map((line) => element("li", {},
      badge({ ok: ["OK", "good"], warning: ["Look", "warn"], failure: ["Fails", "bad"] }[line.status]),
      element("div", {}, element("p", { class: "strong" }, readable(line.name)), element("p", { class: "small soft" }, line.detail))))),
  ].filter(Boolean);
}

function checkCard(app, check) {
  const place = element("div", { class: "stack" }, ...(check ? checkLines(app, check) : []));
  const run = () => fill(place, () => app.api.get(app.path("payment-settings", "check")), (found) => checkLines(app, found));
  const made = card("Check", element("p", { class: "soft" }, "Every permission, the webhook, emails and queues are tested; after each save, too."),
    element("div", { class: "row" }, button("Run the check", run)), place);
  return { made, run };
}
