// What waits for somebody: disputes with their deadlines, and everything else that needs action.

import { element, notice } from "./dom.js";
import { ask, badge, button, download, empty, field, growing, natural, select, table, textInput, toast, trouble } from "./console_parts.js";
import { disputeState, needed, readable } from "./console_words.js";

const DAY_LENGTH_MS = 86_400_000;
const SOON_DAYS = 4;
const CASES = 100;

/** Show disputes, open ones first asked for. */
export function showDisputes(app, main) {
  const choice = select([["true", "Open"], ["false", "Decided"], ["", "All"]], "true", { "aria-label": "Which disputes" });
  app.heading(main, "Disputes", "A client's bank took money back, or asks about a payment", choice);
  const load = (cursor) => app.api.get(app.path("disputes"), { open: choice.value, limit: CASES, cursor });
  const again = app.section(main, () => load(""), (first) =>
    growing(first, load, (items) => disputes(app, items, choice.value)));
  choice.addEventListener("change", again);
}

function disputes(app, items, which) {
  if (!items.length) {
    return empty(which === "true" ? "No open disputes" : "No disputes", "When a client's bank asks, it stands here with its deadline.");
  }
  return table("Disputes", [
    { name: "Reason", cell: (each) => element("div", {},
      each.booking_id
        ? element("a", { class: "strong", href: app.link("bookings", each.booking_id) }, readable(each.reason))
        : element("span", { class: "strong" }, readable(each.reason)),
      element("div", { class: "small soft" }, each.stripe_dispute_id)) },
    { name: "State", cell: (each) => badge(disputeState(each.status)) },
    { name: "Answer until", cell: (each) => deadline(app, each) },
    { name: "Money", cell: (each) => ({
      withdrawn: "Withdrawn", reinstated: "Returned", none: "Not moved",
    }[each.funds] ?? readable(each.funds)) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Evidence", cell: (each) => evidence(app, each) },
  ], items);
}

function deadline(app, dispute) {
  if (!dispute.evidence_due_by || !dispute.is_open) return "—";
  const days = Math.floor((Date.parse(dispute.evidence_due_by) - Date.now()) / DAY_LENGTH_MS);
  const left = days < 0 ? "Over" : `${days} ${days === 1 ? "day" : "days"} left`;
  return element("div", { class: "row tight" }, app.moment(dispute.evidence_due_by),
    badge([left, days < SOON_DAYS ? "bad" : "plain"]));
}

function evidence(app, dispute) {
  if (!app.is("owner", "manager") || !dispute.booking_id) return "—";
  const fetch = button("Download", async () => {
    try {
      const path = app.path("disputes", dispute.stripe_dispute_id, "evidence");
      download(await app.api.file(path), `evidence-${dispute.stripe_dispute_id}.zip`);
      toast("The evidence is downloaded: hand it in at Stripe.");
    } catch (failed) {
      fetch.after(trouble(failed, () => fetch.click()));
    }
  });
  fetch.setAttribute("aria-label", `Download the evidence of ${dispute.stripe_dispute_id}`);
  return fetch;
}

/** Show what staff have to look at. */
export function showNeeded(app, main) {
  app.heading(main, "Needs action", "What Bookpay cannot resolve automatically");
  const load = (cursor) => app.api.get(app.path("needs-action"), { limit: CASES, cursor });
  const again = app.section(main, () => load(""), (first) => growing(first, load, (items) => {
    if (!items.length) return empty("Nothing needs you", "Refunds that fail, fees to decide and deadlines appear here.");
    return element("ul", { class: "stack" }, items.flatMap((item) =>
      item.actions.map((action) => element("li", {}, neededCase(app, item, action, () => again())))));
  }));
}

function neededCase(app, item, action, again) {
  const sum = action.amount ? ` (${app.money(action.amount, action.currency ?? app.location.currency)})` : "";
  return notice("warn", `${needed(action.kind)}${sum}`, element("div", { class: "stack tight" },
    action.deadline && element("p", { class: "strong" }, `Until ${app.moment(action.deadline)}`),
    element("p", {}, action.advice),
    element("p", { class: "small soft" }, "Since ", app.moment(item.at), " · ", natural(item.booking_id ?? item.about)),
    element("div", { class: "row" },
      item.booking_id && element("a", { class: "button", href: app.link("bookings", item.booking_id) }, "Open the booking"),
      action.action_id && button("Settle", () => askToSettle(app, item, action, again)))));
}

/** Ask why nothing more is to be done about what no later fact takes off the list. */
function askToSettle(app, item, action, again) {
  const reason = textInput("", { maxlength: 500 });
  ask({
    title: "Settle",
    label: "Settle",
    body: [
      element("p", {}, needed(action.kind), ". Once settled it is off the list, and comes back only if something about it changes."),
      field("What was done, or why nothing needs to be", reason, { pointer: "/reason", hint: "For your team. It stays with the booking." }),
    ],
    doing: "Settling",
    go: async () => {
      const body = { about: item.about, action_id: action.action_id, reason: reason.value };
      await app.api.post(app.path("needs-action", "settle"), body);
      toast("Settled.");
      await again();
    },
  });
}
