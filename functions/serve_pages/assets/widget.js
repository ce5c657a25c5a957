// `<bookpay-widget location="...">`: a client books and pays a visit, on any page.
//
//   <script type="module" src="https://.../widget.js"></script>
//   <bookpay-widget location="demo"></bookpay-widget>
//
// `theme` is "light" or "dark" where the page has one of its own. The API is on the origin that
// this script came from; the page's origin must be among the location's allowed ones. An address
// with `?service=`, `employee=` and `day=` begins with these.

import { Api, pause } from "./api.js";
import { choosePerson, chooseService, employeesOf, offeredServices } from "./choose.js";
import { enterContact } from "./contact.js";
import { element, icon, webAddress } from "./dom.js";
import { failure } from "./failures.js";
import { Follower } from "./follow.js";
import { Formatter } from "./format.js";
import { addressWithout, draft, forgetOld, isBackFromPaying, isKeeping, keep, newName, recall } from "./kept.js";
import { languageOf, sentencesIn } from "./messages.js";
import { Order } from "./order.js";
import { elsewhere, paying, unseen } from "./outcomes.js";
import { home, leaveFor } from "./place.js";
import { legalLinks } from "./reach.js";
import { reviewBooking } from "./review.js";
import { Shell } from "./shell.js";
import { chooseTime } from "./times.js";
import { addressFor, askedFor, note, noted } from "./trail.js";
import styles from "./widget.css" with { type: "css" };

const STEPS = [
  { name: "service", show: chooseService, label: (app) => app.choice.service.name },
  { name: "person", show: choosePerson, label: (app) => app.nameOf(app.choice.employeeId) || app.t("anyone") },
  { name: "time", show: chooseTime, label: (app) => app.format.moment(app.choice.slot.startsAt) },
  { name: "contact", show: enterContact, label: (app) => app.choice.client.name },
  { name: "review", show: reviewBooking },
];
// How often a page that was paid on looks for its location again.
const SOON_MS = 3_000;
const ANYONE = "any";

class BookpayWidget extends HTMLElement {
  #shell;
  #follower = null;
  #name = "";
  #notice = null;
  #refused = [];
  #order = new Order(this);

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles];
    this.t = sentencesIn(document.documentElement.lang || "en");
    this.api = new Api(new URL(import.meta.url).origin, this.getAttribute("location") || "");
    this.choice = {};
    this.#shell = new Shell(root, () => this.#goBack());
    this.#shell.warnOfTest(this.t, this.getAttribute("mode") === "test");
    // Back from Stripe by the browser's own button: the page stands as it was left.
    addEventListener("pageshow", (event) => { if (event.persisted) this.#start(); });
    home.addEventListener("popstate", () => { if (this.location) this.#resume(); });
    forgetOld();
    this.#start();
  }

  get body() { return this.#shell.body; }

  /** Whether one person alone does what was chosen: nobody is asked then. */
  get isAlone() {
    const { service } = this.choice;
    return Boolean(service) && employeesOf(this.location, service).length === 1;
  }

  /** Say something to a screen reader alone. */
  say(text) { this.#shell.say(text); }

  nameOf(employeeId) {
    return this.location.employees.find((each) => each.employee_id === employeeId)?.name || "";
  }

  /** The business's name, "" until it is known. */
  get name() { return this.location?.name || ""; }

  /** Return a price as it is said: what costs nothing is free. */
  price(minor, currency) { return minor ? this.format.money(minor, currency) : this.t("free"); }

  /** Return what the last step left to be said, once. */
  takeNotice() {
    const taken = this.#notice;
    this.#notice = null;
    return taken;
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
    if (chosen.client) draft(this.location.location_id, chosen.client);
    this.#takeOnlyPerson();
    this.#go(this.#firstOpen());
  }

  /** The name under which the booking is kept that is being made, or shown. */
  get bookingName() { return this.#name ||= newName(this.location.location_id); }

  /** Book what was chosen. */
  async book() { await this.#order.place(); }

  /** Go on to the first step that is open, with something to say there. */
  goOn(said) {
    this.#notice = said;
    this.#go(this.#firstOpen());
  }

  /** Have fields of the client's details corrected. */
  correct(refused) {
    this.#refused = refused;
    this.#go(STEPS.findIndex((step) => step.name === "contact"));
  }

  /** Look again at what the location offers. */
  async look() { this.location = await this.api.location(); }

  /** Lead the client to Stripe's page, and return how, as `place.js` does. */
  leaveFor(address, kept) {
    // A booking without its token is another's to look at: nothing is lost by leaving.
    const isRemembered = !kept.token || keep(this.location.location_id, this.bookingName, kept);
    return leaveFor(address, isRemembered);
  }

  /** Show how a booking stands; `isNew` moves the focus to it. */
  showOutcome(outcome, isNew) { this.#shell.showOutcome(outcome, isNew); }

  /** Begin anew; a kept booking's service, person and day, and the client's details, stay chosen. */
  startAgain(kept = null, startsAt = null, said = null) {
    this.#follower?.stop();
    this.#name = "";
    this.#notice = said;
    this.choice = { client: this.choice.client || draft(this.location.location_id), isPaidNow: true };
    const service = offeredServices(this.location).find((each) => each.service_id === kept?.serviceId);
    if (service) {
      const day = startsAt && this.format.dayOf(startsAt);
      Object.assign(this.choice, { service, employeeId: kept.wanted, day });
    }
    this.#go(this.#firstOpen());
  }

  async #start() {
    this.#follower?.stop();
    if (isBackFromPaying()) this.showOutcome(paying(this), false);
    else this.#shell.showWaiting(this.t, isKeeping());
    try {
      await this.look();
    } catch (failed) {
      this.#showNoLocation(failed);
      return;
    }
    const { locale, country, timezone, mode } = this.location;
    this.t = sentencesIn(locale);
    // Where our sentences are English for want of theirs, so are the figures, as in mails.
    const isSpoken = languageOf(locale) === locale.split("-")[0];
    this.format = new Formatter(isSpoken ? locale : "en", country, timezone);
    // Our sentences run this way, whatever the page around them does.
    Object.assign(this.#shell.box, { lang: languageOf(locale), dir: "ltr" });
    this.#shell.warnOfTest(this.t, mode === "test");
    this.#shell.foot.replaceChildren(legalLinks(this) || "");
    this.#resume(false);
  }

  /** Show what the page's address and history are about: a booking, or a step. */
  #resume(isMoved = true) {
    this.#follower?.stop();
    const { location_id: locationId } = this.location;
    const recalled = recall(locationId);
    if (recalled) {
      this.#followKept(recalled);
      return;
    }
    this.#name = "";
    const before = noted(locationId);
    const { serviceId, employeeId, day } = before || askedFor(home.location.href);
    const service = offeredServices(this.location).find((each) => each.service_id === serviceId);
    const people = service ? employeesOf(this.location, service).map((each) => each.employee_id) : [];
    this.choice = { isPaidNow: true, ...this.choice, client: this.choice.client || draft(locationId) };
    Object.assign(this.choice, { service, day, slot: before?.slot, employeeId: undefined });
    if (employeeId === ANYONE || people.includes(employeeId)) {
      this.choice.employeeId = employeeId === ANYONE ? "" : employeeId;
    }
    this.#takeOnlyPerson();
    const open = this.#firstOpen();
    const wanted = STEPS.findIndex((step) => step.name === before?.step);
    this.#show(wanted < 0 ? open : Math.min(wanted, open), isMoved);
    if (!before) this.#note(false);
  }

  #followKept({ name, booking, returned }) {
    this.#name = name;
    if (!booking) {
      this.showOutcome(elsewhere(this, returned), false);
      return;
    }
    this.#follower = new Follower(this, booking);
    this.#follower.run();
  }

  /** Lead to the payment of a booking that was just made, or show how it stands. */
  follow(booking, employeeId) {
    const { service, employeeId: wanted } = this.choice;
    const kept = { id: booking.booking_id, token: booking.token, employeeId, serviceId: service.service_id, wanted };
    if (booking.status === "awaiting_payment" && webAddress(booking.checkout_url)) {
      kept.way = this.leaveFor(booking.checkout_url, kept);
      if (kept.way === "left") return;
    } else if (booking.token) {
      // Without its token it can be shown now, and never again here.
      keep(this.location.location_id, this.bookingName, kept);
    }
    this.#follower = new Follower(this, kept);
    this.#follower.begin(booking);
  }

  #firstOpen() {
    const { service, employeeId, slot, client } = this.choice;
    const open = { service: !service, person: employeeId === undefined, time: !slot, contact: !client };
    const found = STEPS.findIndex((step) => open[step.name]);
    return found < 0 ? STEPS.length - 1 : found;
  }

  #takeOnlyPerson() {
    const people = this.choice.service ? employeesOf(this.location, this.choice.service) : [];
    if (people.length === 1) this.choice.employeeId = people[0].employee_id;
  }

  #steps() {
    return STEPS.filter((step) => !(this.isAlone && step.name === "person"));
  }

  #goBack() {
    if (noted(this.location.location_id)?.depth > 0) {
      home.history.back();
      return;
    }
    const steps = this.#steps();
    this.#go(STEPS.indexOf(steps[steps.indexOf(STEPS[this.at]) - 1]));
  }

  #go(at) {
    this.#show(at, true);
    this.#note(true);
  }

  /** Note what was chosen in the present step, such as a day. */
  noteChoice() { this.#note(false); }

  /** Put the step into the browser's history, and what was chosen into our own page's address. */
  #note(isNext) {
    const { service, employeeId, slot, day } = this.choice;
    const chosen = { service, employeeId: employeeId === "" ? ANYONE : employeeId, day };
    const { location_id: locationId } = this.location;
    const address = addressFor(this.api.origin, addressWithout(locationId), chosen);
    const step = { step: STEPS[this.at].name, serviceId: service?.service_id, employeeId: chosen.employeeId, day, slot };
    note(locationId, step, address, isNext);
  }

  #show(at, isMoved) {
    this.at = at;
    const steps = this.#steps();
    const number = steps.indexOf(STEPS[at]) + 1;
    const chips = steps.slice(0, number - 1).map((each) => this.#chosen(each));
    const { title, body } = STEPS[at].show(this);
    this.#shell.showStep(this.t, { number, total: steps.length, chips, title, body }, isMoved);
  }

  #chosen(step) {
    const what = step.label(this);
    return element("button", {
      type: "button", "aria-label": this.t("change", { what }),
      onclick: () => this.#go(STEPS.indexOf(step)),
    }, element("span", { dir: "auto" }, what), icon("edit", 14));
  }

  async #showNoLocation(failed) {
    if (isBackFromPaying()) {
      this.showOutcome(unseen(this), false);
      await pause(SOON_MS);
      this.#start();
      return;
    }
    this.showOutcome({ title: this.t("chooseService"), body: failure(this, failed, () => this.#start()) }, false);
  }
}

customElements.define("bookpay-widget", BookpayWidget);
