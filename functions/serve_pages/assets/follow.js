// After booking: the page follows the booking until its end is known, and says what to do.

import { pause } from "./api.js";
import { element, facts, icon, notice, setBusy, webAddress } from "./dom.js";
import { askToCancel } from "./cancel.js";

// A confirmation takes a second or two; later looks come rarer.
const FIRST_LOOK_MS = 800;
const SLOWER = 1.4;
const LAST_LOOK_MS = 12_000;
const LONG_MS = 45_000;

/** Shows one kept booking: `{id, token, returned, employeeId}`. */
export class Follower {
  constructor(app, kept) {
    this.app = app;
    this.kept = kept;
    this.shown = "";
    this.isOver = false;
    this.beganAt = Date.now();
  }

  /** Look until the booking's state is final, or `stop`. */
  async run() {
    document.addEventListener("visibilitychange", this);
    for (let wait = FIRST_LOOK_MS; !this.isOver; wait = Math.min(wait * SLOWER, LAST_LOOK_MS)) {
      try {
        const booking = await this.app.api.booking(this.kept.id, this.kept.token);
        if (this.isOver) return;
        this.show(booking);
      } catch (failed) {
        if (this.isOver) return;
        this.#showFailure(failed);
      }
      // A page that was hidden looks at once when it is seen again.
      await Promise.race([pause(wait), new Promise((done) => { this.wake = done; })]);
    }
    document.removeEventListener("visibilitychange", this);
  }

  /** Show a booking as it was just answered, and follow it. */
  begin(booking) {
    this.isOver = false;
    this.show(booking);
    if (!this.isOver) this.run();
  }

  handleEvent() { if (!document.hidden) this.wake?.(); }

  stop() {
    this.isOver = true;
    this.wake?.();
  }

  /** Show a booking as it is now; nothing is drawn again that has not changed. */
  show(booking) {
    const isLong = Date.now() - this.beganAt > LONG_MS;
    const state = stateOf(booking, this.kept, isLong);
    const drawn = JSON.stringify([state, booking, state === "processing" && isLong]);
    if (drawn === this.shown) return;
    const isNew = state !== this.state;
    this.shown = drawn;
    this.state = state;
    this.booking = booking;
    if (FINAL.has(state)) this.stop();
    this.app.showOutcome(VIEWS[state](this.app, booking, { isLong, follower: this }), isNew);
  }

  #showFailure(failed) {
    if (failed.status === 404) {
      this.stop();
      this.app.showOutcome(elsewhere(this.app), true);
      return;
    }
    // What is shown stays: only a page with nothing on it says that there is trouble.
    if (!this.shown) {
      const body = notice("bad", this.app.explain(failed));
      this.app.showOutcome({ title: this.app.t("loading"), body }, false);
    }
  }
}

const FINAL = new Set(["confirmed", "completed", "no_show", "cancelled", "expired", "awaiting_confirmation"]);

function stateOf(booking, kept, isLong) {
  if (booking.status !== "awaiting_payment") return booking.status;
  const isDeclined = booking.payment_status === "failed";
  // Of a card that was declined before another one paid, Stripe tells in any order.
  if (kept.returned === "paid" && !(isDeclined && isLong)) return "processing";
  if (booking.expires_at && Date.parse(booking.expires_at) <= Date.now()) return "late";
  return isDeclined ? "declined" : "unpaid";
}

const VIEWS = {
  confirmed, completed: past("completed"), no_show: past("noShow"), cancelled, expired,
  processing, late, declined: waiting("declined"), unpaid: waiting("notPaid"),
  awaiting_confirmation: toConfirm,
};

function confirmed(app, booking, { follower }) {
  const { t } = app;
  const canCancel = Date.parse(booking.starts_at) > Date.now();
  const isHeld = booking.payment_status === "authorized";
  const rest = isHeld ? 0 : booking.price - booking.amount_paid;
  const said = { card_saved: t("cardSaved"), authorized: t("holdNote") }[booking.payment_status];
  return { title: t("confirmed"), ...outcome("check", "",
    said && element("p", {}, said),
    bookingFacts(app, booking, follower.kept, [
      [t("restAtVisit"), rest > 0 ? app.format.money(rest, booking.currency) : ""],
    ]),
    booking.terms_text && element("section", { class: "terms" },
      element("h3", {}, t("policy")), element("p", { dir: "auto" }, booking.terms_text)),
    element("div", { class: "row" },
      again(app, "bookAnother"),
      canCancel && element("button", {
        type: "button", class: "button danger", onclick: () => askToCancel(app, follower),
      }, t("cancelBooking")))) };
}

function past(sentence) {
  return (app, booking, { follower }) => ({ title: app.t(sentence), ...outcome("check", "",
    bookingFacts(app, booking, follower.kept), again(app, "bookAnother")) });
}

function cancelled(app, booking, { follower }) {
  const { t } = app;
  const money = (minor) => app.format.money(minor, booking.currency);
  const { fee } = follower.kept;
  // The refund is asked for with the cancellation, and known to Stripe a moment later.
  const backMinor = fee === undefined
    ? booking.amount_refunded : Math.max(0, booking.amount_paid - fee);
  const keptMinor = booking.amount_paid - backMinor;
  const owedMinor = booking.fees.reduce((sum, each) => sum + each.amount_owed, 0);
  return { title: t("cancelled"), ...outcome("check", "",
    backMinor > 0 && element("p", {}, t("cancelledBack", { sum: money(backMinor) })),
    keptMinor > 0 && element("p", {}, t("cancelledKept", { sum: money(keptMinor) })),
    owedMinor > 0 && element("p", {}, t("cancelledOwed", { sum: money(owedMinor) })),
    booking.amount_paid === 0 && !fee && booking.payment_status !== "card_saved" && element("p", {}, t("cancelledFree")),
    bookingFacts(app, booking, follower.kept), again(app, "bookAnother")) };
}

function expired(app, booking) {
  const { t } = app;
  const backMinor = booking.amount_paid;
  const sum = app.format.money(backMinor, booking.currency);
  return { title: t("expired"), ...outcome("clock", "warn",
    element("p", {}, backMinor > 0 ? t("expiredPaid", { sum }) : t("expiredMore")),
    again(app, "chooseAnother", "main")) };
}

function processing(app, booking, { isLong, follower }) {
  const { t } = app;
  return { title: t("processing"), ...outcome(null, "",
    element("p", { role: "status" }, t(isLong ? "processingLong" : "processingMore")),
    bookingFacts(app, booking, follower.kept)) };
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

function waiting(title) {
  return (app, booking, { follower }) => {
    const { t } = app;
    const sum = app.format.money(booking.amount_due, booking.currency);
    const time = app.format.of(booking).time(booking.expires_at);
    return { title: t(title), ...outcome("alert", title === "declined" ? "bad" : "warn",
      element("p", {}, t(`${title}More`, { time })),
      bookingFacts(app, booking, follower.kept),
      element("div", { class: "row" },
        webAddress(booking.checkout_url) && element("button", {
          type: "button", class: "button main", onclick: () => app.leaveFor(booking.checkout_url),
        }, booking.amount_due > 0 ? t("paySum", { sum }) : t("pay")),
        element("button", {
          type: "button", class: "button", onclick: (event) => letGo(app, follower, event.currentTarget),
        }, t("chooseAnother")))) };
  };
}

/** Give an unpaid time back and begin anew; a booking that was paid meanwhile is shown instead. */
async function letGo(app, follower, pressed) {
  if (pressed.getAttribute("aria-disabled")) return;
  const { id, token } = follower.kept;
  const end = setBusy(pressed, app.t("loading"));
  try {
    const booking = await app.api.booking(id, token);
    if (booking.status !== "awaiting_payment") {
      follower.show(booking);
      return;
    }
    await app.api.cancel(id, token, booking.cancellation_fee_now);
    app.startAgain();
  } catch (failed) {
    end();
    pressed.parentElement.after(notice("bad", app.explain(failed)));
  }
}

/** Return the page for a booking that another tab began. */
export function elsewhere(app) {
  return { title: app.t("elsewhere"), ...outcome("info", "warn",
    element("p", {}, app.t("elsewhereMore")), again(app, "bookAnother", "main")) };
}

function bookingFacts(app, booking, kept, more = []) {
  const { t } = app;
  const format = app.format.of(booking);
  const money = (minor) => minor > 0 ? format.money(minor, booking.currency) : "";
  const isHeld = booking.payment_status === "authorized";
  return facts([
    [t("service"), booking.description],
    [t("person"), app.nameOf(kept.employeeId)],
    [t("when"), booking.starts_at && format.moment(booking.starts_at)],
    [t("price"), format.money(booking.price, booking.currency)],
    [t("paid"), money(booking.amount_paid)],
    [t("held"), isHeld ? money(booking.price) : ""],
    [t("givenBack"), money(booking.amount_refunded)],
    ...more,
  ]);
}

function again(app, sentence, kind = "") {
  return element("button", {
    type: "button", class: `button ${kind}`.trim(), onclick: () => app.startAgain(),
  }, app.t(sentence));
}

function outcome(shape, kind, ...parts) {
  const picture = shape ? icon(shape, 26) : element("span", { class: "spinner" });
  const body = element("div", { class: "outcome narrow" }, parts.filter(Boolean));
  return { picture, kind, body };
}
