// What needs somebody's decision, with the buttons that decide it: in a booking, and in the list of all.

import { element, notice } from "./dom.js";
import { ask, button, field, textInput, toast } from "./console_parts.js";
import { askToApprove, askToRefund, askToTakeFee, askToWaive } from "./console_doing.js";
import { askToCorrect, showMails } from "./console_messages.js";
import { needed, readable } from "./console_words.js";

const BANKS_QUESTIONS = ["dispute_needs_response", "inquiry_needs_response", "dispute_lost_after_won"];

/** Return one thing that needs action; `booking` is null where it is about none, or not read yet. */
export function neededBox(app, booking, action, again, about = booking && `booking#${booking.booking_id}`) {
  const sum = action.amount ? ` (${app.money(action.amount, action.currency ?? app.location.currency)})` : "";
  const deadline = action.deadline && element("p", { class: "strong" }, `Until ${app.moment(action.deadline)}`);
  const buttons = app.is("owner", "manager") ? [
    ...(booking ? decisions(app, booking, action, again) : []),
    action.action_id && button("Settle", () => askToSettle(app, about, action, again)),
  ].filter(Boolean) : [];
  return notice("warn", `${needed(action.kind)}${sum}`, element("div", { class: "stack tight" },
    deadline, element("p", {}, action.advice), buttons.length > 0 && element("div", { class: "row" }, buttons)));
}

function decisions(app, booking, action, again) {
  const fee = booking.fees.find((each) => each.fee_id === action.fee_id);
  const refund = booking.refunds.find((each) => each.refund_id === action.refund_id);
  const back = Math.min(action.proposed_refund ?? (action.kind === "early_fraud_warning" ? booking.refundable : 0), booking.refundable);
  return [
    back > 0 && button(`Refund ${app.money(back, booking.currency)}`, () => askToRefund(app, booking, again, back)),
    refund?.approval === "awaiting_approval" && button("Approve", () => askToApprove(app, booking, refund, true, again)),
    refund?.approval === "awaiting_approval" && button("Deny", () => askToApprove(app, booking, refund, false, again)),
    fee?.status === "proposed" && button("Charge the fee", () => askToTakeFee(app, booking, fee, again)),
    ["proposed", "owed"].includes(fee?.status) && button("Waive the fee", () => askToWaive(app, booking, fee, again)),
    action.kind === "mail_undelivered" && booking.client && button("Correct the client", () => askToCorrect(app, booking, again)),
    action.kind === "mail_undelivered" && booking.client && button("Emails", () => showMails(app, booking, again)),
    BANKS_QUESTIONS.includes(action.kind) && element("a", { class: "button", href: app.link("disputes") }, "Open disputes"),
  ];
}

/** Return of whom or what a case is, where no booking says it. */
export function aboutWhat(about) {
  const [kind, id = ""] = about.split("#");
  return kind.endsWith("stripe") ? "The connection to Stripe" : `${readable(kind)} ${id}`;
}

// Ask why nothing more is to be done about what no later fact takes off the list.
function askToSettle(app, about, action, again) {
  const reason = textInput("");
  ask({
    title: "Settle",
    label: "Settle",
    body: [
      element("p", {}, needed(action.kind), ". Once settled it is off the list, and comes back only if something about it changes."),
      field("What was done, or why nothing needs to be", reason, { pointer: "/reason", hint: "For your team. It stays with the booking." }),
    ],
    doing: "Settling",
    go: async () => {
      const body = { about, action_id: action.action_id, reason: reason.value };
      await app.api.post(app.path("needs-action", "settle"), body);
      toast("Settled.");
      await again();
    },
  });
}
