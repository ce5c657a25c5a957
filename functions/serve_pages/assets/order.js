// The order to book: what was chosen and accepted, and what is done where it is refused.

import { dueFor } from "./choose.js";
import { refusedFields } from "./contact.js";
import { notice } from "./dom.js";
import { failure } from "./failures.js";
import { addressOf, chance } from "./kept.js";

const ANOTHER_TIME = new Set(["slot_taken", "slot_not_offered"]);
// What the client agreed to holds no more: it is shown anew, and asked for again.
const CHANGED = new Set(["price_changed", "terms_changed"]);

/** Places orders; one that is tried again after a broken connection goes under the same key. */
export class Order {
  #tried = { body: "", key: "" };

  constructor(app) { this.app = app; }

  /** Book what was chosen. Where somebody was faster, another free person is tried, then the times. */
  async place() {
    const { app } = this;
    const { slot } = app.choice;
    const body = this.#body();
    try {
      app.follow(await app.api.book(body, this.#keyOf(body)), slot.employeeIds[0]);
    } catch (failed) {
      await this.#recover(failed, slot);
    }
  }

  #body() {
    const { choice, location, bookingName } = this.app;
    const { slot, service, client, isPaidNow } = choice;
    const due = dueFor(service, slot.employeeIds[0], slot.startsAt);
    const back = addressOf(bookingName);
    return {
      service_id: service.service_id,
      starts_at: slot.startsAt,
      employee_id: slot.employeeIds[0],
      client,
      accepted_price: service.price,
      accepted_terms: location.terms_hash,
      ...(back && { return_url: back }),
      ...(due.prepayment.required === false && { pay_now: isPaidNow }),
    };
  }

  async #recover(failed, slot) {
    const { app } = this;
    const { service } = app.choice;
    const [first, ...others] = slot.employeeIds;
    const due = (employeeId) =>
      JSON.stringify({ ...dueFor(service, employeeId, slot.startsAt), employee_id: null });
    // Only where it costs the same: the client has agreed to a sum.
    if (failed.code === "slot_taken" && others.length && due(others[0]) === due(first)) {
      app.choice.slot = { ...slot, employeeIds: others };
      await this.place();
    } else if (CHANGED.has(failed.code)) {
      await this.#showAnew(failed.code === "price_changed");
    } else if (ANOTHER_TIME.has(failed.code)) {
      delete app.choice.slot;
      app.goOn(failure(app, failed));
    } else {
      const refused = refusedFields(failed.pointers || []);
      if (!refused.length) throw failed;
      app.correct(refused);
    }
  }

  /** Show the review with what is so now, and say what was so before. */
  async #showAnew(isPrice) {
    const { app } = this;
    const { service: before } = app.choice;
    const { terms_text: termsBefore } = app.location;
    await app.look();
    const service = app.location.services.find((each) => each.service_id === before.service_id);
    if (!service) {
      app.startAgain(null, null, notice("warn", app.t("changed")));
      return;
    }
    const sums = {
      before: app.price(before.price, before.currency), now: app.price(service.price, service.currency),
    };
    Object.assign(app.choice, { service, hasAccepted: false, termsBefore });
    app.goOn(notice("warn", app.t(isPrice ? "priceChanged" : "termsChanged", sums)));
  }

  #keyOf(body) {
    const text = JSON.stringify(body);
    if (this.#tried.body !== text) this.#tried = { body: text, key: chance() };
    return this.#tried.key;
  }
}
