// The first run: four steps from nothing to a page that clients can book on, each looked at as it is.

import { element, notice } from "./dom.js";
import { badge, button, saving, toast } from "./console_parts.js";
import { askForEmployee } from "./console_employees.js";
import { pageCard } from "./console_online.js";
import { askForService } from "./console_services.js";
import { checkLines, keysCard } from "./console_stripe.js";
import { prepaymentEditor } from "./console_terms_rules.js";
import { watchChanges } from "./console_unsaved.js";

const LOOK_AHEAD_DAYS = 7;
// Locations whose owner wants nothing in advance, of which nothing else tells that it was chosen.
const paidAtVisit = new Set();
const looks = new Map();

/** Promise whether a location still has steps before its first booking; it is looked at once.
 *
 * Where it cannot be told nothing is offered: the page itself says what fails.
 */
export function needsSetup(app) {
  const { location_id: id } = app.location;
  if (!app.is("owner")) return Promise.resolve(false);
  if (!looks.has(id)) looks.set(id, look(app).then((found) => !isDone(found), () => false));
  return looks.get(id);
}

async function look(app) {
  const [services, employees, terms] = await Promise.all([
    app.api.all(app.path("services")), app.api.all(app.path("employees")), app.api.get(app.path("terms")),
  ]);
  const { online_booking_enabled: isOnline, visit_link_enabled: hasLinks, location_id: id } = app.location;
  const works = employees.filter((each) => each.hours.length);
  const isDoable = (service) => works.some((each) => service.employee_ids?.includes(each.employee_id) ?? true);
  return {
    services, employees, terms,
    connected: isOnline || hasLinks,
    // Who takes payments by link alone needs no page to book on.
    isWithoutPage: hasLinks && !isOnline,
    works: works.length > 0,
    sells: services.some(isDoable),
    asks: saysSomething(terms) || paidAtVisit.has(id) || await hasBookings(app),
  };
}

async function hasBookings(app) { return (await app.api.get(app.path("bookings"), { limit: 1 })).items.length > 0; }

function saysSomething({ prepayment, overrides, cancellation }) {
  return prepayment.type !== "none" || overrides.length > 0 || cancellation.steps.length > 0 || cancellation.no_show_fee.type !== "none";
}

function isDone(found) {
  return found.isWithoutPage || (found.connected && found.works && found.sells && found.asks);
}

/** Show what is still to be done until clients can book. */
export function showSetup(app, main) {
  app.heading(main, "Getting started", "Four steps, and clients can book and pay");
  let check = null;
  const load = async () => {
    const [found, settings] = await Promise.all([look(app), app.api.get(app.path("payment-settings"))]);
    looks.set(app.location.location_id, Promise.resolve(!isDone(found)));
    return { found: { ...found, connected: settings.connected }, settings };
  };
  const again = app.section(main, load, ({ found, settings }) => steps(app, found, settings, check, (saved) => {
    check = saved?.check ?? check;
    again();
  }), 6);
}

function steps(app, found, settings, check, again) {
  const all = [
    ["Connect Stripe", found.connected, found.connected
      ? [settings.account.name || settings.account.id || "Connected", ...troubles(app, check)]
      : [keysCard(app, settings, again)]],
    ["Say who works, and when", found.works, found.works
      ? [found.employees.map((each) => each.name).join(", ")]
      : ["Clients book somebody, within their hours. You alone are enough.",
        button("Add an employee", () => askForEmployee(app, found.employees[0] ?? null, again), "main")]],
    ["Say what can be booked", found.sells, found.sells
      ? [found.services.map((each) => each.name).join(", ")]
      : [found.services.length ? "None of the services is done by somebody who has hours." : "A service has a name, a price and a duration.",
        button("Add a service", () => askForService(app, null, found, again), "main")]],
    ["Say what clients pay in advance", found.asks, found.asks
      ? [saysSomething(found.terms) ? "Your terms ask for something in advance, or for a fee." : "Everything is paid at the visit.",
        element("a", { href: app.link("terms") }, "Payment terms")]
      : [termsForm(app, found.terms, again)]],
  ];
  const next = all.findIndex(([, isStepDone]) => !isStepDone);
  return [
    element("ol", { class: "stack" }, all.map(([title, isStepDone, parts], at) => element("li", { class: "card", "aria-current": at === next ? "step" : null },
      element("div", { class: "row between" }, element("h2", { class: "card-title" }, `${at + 1}. ${title}`),
        badge(isStepDone ? ["Done", "good"] : at === next ? ["Next", "info"] : ["Later", "plain"])),
      isStepDone || at === next ? parts.map((each) => (typeof each === "string" ? element("p", { class: "soft", dir: "auto" }, each) : each)) : null))),
    next === -1 && ready(app, found),
  ];
}

function troubles(app, check) {
  const left = check?.lines.filter((line) => line.status !== "ok") ?? [];
  return left.length ? checkLines(app, { ...check, lines: left }) : [];
}

function termsForm(app, terms, again) {
  const given = { type: "deposit", percent: 30, required: true };
  const prepayment = prepaymentEditor(app, given, "/prepayment");
  const told = element("div", {});
  const submit = element("button", { type: "submit", class: "button main" }, "Save the terms");
  const form = element("form", { class: "stack", novalidate: true }, prepayment.made,
    element("p", { class: "small soft" }, "Fees for late cancelling, and exceptions, are set under Payment terms."),
    told, element("div", { class: "row" }, submit));
  const saved = watchChanges(form);
  saving(form, submit, told, async () => {
    const { warnings: _, ...rest } = terms;
    const wanted = prepayment.read();
    await app.api.put(app.path("terms"), { ...rest, prepayment: wanted });
    if (wanted.type === "none") paidAtVisit.add(app.location.location_id);
    saved();
    toast("The terms are saved.");
    again();
  });
  return form;
}

// Asks what a client's browser would ask.
function ready(app, found) {
  const place = element("div", { class: "stack narrow-form", role: "status" });
  firstTime(app, found).then((at) => place.prepend(at
    ? notice("", `Clients can book now. The first free time is ${app.moment(at)}.`)
    : notice("warn", `Nothing is free in the next ${LOOK_AHEAD_DAYS} days: look at the hours, at time off, and at the notice under Online booking.`)));
  return element("section", { class: "stack" }, place, app.location.online_booking_enabled
    ? pageCard(app, "Give your clients this link")
    : notice("warn", "Online booking is switched off.", element("a", { class: "button", href: app.link("online-booking") }, "Online booking")));
}

async function firstTime(app, { services }) {
  const here = `/public/locations/${encodeURIComponent(app.location.location_id)}/slots`;
  for (const { service_id: id } of services.slice(0, 3)) {
    const query = new URLSearchParams({ service_id: id, date: app.format.dayOf(Date.now()), days: LOOK_AHEAD_DAYS });
    const answer = await fetch(`${here}?${query}`, { credentials: "omit" }).catch(() => null);
    const [first] = answer?.ok ? (await answer.json()).slots : [];
    if (first) return first.starts_at;
  }
  return null;
}
