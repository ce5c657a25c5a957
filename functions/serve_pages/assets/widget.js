// `<bookpay-widget location="...">`: a client books and pays a visit, on any page.
//
//   <script type="module" src="https://.../widget.js"></script>
//   <bookpay-widget location="demo"></bookpay-widget>
//
// `theme` is "light" or "dark" where the page has one of its own. The API is on the origin that
// this script came from; the page's origin must be among the location's allowed ones.

import { Api, RequestFailed } from "./api.js";
import { choosePerson, chooseService, dueFor, employeesOf } from "./choose.js";
import { enterContact, refusedFields } from "./contact.js";
import { element, icon, notice, webAddress } from "./dom.js";
import { Follower, elsewhere } from "./follow.js";
import { Formatter } from "./format.js";
import { addressOf, chance, forget, isKeeping, keep, newName, recall } from "./kept.js";
import { languageOf, sentencesIn } from "./messages.js";
import { reviewBooking } from "./review.js";
import { chooseTime } from "./times.js";
import styles from "./widget.css" with { type: "css" };

const STEPS = [
  { name: "service", show: chooseService, label: (app) => app.choice.service.name },
  { name: "person", show: choosePerson, label: (app) => app.nameOf(app.choice.employeeId) || app.t("anyone") },
  { name: "time", show: chooseTime, label: (app) => app.format.moment(app.choice.slot.startsAt) },
  { name: "contact", show: enterContact, label: (app) => app.choice.client.name },
  { name: "review", show: reviewBooking },
];
const WAITING_CHOICES = 4;
const REM_PX = 16;
const SMALL_REM_PX = 13;
// What the API refuses a booking with, in sentences; what is not here may be tried again.
const REFUSALS = {
  slot_taken: "slotTaken", slot_not_offered: "slotGone", online_booking_disabled: "switchedOff",
  service_not_found: "changed", employee_not_found: "changed", location_not_found: "notFound",
  payment_unavailable: "paymentUnavailable",
};
const ANOTHER_TIME = new Set(["slot_taken", "slot_not_offered"]);
// What the client agreed to holds no more: it is shown anew, and asked for again.
const CHANGED = { price_changed: "priceChanged", terms_changed: "termsChanged" };

class BookpayWidget extends HTMLElement {
  #parts;
  #follower = null;
  #name = "";
  #notice = null;
  #refused = [];
  // A booking that is tried again after a broken connection goes under the same key.
  #tried = { body: "", key: "" };

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles];
    this.t = sentencesIn(document.documentElement.lang || "en");
    this.api = new Api(new URL(import.meta.url).origin, this.getAttribute("location") || "");
    this.choice = {};
    this.#parts = {
      step: element("p", { class: "step" }),
      test: element("p", { class: "test-mode", hidden: true }),
      back: element("button", { type: "button", class: "button quiet back", hidden: true, onclick: () => this.#goBack() }),
      mark: element("div", { class: "mark", "aria-hidden": "true", hidden: true }),
      bar: element("div", {}),
      heading: element("h2", { tabindex: "-1" }),
      chosen: element("div", { class: "chosen", role: "group" }),
      body: element("div", { class: "body" }),
      said: element("p", { class: "unseen", role: "status" }),
    };
    const { step, test, back, mark, bar, heading, chosen, body, said } = this.#parts;
    this.#parts.progress = element("div", { class: "bar", "aria-hidden": "true" }, bar);
    const widget = element("div", { class: "widget" },
      element("div", { class: "top" }, back, mark, step, test),
      this.#parts.progress, heading, chosen, body, said);
    // On sites that make a rem 10 px, so that they count easily, everything here would be tiny.
    const remPx = parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (remPx < SMALL_REM_PX) widget.style.zoom = REM_PX / remPx;
    root.append(widget);
    // Back from Stripe by the browser's own button: the page stands as it was left.
    addEventListener("pageshow", (event) => { if (event.persisted) this.#start(); });
    this.#start();
  }

  get body() { return this.#parts.body; }

  /** Whether one person alone does what was chosen: nobody is asked then. */
  get isAlone() {
    const { service } = this.choice;
    return Boolean(service) && employeesOf(this.location, service).length === 1;
  }

  /** Say something to a screen reader alone. */
  say(text) { this.#parts.said.textContent = text; }

  nameOf(employeeId) {
    return this.location.employees.find((each) => each.employee_id === employeeId)?.name || "";
  }

  /** Return a failure in a sentence that says what to do. */
  explain(failed) {
    if (!(failed instanceof RequestFailed)) throw failed;
    const known = REFUSALS[failed.code];
    const name = this.location?.name || "";
    if (known) return this.t(known, { name });
    return this.t(failed.kind === "refused" ? "unavailable" : failed.kind, { name });
  }

  /** Return what the last step left to be said, once. */
  takeNotice() {
    const taken = this.#notice;
    this.#notice = null;
    return taken && notice("bad", taken);
  }

  /** Return a button that leads back to a step. */
  changeButton(name, what) {
    return element("button", {
      type: "button", class: "change", "aria-label": this.t("change", { what }),
      onclick: () => this.#go(STEPS.findIndex((step) => step.name === name)),
    }, icon("edit", 16));
  }

  takeRefused() { return this.#refused.splice(0); }

  /** Take a choice and go on to the first step that is still open. */
  choose(chosen) {
    const { choice } = this;
    if (chosen.service && chosen.service !== choice.service) this.choice = { client: choice.client, isPaidNow: true };
    if ("employeeId" in chosen && chosen.employeeId !== choice.employeeId) delete choice.slot;
    Object.assign(this.choice, chosen);
    const people = employeesOf(this.location, this.choice.service);
    if (people.length === 1) this.choice.employeeId = people[0].employee_id;
    this.#go(this.#firstOpen());
  }

  /** Book what was chosen. Where somebody was faster, another free person is tried, then the times. */
  async book() {
    const { slot, service, client, isPaidNow } = this.choice;
    const due = dueFor(service, slot.employeeIds[0]);
    this.#name ||= newName(this.location.location_id);
    const body = {
      service_id: service.service_id,
      starts_at: slot.startsAt,
      employee_id: slot.employeeIds[0],
      client,
      accepted_price: service.price,
      accepted_terms: this.location.terms_hash,
      return_url: addressOf(this.#name),
    };
    if (due.prepayment.required === false) body.pay_now = isPaidNow;
    try {
      const booking = await this.api.book(body, this.#keyOf(body));
      this.#leaveWith(booking, slot.employeeIds[0]);
    } catch (failed) {
      await this.#recover(failed, service, slot);
    }
  }

  /** Leave for Stripe's page. */
  leaveFor(address) { location.assign(address); }

  /** Show how a booking stands, with a picture; `isNew` moves the focus to it. */
  showOutcome({ title, body, picture, kind = "" }, isNew) {
    const { back, step, progress, chosen, mark } = this.#parts;
    for (const part of [back, step, progress, chosen]) part.hidden = true;
    mark.hidden = !picture;
    mark.className = `mark ${kind}`.trim();
    mark.replaceChildren(picture || "");
    this.#draw(title, body, isNew);
  }

  /** Forget the booking that is shown and begin anew. */
  startAgain() {
    this.#follower?.stop();
    forget(this.location.location_id, this.#name);
    this.#name = "";
    this.choice = { client: this.choice.client };
    this.#go(0);
  }

  async #start() {
    this.#follower?.stop();
    this.#showWaiting();
    try {
      this.location = await this.api.location();
    } catch (failed) {
      this.#showNoLocation(failed);
      return;
    }
    const { locale, country, timezone, mode, location_id: locationId } = this.location;
    this.t = sentencesIn(locale);
    this.format = new Formatter(locale, country, timezone);
    // Our sentences run this way, whatever the page around them does.
    Object.assign(this.#parts.body.parentElement, { lang: languageOf(locale), dir: "ltr" });
    this.#parts.test.textContent = this.t("testMode");
    this.#parts.test.title = this.t("testModeMore");
    this.#parts.test.hidden = mode !== "test";
    const recalled = recall(locationId);
    if (recalled) this.#follow(recalled);
    else this.#go(this.choice.service ? this.#firstOpen() : 0, false);
  }

  #follow({ name, booking }) {
    this.#name = name;
    if (!booking) {
      this.showOutcome(elsewhere(this), false);
      return;
    }
    this.#follower = new Follower(this, booking);
    this.#follower.run();
  }

  #leaveWith(booking, employeeId) {
    const kept = { id: booking.booking_id, token: booking.token, employeeId };
    // Without its token it can be shown now, and never again here.
    if (booking.token) keep(this.location.location_id, this.#name, kept);
    if (booking.status === "awaiting_payment" && webAddress(booking.checkout_url)) {
      this.leaveFor(booking.checkout_url);
      return;
    }
    this.#follower = new Follower(this, kept);
    this.#follower.begin(booking);
  }

  async #recover(failed, service, slot) {
    const others = slot.employeeIds.slice(1);
    const due = (employeeId) => JSON.stringify({ ...dueFor(service, employeeId), employee_id: null });
    // Only where it costs the same: the client has agreed to a sum.
    if (failed.code === "slot_taken" && others.length && due(others[0]) === due(slot.employeeIds[0])) {
      this.choice.slot = { ...slot, employeeIds: others };
      await this.book();
      return;
    }
    if (failed.code in CHANGED) {
      await this.#showAnew(this.t(CHANGED[failed.code]));
      return;
    }
    if (ANOTHER_TIME.has(failed.code)) {
      this.#notice = this.explain(failed);
      delete this.choice.slot;
      this.#go(this.#firstOpen());
      return;
    }
    this.#refused = refusedFields(failed.pointers || []);
    if (!this.#refused.length) throw failed;
    this.#go(STEPS.findIndex((step) => step.name === "contact"));
  }

  async #showAnew(notice) {
    this.location = await this.api.location();
    const service = this.location.services.find((each) => each.service_id === this.choice.service.service_id);
    this.#notice = service ? notice : this.t("changed");
    if (service) Object.assign(this.choice, { service, hasAccepted: false });
    else this.choice = { client: this.choice.client };
    this.#go(this.#firstOpen());
  }

  #keyOf(body) {
    const text = JSON.stringify(body);
    if (this.#tried.body !== text) this.#tried = { body: text, key: chance() };
    return this.#tried.key;
  }

  #firstOpen() {
    const { service, employeeId, slot, client } = this.choice;
    const open = { service: !service, person: employeeId === undefined, time: !slot, contact: !client };
    const found = STEPS.findIndex((step) => open[step.name]);
    return found < 0 ? STEPS.length - 1 : found;
  }

  #steps() {
    return STEPS.filter((step) => !(this.isAlone && step.name === "person"));
  }

  #goBack() {
    const steps = this.#steps();
    this.#go(STEPS.indexOf(steps[steps.indexOf(STEPS[this.at]) - 1]));
  }

  #go(at, isMoved = true) {
    this.at = at;
    const steps = this.#steps();
    const number = steps.indexOf(STEPS[at]) + 1;
    const { back, step, progress, bar, chosen, mark } = this.#parts;
    for (const part of [step, progress]) part.hidden = false;
    mark.hidden = true;
    back.hidden = number === 1;
    back.replaceChildren(icon("back", 18), this.t("back"));
    step.textContent = this.t("step", { at: number, of: steps.length });
    bar.style.inlineSize = `${(100 * number) / steps.length}%`;
    // The last step shows everything, each with its own way back.
    chosen.hidden = number === 1 || number === steps.length;
    chosen.replaceChildren(...steps.slice(0, number - 1).map((each) => this.#chosen(each)));
    const { title, body } = STEPS[at].show(this);
    this.#draw(title, body, isMoved);
  }

  #chosen(step) {
    const what = step.label(this);
    return element("button", {
      type: "button", "aria-label": this.t("change", { what }),
      onclick: () => this.#go(STEPS.indexOf(step)),
    }, element("span", { dir: "auto" }, what), icon("edit", 14));
  }

  #draw(title, body, isMoved) {
    const { heading } = this.#parts;
    heading.textContent = title;
    this.#parts.body.replaceChildren(body);
    if (!isMoved) return;
    heading.focus({ preventScroll: true });
    if (this.getBoundingClientRect().top < 0) this.scrollIntoView();
  }

  #showWaiting() {
    const blocks = Array.from({ length: WAITING_CHOICES }, () => element("div", { class: "choice skeleton" }));
    const { heading, body, step } = this.#parts;
    step.textContent = this.t("loading");
    heading.textContent = this.t(isKeeping() ? "loading" : "chooseService");
    body.replaceChildren(element("div", { class: "choices stack tight waiting", "aria-hidden": "true" }, blocks));
  }

  #showNoLocation(failed) {
    const retry = element("button", { type: "button", class: "button", onclick: () => this.#start() },
      this.t("tryAgain"));
    const isGone = failed.status === 404;
    const body = notice("bad", isGone ? this.t("notFound") : this.explain(failed), isGone ? null : retry);
    this.showOutcome({ title: this.t("chooseService"), body }, false);
  }
}

customElements.define("bookpay-widget", BookpayWidget);
