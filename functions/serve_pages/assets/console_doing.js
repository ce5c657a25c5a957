// What is done with a booking: each asks once, in a plain sentence of what will happen.

import { element, notice } from "./dom.js";
import { chance } from "./kept.js";
import { hashOf } from "./console_keys.js";
import { Mistake, ask, button, field, readAmount, select, textInput, toast, writeAmount } from "./console_parts.js";
import { readable } from "./console_words.js";

const REASONS = [
  ["", "No reason given"], ["requested_by_customer", "The client asked for it"],
  ["duplicate", "Paid twice"], ["fraudulent", "Fraud"],
];

/** Return a payment's card, such as `Visa •••• 4242`, or "". */
export function cardOf(payment) {
  return payment.card ? `${readable(payment.card.brand)} •••• ${payment.card.last4}` : "";
}

/** Ask for a refund; the whole rest, or `proposed`, stands in the field already. */
export function askToRefund(app, booking, again, proposed = booking.refundable) {
  const { currency } = booking;
  const money = (minor) => app.money(minor, currency);
  const amount = textInput(writeAmount(proposed, currency), { inputmode: "decimal" });
  const reason = select(REASONS, "");
  const note = textInput("");
  const happens = element("div", { "aria-live": "polite" });
  const key = chance();
  const tell = () => {
    const minor = readAmount(amount.value, currency);
    const isRight = minor > 0 && minor <= booking.refundable;
    const most = booking.refundable > 0 ? `Write an amount up to ${money(booking.refundable)}.` : "Nothing is left to be refunded.";
    happens.replaceChildren(notice("", isRight ? refundSentence(app, booking, minor) : most));
    submit.textContent = isRight ? `Refund ${money(minor)}` : "Refund";
  };
  const { submit } = ask({
    title: "Refund",
    label: `Refund ${money(proposed)}`,
    body: [
      field(`Amount in ${currency.toUpperCase()}`, amount,
        { pointer: "/amount", hint: `Up to ${money(booking.refundable)}` }),
      field("Reason", reason, { pointer: "/reason" }),
      field("Note for your team", note, { pointer: "/note", hint: "The client does not see it." }),
      happens,
    ],
    doing: "Asking for the refund",
    go: async () => {
      const minor = readAmount(amount.value, currency);
      if (!minor || minor > booking.refundable) {
        throw new Mistake("/amount", `Write an amount up to ${money(booking.refundable)}.`);
      }
      const body = { amount: minor };
      if (reason.value) body.reason = reason.value;
      if (note.value.trim()) body.note = note.value.trim();
      const path = app.path("bookings", booking.booking_id, "refunds");
      const asked = await app.api.post(path, body, { "idempotency-key": `${key}-${hashOf(body)}` }).catch(async (failed) => {
        // Somebody else may have refunded meanwhile: what is said here must be true again.
        if (failed.status === 409 || failed.status === 422) {
          Object.assign(booking, await app.api.get(app.path("bookings", booking.booking_id)));
          tell();
        }
        throw failed;
      });
      toast(asked.approval === "awaiting_approval" ? `The refund of ${money(minor)} waits for a second person.`
        : `The refund of ${money(minor)} is on its way.`);
      await again();
    },
  });
  amount.addEventListener("input", tell);
  tell();
}

function refundSentence(app, booking, minor) {
  const who = booking.client?.name ?? "the client";
  const paid = booking.payments.find((each) => each.card && each.status === "succeeded");
  const to = paid ? ` on ${cardOf(paid)}` : "";
  const rest = booking.amount_captured - booking.amount_refunded - booking.amount_refund_pending - minor;
  const stays = rest > 0 ? ` ${app.money(rest, booking.currency)} stays with you.` : "";
  const approval = mustWait(app, booking, minor) ? " A second person has to approve it first." : "";
  return `${app.money(minor, booking.currency)} is refunded to ${who}${to}, usually within 5 to 10 days.${stays}${approval} `
    + "Stripe keeps its fee for the payment.";
}

// As far as the page can tell: the strictest limit binds, and refunds of one booking add up.
function mustWait(app, booking, minor) {
  const limits = app.location.refund_approval_above ?? {};
  const binding = Math.min(...app.roles.map((role) => limits[role === "admin" ? "owner" : role]).filter((limit) => limit > 0));
  const given = booking.refunds.filter((each) => each.requested_by?.includes("@") && !["failed", "canceled"].includes(each.status))
    .reduce((sum, each) => sum + each.amount, 0);
  return given + minor > binding;
}

/** Approve or deny a refund that waits for a second person. */
export function askToApprove(app, booking, refund, agrees, again) {
  const sum = app.money(refund.amount, refund.currency);
  const says = agrees
    ? `${sum} is refunded to the client, as ${refund.requested_by} asked.`
    : `Nothing is refunded. The ${sum} can be requested again.`;
  ask({
    title: agrees ? "Approve this refund?" : "Deny this refund?",
    body: [element("p", { dir: "auto" }, says)],
    label: agrees ? `Approve ${sum}` : "Deny",
    kind: agrees ? "main" : "danger",
    go: () => doing(app, booking, ["refunds", refund.refund_id, agrees ? "approve" : "deny"], {},
      agrees ? "The refund is approved." : "The refund is denied.", again),
  });
}

/** Cancel for the business: all goes back, or the fee of the terms is kept. */
export function askToCancel(app, booking, again) {
  const money = (minor) => app.money(minor, booking.currency);
  const fee = booking.cancellation_fee_now ?? 0;
  const kept = booking.amount_captured - booking.amount_refunded - booking.amount_refund_pending;
  const sentence = (takes) => [
    theVisit(app, booking), "Its time is free again, and the client gets an email.", backSentence(booking, kept, takes ? fee : 0, money),
  ].filter(Boolean).join(" ");
  const said = element("p", { "aria-live": "polite" }, sentence(false));
  const choice = feeChoice([
    ["", "Without a fee"], ["fee", `With the fee of the terms that the client accepted: ${money(fee)}`],
  ], (value) => { said.textContent = sentence(value === "fee"); });
  ask({
    title: "Cancel this booking?",
    body: [fee > 0 && choice.made, said].filter(Boolean),
    label: "Cancel the booking",
    kind: "danger",
    doing: "Cancelling",
    go: () => doing(app, booking, ["cancel"], { apply_fee: fee > 0 && choice.value() === "fee" },
      "The booking is cancelled.", again, true),
  });
}

/** Note that the client did not come, with the fee for it or without. */
export function askToMarkNoShow(app, booking, again) {
  const money = (minor) => app.money(minor, booking.currency);
  const fee = booking.no_show_fee_now ?? 0;
  const kept = booking.amount_captured - booking.amount_refunded - booking.amount_refund_pending;
  const sentence = (takes) => [theVisit(app, booking), fee > 0 ? backSentence(booking, kept, takes ? fee : 0, money)
    : "No fee is due by the terms. What was paid stays as it is."].filter(Boolean).join(" ");
  const said = element("p", { "aria-live": "polite" }, sentence(true));
  const choice = feeChoice([["fee", `With the fee of the terms: ${money(fee)}`], ["", "Waive the fee"]],
    (value) => { said.textContent = sentence(value === "fee"); });
  ask({
    title: "The client did not come?",
    body: [fee > 0 && choice.made, said].filter(Boolean),
    label: "Mark as no-show",
    kind: "danger",
    go: () => doing(app, booking, ["no-show"], { waive_fee: fee > 0 && choice.value() !== "fee" },
      "Noted: the client did not come.", again, true),
  });
}

function theVisit(app, booking) { return booking.starts_at && `The visit of ${app.visit(booking)}.`; }

// What becomes of the money when `fee` is kept.
function backSentence(booking, kept, fee, money) {
  const back = Math.max(0, kept - fee);
  const owed = Math.max(0, fee - kept);
  const held = booking.amount_authorized;
  return [
    back > 0 && `${money(back)} is refunded to the client.`,
    fee > 0 && kept > 0 && `${money(Math.min(fee, kept))} of what was paid is kept.`,
    owed > 0 && `${money(owed)} is charged to the hold or the saved card; if that fails, the client gets a link.`,
    held > 0 && owed === 0 && `The hold of ${money(held)} is released.`,
    kept <= 0 && fee === 0 && held === 0 && "Nothing was paid, and nothing is charged.",
  ].filter(Boolean).join(" ");
}

function feeChoice(choices, changed) {
  const name = `choice-${chance()}`;
  const made = element("fieldset", { class: "stack tight" },
    element("legend", { class: "strong" }, "The fee"),
    choices.map(([value, text], at) => element("label", { class: "tick" },
      element("input", { type: "radio", name, value, checked: at === 0, onchange: () => changed(value) }), element("span", {}, text))));
  return { made, value: () => made.querySelector("input:checked").value };
}

/** Undo an end that was a mistake. */
export function askToReopen(app, booking, again) {
  const money = (minor) => app.money(minor, booking.currency);
  const taken = booking.fees.filter((each) => each.status !== "waived").reduce((sum, each) => sum + each.amount_taken, 0);
  const says = [
    "The booking is confirmed again.",
    taken > 0 ? `The fee of ${money(taken)} is refunded to the client; above your limit, a second person has to approve it first.`
      : booking.fees.some((each) => each.amount_owed > 0) && "Its fee is no longer due.",
    "What was refunded is due again, by link: nothing is charged automatically.",
  ].filter(Boolean).join(" ");
  ask({
    title: "Reopen this booking?",
    body: [element("p", {}, says)],
    label: "Reopen",
    doing: "Reopening",
    go: async () => {
      const now = await app.api.post(app.path("bookings", booking.booking_id, "reopen"), {});
      toast(now.status === "confirmed" ? "The booking is confirmed again." : "A second person has to approve the refund first.");
      await again();
    },
  });
}

/** Charge a fee that was proposed. */
export function askToTakeFee(app, booking, fee, again) {
  const sum = app.money(fee.amount, fee.currency);
  ask({
    title: "Charge this fee?",
    body: [element("p", {}, `${sum} is kept from what was paid, or charged to the hold or the saved card. Anything above the fee is refunded.`)],
    label: `Charge ${sum}`,
    go: () => doing(app, booking, ["fees", fee.fee_id, "confirm"], {}, "The fee is charged.", again),
  });
}

/** Let a fee go, and say why. */
export function askToWaive(app, booking, fee, again) {
  const reason = textInput("", { required: true });
  ask({
    title: "Waive this fee?",
    body: [
      element("p", {}, `The client does not pay the ${app.money(fee.amount, fee.currency)}; what was kept for it is refunded.`),
      field("Why", reason, { pointer: "/reason" }),
    ],
    label: "Waive the fee",
    go: () => {
      if (!reason.value.trim()) throw new Mistake("/reason", "Say why, for whoever asks later.");
      return doing(app, booking, ["fees", fee.fee_id, "waive"], { reason: reason.value.trim() }, "The fee is waived.", again);
    },
  });
}

async function doing(app, booking, parts, body, said, again, hasUndo = false) {
  const now = await app.api.post(app.path("bookings", booking.booking_id, ...parts), body);
  toast(said, hasUndo && button("Undo", () => askToReopen(app, now, again)));
  await again();
}
