// One booking: what is to be known of its visit and its money, and what can be done with it.

import { element, facts, icon, notice, webAddress } from "./dom.js";
import { badge, button, card, fill, natural, table } from "./console_parts.js";
import {
  askToApprove, askToCancel, askToComplete, askToMarkNoShow, askToRefund, askToReopen, askToTakeFee, askToWaive,
  cardOf, copyLink, mailLink, showQr,
} from "./console_doing.js";
import { askToCorrect, showMails } from "./console_messages.js";
import {
  bookingState, chargeState, disputeState, feeState, happened, needed, paymentState, readable, refundState,
} from "./console_words.js";

// What was asked for is at Stripe, and back, within seconds.
const FOLLOW_MS = 1500;
const FOLLOW_TIMES = 20;
const REQUESTED = "requested";
const REOPEN_MS = 30 * 24 * 3600 * 1000;

/** Show a booking. */
export function showBooking(app, main, bookingId) {
  const back = element("a", { class: "back-link", href: app.link("bookings") }, icon("back", 18), "All bookings");
  const title = element("h1", { tabindex: -1, dir: "auto" }, "Booking");
  const place = element("div", { class: "stack" });
  main.append(back, title, place);
  const page = { app, place, title, bookingId, main };
  fill(place, () => readBooking(page), (booking) => drawn(page, booking), 7);
}

function readBooking({ app, bookingId }) {
  return app.api.get(app.path("bookings", bookingId));
}

// Show what has become of a booking, until nothing of it is under way.
async function refresh(page, times = FOLLOW_TIMES) {
  if (!page.place.isConnected) return;
  const booking = await readBooking(page);
  redraw(page, booking);
  if (!isMoving(booking) || times <= 0) return;
  setTimeout(() => refresh(page, times - 1).catch(() => {
    // What is on the page stays: a reload shows the rest.
  }), FOLLOW_MS);
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

// Where somebody is among the buttons, they stay.
function redraw(page, booking) {
  const focused = page.place.contains(document.activeElement) ? document.activeElement.textContent : null;
  page.place.replaceChildren(...drawn(page, booking));
  if (focused === null) return;
  const same = [...page.place.querySelectorAll("button, a")].find((each) => each.textContent === focused);
  (same ?? page.title).focus();
}

function drawn(page, booking) {
  const { app } = page;
  page.title.textContent = booking.client?.name ?? booking.description;
  document.title = `${page.title.textContent} · ${app.location.name}`;
  const again = () => refresh(page);
  const when = booking.starts_at ? app.visit(booking) : "no time";
  return [
    element("div", { class: "under-title" },
      element("p", { class: "soft" }, natural(booking.description), ` · ${when}`),
      element("div", { class: "row tight" }, badge(bookingState(booking.status)), badge(paymentState(booking.payment_status)))),
    ...booking.needs_action.map((each) => neededBox(page, booking, each, again)),
    app.is("owner", "manager") && actions(page, booking, again),
    element("div", { class: "columns" },
      element("div", { class: "stack" },
        moneyCard(app, booking), paymentsCard(app, booking), refundsCard(page, booking, again),
        feesCard(page, booking, again), disputesCard(app, booking)),
      element("div", { class: "stack" }, visitCard(app, booking), timelineCard(app, booking))),
  ].filter(Boolean);
}

function actions(page, booking, again) {
  const { app } = page;
  const canPay = booking.amount_due > 0 && app.location.visit_link_enabled && booking.status !== "awaiting_payment";
  const given = [
    booking.refundable > 0 && button("Refund", () => askToRefund(app, booking, again), "main"),
    hasBegun(booking) && button("Complete", () => askToComplete(app, booking, again)),
    hasBegun(booking) && button("No-show", () => askToMarkNoShow(app, booking, again)),
    canReopen(booking) && button("Reopen", () => askToReopen(app, booking, again)),
    isOpen(booking) && button("Cancel", () => askToCancel(app, booking, again), "danger"),
    booking.client && button("Emails", () => showMails(app, booking, again)),
    booking.client && button("Correct the client", () => askToCorrect(app, booking, again)),
    canPay && booking.client && button("Send link by mail", () => mailLink(app, booking, again)),
    canPay && button("Copy link", () => copyLink(app, booking)),
    canPay && button("QR code", () => showQr(app, booking)),
  ].filter(Boolean);
  return given.length > 0 && element("div", { class: "row actions", role: "group", "aria-label": "Actions" }, given);
}

function neededBox(page, booking, each, again) {
  const { app } = page;
  const deadline = each.deadline && `Until ${app.moment(each.deadline)}. `;
  const refund = each.proposed_refund > 0 && app.is("owner", "manager")
    && button(`Refund ${app.money(each.proposed_refund, booking.currency)}`,
      () => askToRefund(app, booking, again, each.proposed_refund));
  const sum = each.amount ? ` (${app.money(each.amount, each.currency ?? booking.currency)})` : "";
  return notice("warn", `${needed(each.kind)}${sum}`,
    element("div", { class: "stack tight" }, element("p", {}, deadline, each.advice), refund));
}

function moneyCard(app, booking) {
  const money = (minor) => (minor ? app.money(minor, booking.currency) : "");
  return card("Money", facts([
    ["Price", app.money(booking.price, booking.currency)],
    ["Held on the card", money(booking.amount_authorized)],
    ["Paid", app.money(booking.amount_captured, booking.currency)],
    ["Refunded", money(booking.amount_refunded)],
    ["Refund asked for", money(booking.amount_refund_pending)],
    ["Disputed", money(booking.amount_disputed)],
    ["Paid too much", money(booking.amount_overpaid)],
    ["Still due", money(booking.amount_due)],
    ["Can be refunded", app.money(booking.refundable, booking.currency), "sum"],
  ]));
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
      each.status === "proposed" && button("Take it", () => askToTakeFee(app, booking, each, again)),
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

function visitCard(app, booking) {
  const { client } = booking;
  return card("Visit", facts([
    ["Client", client?.name],
    ["Email", client?.email],
    ["Phone", client?.phone],
    ["Service", booking.description],
    ["When", booking.starts_at && app.visit(booking)],
    ["Booking", booking.booking_id],
    ["Other system", booking.external_id],
    ["Made", app.moment(booking.created_at)],
  ]));
}

function timelineCard(app, booking) {
  const newest = [...booking.timeline].reverse();
  return card("Timeline", element("ol", { class: "timeline" }, newest.map((each) =>
    element("li", {},
      element("p", {}, happened(each.what)),
      element("p", { class: "small soft" },
        element("time", { datetime: each.at }, app.moment(each.at)),
        ...(each.by ? [" · ", natural(each.by === "client" ? "the client" : each.by)] : []))))));
}
