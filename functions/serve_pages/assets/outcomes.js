// How a booking stands: what is said of each state, and what can be done there.

import { askToCancel } from "./cancel.js";
import { element, facts, icon, webAddress } from "./dom.js";
import { askToMove } from "./move.js";
import { outside, placeRows } from "./reach.js";
import { waiting } from "./unpaid.js";

export const FINAL = new Set(["confirmed", "completed", "no_show", "cancelled", "expired", "awaiting_confirmation"]);

export const VIEWS = {
  confirmed, completed: past("completed"), no_show: past("noShow", "info"), cancelled, expired,
  processing, late, declined: unpaid("declined"), unpaid: unpaid("notPaid"),
  awaiting_confirmation: toConfirm,
};

function confirmed(app, booking, { follower }) {
  const { t } = app;
  const isAhead = Date.parse(booking.starts_at) > Date.now();
  const isHeld = booking.payment_status === "authorized";
  const rest = isHeld ? 0 : booking.price - booking.amount_paid - booking.amount_paid_elsewhere;
  const said = { card_saved: t("cardSaved"), authorized: t("holdNote") }[booking.payment_status];
  const { kept } = follower;
  return { title: t(kept.hasMoved ? "moved" : "confirmed"), ...outcome("check", "",
    element("p", {}, t("mailed"), said ? ` ${said}` : ""),
    bookingFacts(app, booking, kept, [
      [t("restAtVisit"), rest > 0 ? app.format.money(rest, booking.currency) : ""],
    ]),
    acceptedPolicy(app, booking),
    isAhead && booking.reschedule_until && element("p", { class: "soft" }, movable(app, booking)),
    element("div", { class: "row" },
      isAhead && kept.token && element("a", { class: "button", href: app.api.calendar(kept.id, kept.token), download: true },
        t("addToCalendar")),
      webAddress(booking.receipt_url) && outside(booking.receipt_url, t("receipt")),
    ),
    element("div", { class: "row" },
      isAhead && booking.can_reschedule && element("button", {
        type: "button", class: "button", onclick: () => askToMove(app, follower),
      }, t("moveBooking")),
      again(app, "bookAnother"),
      isAhead && element("button", {
        type: "button", class: "button danger", onclick: () => askToCancel(app, follower),
      }, t("cancelBooking")))) };
}

function movable(app, booking) {
  const moment = app.format.of(booking).moment(booking.reschedule_until);
  return app.t(booking.can_reschedule ? "movableUntil" : booking.reschedules_left ? "movableNoMore" : "movedOften",
    { moment, name: app.name });
}

function past(sentence, shape = "check") {
  return (app, booking, { follower }) => ({ title: app.t(sentence), ...outcome(shape, "",
    bookingFacts(app, booking, follower.kept), again(app, "bookAnother")) });
}

function cancelled(app, booking, { follower }) {
  const { t } = app;
  const money = (minor) => app.format.money(minor, booking.currency);
  // What is refunded or charged is asked for with the cancellation, and known to Stripe a moment later.
  const { cost } = follower.kept;
  const asked = booking.fees.find((each) => each.status === "proposed");
  const backMinor = cost ? cost.back : booking.amount_refunded;
  const keptMinor = asked ? 0 : cost ? cost.kept : booking.amount_paid - backMinor;
  const chargedMinor = cost ? cost.card : 0;
  const owedMinor = asked ? 0 : booking.fees.reduce((sum, each) => sum + each.amount_owed, 0);
  const isPaid = booking.amount_paid || booking.amount_paid_elsewhere || booking.payment_pending;
  const isFree = !isPaid && !booking.fees.length && booking.payment_status !== "card_saved";
  return { title: t("cancelled"), ...outcome("check", "",
    backMinor > 0 && element("p", {}, t("cancelledBack", { sum: money(backMinor) })),
    keptMinor > 0 && element("p", {}, t("cancelledKept", { sum: money(keptMinor) })),
    chargedMinor > 0 && element("p", {}, t("cancelledCharged", { sum: money(chargedMinor) })),
    owedMinor > 0 && element("p", {}, t("cancelledOwed", { sum: money(owedMinor) })),
    asked && element("p", {}, t("cancelledProposed", { place: app.name, fee: money(asked.amount) })),
    isFree && element("p", {}, t("cancelledFree")),
    bookingFacts(app, booking, follower.kept), again(app, "bookAnother")) };
}

function expired(app, booking, { follower }) {
  const { t } = app;
  const backMinor = booking.amount_paid;
  const sum = app.format.money(backMinor, booking.currency);
  return { title: t("expired"), ...outcome("clock", "warn",
    element("p", {}, backMinor > 0 ? t("expiredPaid", { sum }) : t("expiredMore")),
    again(app, "chooseAnother", "main", follower.kept, booking.starts_at)) };
}

function processing(app, booking, { isLong, follower }) {
  const { t } = app;
  return { title: t("processing"), ...outcome(null, "",
    element("p", { role: "status" }, t(isLong ? "processingLong" : "processingMore")),
    bookingFacts(app, booking, follower.kept)) };
}

/** Return what is said to who has paid, before anything is known. */
export function paying(app) {
  return { title: app.t("processing"), ...outcome(null, "",
    element("p", { role: "status" }, app.t("processingMore"))) };
}

/** Return what is said to who has paid, while nothing can be asked: it is tried on by itself. */
export function unseen(app) {
  const { t } = app;
  return { title: t("processing"), ...outcome(null, "",
    element("p", { role: "status" }, t("processingUnseen"))) };
}

function late(app, booking, { follower }) {
  return { title: app.t("notPaid"), ...outcome("clock", "warn",
    element("p", { role: "status" }, app.t("timeUp")), bookingFacts(app, booking, follower.kept)) };
}

// The link that confirms is in a mail alone, so that nobody books in another's name.
function toConfirm(app, booking, { follower }) {
  const { t } = app;
  const format = app.format.of(booking);
  return { title: t("toConfirm"), ...outcome("info", "warn",
    element("p", { role: "status" }, t("toConfirmMore", { time: format.time(booking.expires_at) })),
    bookingFacts(app, booking, follower.kept), again(app, "bookAnother")) };
}

function unpaid(name) {
  return (app, booking, { follower }) => {
    const { title, parts } = waiting(app, booking, follower, name, bookingFacts(app, booking, follower.kept));
    return { title, ...outcome("alert", name === "declined" ? "bad" : "warn", ...parts) };
  };
}

/** Return the page for a booking that this browser does not know; `returned` is how the client came
 * back from Stripe. */
export function elsewhere(app, returned) {
  const { t } = app;
  const isPaid = returned === "paid";
  return { title: t(isPaid ? "thanks" : "elsewhere"), ...outcome(isPaid ? "check" : "info", isPaid ? "" : "warn",
    element("p", {}, t(isPaid ? "thanksMore" : "elsewhereMore")), again(app, "bookAnother")) };
}

function bookingFacts(app, booking, kept, more = []) {
  const { t } = app;
  const format = app.format.of(booking);
  const money = (minor) => minor > 0 ? format.money(minor, booking.currency) : "";
  const isHeld = booking.payment_status === "authorized";
  return facts([
    [t("service"), booking.description],
    [t("person"), booking.employee_name || app.nameOf(kept.employeeId)],
    [t("when"), booking.starts_at && format.stretch(booking.starts_at, booking.ends_at)],
    ...placeRows(app, booking.place),
    [t("price"), app.price(booking.price, booking.currency)],
    [t("paid"), money(booking.amount_paid)],
    [t("paidElsewhere"), money(booking.amount_paid_elsewhere)],
    [t("held"), isHeld ? money(booking.price) : ""],
    [t("givenBack"), money(booking.amount_refunded)],
    ...more,
  ]);
}

function acceptedPolicy(app, booking) {
  return booking.terms_text && element("section", { class: "terms" },
    element("h3", {}, app.t("policy")), element("p", { dir: "auto" }, booking.terms_text));
}

function again(app, sentence, kind = "", kept = null, startsAt = null) {
  return element("button", {
    type: "button", class: `button ${kind}`.trim(), onclick: () => app.startAgain(kept, startsAt),
  }, app.t(sentence));
}

function outcome(shape, kind, ...parts) {
  const picture = shape ? icon(shape, 26) : element("span", { class: "spinner" });
  const body = element("div", { class: "outcome narrow" }, parts.filter(Boolean));
  return { picture, kind, body };
}
