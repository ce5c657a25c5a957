// After booking: the page follows the booking until its end is known, and says what to do.

import { pause } from "./api.js";
import { elsewhere, FINAL, unseen, VIEWS } from "./outcomes.js";
import { failure } from "./failures.js";

// A confirmation takes a second or two; later looks come rarer.
const FIRST_LOOK_MS = 800;
const SLOWER = 1.4;
const LAST_LOOK_MS = 12_000;
const LONG_MS = 45_000;

/** Shows one kept booking: `{id, token, returned, employeeId, serviceId, way}`. */
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
    addEventListener("focus", this);
    for (let wait = FIRST_LOOK_MS; !this.isOver; wait = Math.min(wait * SLOWER, LAST_LOOK_MS)) {
      await this.#look();
      if (this.isOver) break;
      // A page that was hidden looks at once when it is seen again.
      await Promise.race([pause(wait), new Promise((done) => { this.wake = done; })]);
    }
    document.removeEventListener("visibilitychange", this);
    removeEventListener("focus", this);
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
    const drawn = JSON.stringify([state, booking, this.kept.way, state === "processing" && isLong]);
    if (drawn === this.shown) return;
    const isNew = state !== this.state;
    this.shown = drawn;
    this.state = state;
    this.booking = booking;
    // Of a booking that was given up, a payment may still be on its way.
    if (FINAL.has(state) && !(state === "cancelled" && booking.payment_pending)) this.stop();
    this.app.showOutcome(VIEWS[state](this.app, booking, { isLong, follower: this }), isNew);
  }

  /** Lead the client to the payment page, or say where it is. */
  pay() {
    this.kept.way = this.app.leaveFor(this.booking.checkout_url, this.kept);
    if (this.kept.way !== "left") this.show(this.booking);
  }

  async #look() {
    const before = this.shown;
    try {
      const booking = await this.app.api.booking(this.kept.id, this.kept.token);
      // An act of the client's may have been answered meanwhile: that is newer.
      if (!this.isOver && this.shown === before) this.show(booking);
    } catch (failed) {
      if (!this.isOver) this.#showFailure(failed);
    }
  }

  #showFailure(failed) {
    if (failed.status === 404) {
      this.stop();
      this.app.showOutcome(elsewhere(this.app, this.kept.returned), true);
      return;
    }
    // What is shown stays: only a page with nothing on it says that there is trouble.
    if (this.shown) return;
    const again = () => this.wake?.();
    const isPaid = this.kept.returned === "paid";
    this.app.showOutcome(isPaid ? unseen(this.app)
      : { title: this.app.t("yourBooking"), body: failure(this.app, failed, again) }, false);
  }
}

function stateOf(booking, kept, isLong) {
  if (booking.status !== "awaiting_payment") return booking.status;
  const isDeclined = booking.payment_status === "failed";
  // Of a card that was declined before another one paid, Stripe tells in any order.
  if (kept.returned === "paid" && !(isDeclined && isLong)) return "processing";
  if (booking.expires_at && Date.parse(booking.expires_at) <= Date.now()) return "late";
  return isDeclined ? "declined" : "unpaid";
}
