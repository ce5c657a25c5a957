// One booking: what is to be known of its visit and its money, and what can be done with it.

import { element, facts, webAddress } from "./dom.js";
import { Live } from "./console_live.js";
import { entriesLink } from "./console_ledger.js";
import { neededBox } from "./console_needed.js";
import { badge, button, card, fill, natural, redrawn, table, tick } from "./console_parts.js";
import {
  askToApprove, askToCancel, askToMarkNoShow, askToRefund, askToReopen, askToTakeFee, askToWaive, cardOf,
} from "./console_doing.js";
import { OUTSIDE, askToComplete, askToVoid, waysToPay } from "./console_paying.js";
import { askToMove, canMove } from "./console_move.js";
import { askForNote, askToCorrect, showMails } from "./console_messages.js";
import {
  bookingState, chargeState, disputeState, feeState, happened, paymentState, readable, refundState,
} from "./console_words.js";

const REQUESTED = "requested";
const REOPEN_MS = 30 * 24 * 3600 * 1000;

/** Show a booking, and what becomes of it while it is open. */
export function showBooking(app, main, bookingId) {
  const title = element("h1", { tabindex: -1, dir: "auto" }, "Booking");
  const place = element("div", { class: "stack" });
  main.append(app.backLink(), title, place);
  const live = new Live(app.api, app.path("bookings", bookingId), {}, isMoving);
  const page = { app, place, title, again: () => live.look() };
  fill(place, () => Promise.all([live.load(), app.catalogue()]), ([booking, names]) => {
    page.names = names;
    live.follow(place, (now) => redrawn(place, drawn(page, now), title));
    return drawn(page, booking);
  }, 7);
}

// A hold is taken, or let go, when the visit has ended.
function isMoving(booking) {
  return booking.refunds.some((each) => each.status === REQUESTED && each.approval !== "awaiting_approval")
    || booking.fees.some((each) => each.status === REQUESTED)
    || (!isOpen(booking) && booking.amount_authorized > 0);
}

// Whether a confirmed visit may be over; a sale at the desk has no time.
function hasBegun(booking) {
  return booking.status === "confirmed" && (!booking.starts_at || Date.parse(booking.starts_at) <= Date.now());
}

// Whether its end can be undone: not the client's own cancellation, and not after thirty days.
function canReopen(booking) {
  const end = booking.timeline.findLast((each) => each.what === `booking.${booking.status}`);
  return ["no_show", "completed", "cancelled"].includes(booking.status) && end && end.by !== "client"
    && Date.now() - Date.parse(end.at) <= REOPEN_MS;
}

function isOpen(booking) { return ["confirmed", "awaiting_payment", "awaiting_confirmation"].includes(booking.status); }

function drawn(page, booking) {
  const { app, again } = page;
  page.title.textContent = booking.client?.name ?? booking.description;
  document.title = `${page.title.textContent} · ${app.location.name}`;
  const when = booking.starts_at ? app.visit(booking) : "no time";
  return [
    element("div", { class: "under-title" },
      element("p", { class: "soft" }, natural(booking.description), ` · ${when}`),
      element("div", { class: "row tight" }, badge(bookingState(booking.status)), badge(paymentState(booking.payment_status)))),
    ...booking.needs_action.map((each) => neededBox(app, booking, each, again)),
    app.is("owner", "manager") && actions(page, booking, again),
    element("div", { class: "columns" },
      element("div", { class: "stack" },
        moneyCard(app, booking), paymentsCard(app, booking), outsideCard(page, booking, again), refundsCard(page, booking, again),
        feesCard(page, booking, again), disputesCard(app, booking)),
      element("div", { class: "stack" }, visitCard(page, booking), noteCard(page, booking), termsCard(app, booking),
        timelineCard(app, booking))),
  ];
}

function actions(page, booking, again) {
  const { app } = page;
  const given = [
    booking.refundable > 0 && button("Refund", () => askToRefund(app, booking, again), "main"),
    hasBegun(booking) && button("Complete", () => askToComplete(app, booking, again)),
    hasBegun(booking) && button("No-show", () => askToMarkNoShow(app, booking, again)),
    canMove(booking) && button("Move", () => askToMove(app, booking, again)),
    canReopen(booking) && button("Reopen", () => askToReopen(app, booking, again)),
    isOpen(booking) && button("Cancel", () => askToCancel(app, booking, again), "danger"),
    ...waysToPay(app, booking, again),
    booking.client && button("Emails", () => showMails(app, booking, again)),
    booking.client && button("Correct the client", () => askToCorrect(app, booking, again)),
  ].filter(Boolean);
  return given.length > 0 && element("div", { class: "row actions", role: "group", "aria-label": "Actions" }, given);
}

function moneyCard(app, booking) {
  const money = (minor) => (minor ? app.money(minor, booking.currency) : "");
  return card("Money", facts([
    ["Price", app.money(booking.price, booking.currency)],
    ["Held on the card", money(booking.amount_authorized)],
    ["Paid", app.money(booking.amount_captured, booking.currency)],
    ["Paid outside Stripe", money(booking.amount_paid_elsewhere)],
    ["Refunded", money(booking.amount_refunded)],
    ["Refund asked for", money(booking.amount_refund_pending)],
    ["Disputed", money(booking.amount_disputed)],
    ["Paid too much", money(booking.amount_overpaid)],
    ["Still due", money(booking.amount_due)],
    ["Can be refunded", app.money(booking.refundable, booking.currency), "sum"],
  ]), app.is("owner", "finance") && booking.payments.length > 0
    && element("a", { href: entriesLink(app, { booking_id: booking.booking_id }) }, "Money at Stripe"));
}

function paymentsCard(app, booking) {
  if (!booking.payments.length) return null;
  return card("Payments", table("Payments", [
    { name: "When", cell: (each) => app.moment(each.created) },
    { name: "Card", cell: (each) => element("div", {}, cardOf(each) || "—",
      each.failure_code && element("div", { class: "small soft" }, readable(each.failure_code))) },
    { name: "State", cell: (each) => badge(chargeState(each.status)) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Receipt", cell: (each) => (webAddress(each.receipt_url)
      ? element("a", { href: webAddress(each.receipt_url), target: "_blank", rel: "noreferrer noopener" },
        "Receipt", element("span", { class: "unseen" }, " (opens another page)")) : "—") },
  ], booking.payments));
}

function outsideCard({ app }, booking, again) {
  if (!booking.payments_elsewhere.length) return null;
  return card("Paid outside Stripe", table("Paid outside Stripe", [
    { name: "When", cell: (each) => app.moment(each.at) },
    { name: "Paid by", cell: (each) => element("div", {}, OUTSIDE[each.method],
      element("div", { class: "small soft", dir: "auto" }, [each.note, each.voided?.note].filter(Boolean).join(" · "))) },
    { name: "Recorded by", cell: (each) => natural(each.by) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, booking.currency) },
    { name: "Void", cell: (each) => (each.voided ? badge(["Voided", "plain"])
      : app.is("owner", "manager") ? button("Void", () => askToVoid(app, booking, each, again)) : "—") },
  ], booking.payments_elsewhere));
}

function refundsCard(page, booking, again) {
  const { app } = page;
  if (!booking.refunds.length) return null;
  return card("Refunds", table("Refunds", [
    { name: "Asked by", cell: (each) => element("div", {}, natural(each.requested_by ?? "Stripe's Dashboard"),
      element("div", { class: "small soft" },
        [each.reason && readable(each.reason), each.note, each.failure_reason && readable(each.failure_reason)]
          .filter(Boolean).join(" · "))) },
    { name: "State", cell: (each) => badge(refundState(each)) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Decide", cell: (each) => (each.approval === "awaiting_approval" && app.is("owner", "manager")
      ? element("div", { class: "row tight" },
        button("Approve", () => askToApprove(app, booking, each, true, again)),
        button("Deny", () => askToApprove(app, booking, each, false, again))) : "—") },
  ], booking.refunds));
}

function feesCard(page, booking, again) {
  const { app } = page;
  if (!booking.fees.length) return null;
  const canDecide = (fee) => ["proposed", "owed"].includes(fee.status) && app.is("owner", "manager");
  return card("Fees", table("Fees", [
    { name: "Fee", cell: (each) => element("div", {}, each.kind === "no_show" ? "No-show" : "Cancellation",
      each.reason && element("div", { class: "small soft", dir: "auto" }, each.reason)) },
    { name: "State", cell: (each) => badge(feeState(each.status)) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Decide", cell: (each) => (canDecide(each) ? element("div", { class: "row tight" },
      each.status === "proposed" && button("Charge it", () => askToTakeFee(app, booking, each, again)),
      button("Waive", () => askToWaive(app, booking, each, again))) : "—") },
  ], booking.fees));
}

function disputesCard(app, booking) {
  if (!booking.disputes.length) return null;
  return card("Disputes", table("Disputes", [
    { name: "Reason", cell: (each) => element("a", { href: app.link("disputes") }, readable(each.reason)) },
    { name: "State", cell: (each) => badge(disputeState(each.status)) },
    { name: "Answer until", cell: (each) => (each.evidence_due_by ? app.moment(each.evidence_due_by) : "—") },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
  ], booking.disputes));
}

function visitCard({ app, names }, booking) {
  const { client } = booking;
  return card("Visit", facts([
    ["Client", client?.name],
    ["Email", client?.email],
    ["Phone", client?.phone],
    ["Service", names.services.get(booking.service_id)?.name ?? booking.description],
    ["With", booking.employee_id && (names.employees.get(booking.employee_id)?.name ?? booking.employee_id)],
    ["Starts", booking.starts_at && app.visit(booking)],
    ["Ends", booking.ends_at && app.format.of(booking).time(booking.ends_at)],
    ["Overlaps", booking.allow_overlap ? "may overlap other visits" : null],
    ["Booking", booking.booking_id],
    ["Other system", booking.external_id],
    ["Made", app.moment(booking.created_at)],
  ]), client && booking.client_id && element("a", { href: app.link("clients", booking.client_id) }, "All visits of this client"));
}

function noteCard({ app, again }, booking) {
  const canWrite = app.is("owner", "manager") && booking.client;
  if (!booking.note && !canWrite) return null;
  return card("Note", booking.note && element("p", { dir: "auto" }, booking.note),
    canWrite && element("div", { class: "row" },
      button(booking.note ? "Change the note" : "Write a note", () => askForNote(app, booking, again))));
}

function termsCard(app, { terms }) {
  if (!terms) return null;
  return card("Terms", element("p", { class: "policy", dir: "auto" }, terms.text), element("p", { class: "small soft" },
    terms.accepted_at ? `Accepted by the client ${app.moment(terms.accepted_at)}`
      : "Not accepted yet: until the client does, no fee is taken."),
  terms.pay_by && element("p", { class: "small soft" }, `The time is kept until ${app.moment(terms.pay_by)}`));
}

// What Stripe tells besides: the same payment or refund once more.
const TECHNICAL = new Set([
  "checkout.session.completed", "payment_intent.succeeded", "charge.updated", "charge.refunded",
  "charge.refund.updated", "refund.updated",
]);

function timelineCard(app, booking) {
  const newest = [...booking.timeline].reverse();
  const more = newest.filter((each) => TECHNICAL.has(each.what)).length;
  const { control, made } = tick(`Stripe's further events (${more})`, false, { onchange: () => draw() });
  const list = element("ol", { class: "timeline" });
  const draw = () => list.replaceChildren(...newest.filter((each) => control.checked || !TECHNICAL.has(each.what)).map((each) =>
    element("li", {},
      element("p", {}, happened(each.what)),
      element("p", { class: "small soft" },
        element("time", { datetime: each.at }, app.moment(each.at)),
        ...(each.by ? [" · ", natural(each.by === "client" ? "the client" : each.by)] : [])))));
  draw();
  return card("Timeline", list, more > 0 && made);
}
