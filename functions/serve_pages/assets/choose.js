// The first two steps: what is booked, and with whom.

import { element, notice } from "./dom.js";
import { plain } from "./format.js";
import { waysTo } from "./reach.js";

// So many can be looked through; more are searched.
const SHORT_LIST = 12;
const A_DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Return what is due online for a service, by an employee and for a start where they are known. */
export function dueFor(service, employeeId, startsAt) {
  const own = (service.employee_terms || []).find((each) => each.employee_id === employeeId) || service;
  const later = own.due_later;
  if (!later || !startsAt) return own;
  // A hold ends at the bank after some days: what ends later is secured in another way.
  const endsAt = Date.parse(startsAt) + service.duration_minutes * MINUTE_MS;
  return endsAt > Date.now() + later.beyond_days * A_DAY_MS ? { ...own, ...later } : own;
}

/** Return the employees of a service. */
export function employeesOf(location, service) {
  const may = service.employee_ids;
  return location.employees.filter((each) => !may || may.includes(each.employee_id));
}

/** Return the services that somebody does. */
export function offeredServices(location) {
  return location.services.filter((service) => employeesOf(location, service).length);
}

export function chooseService(app) {
  const { location, t } = app;
  const services = offeredServices(location);
  if (!services.length) {
    const more = element("div", {}, element("p", {}, t("nothingOfferedMore", { name: location.name })), waysTo(app));
    return { title: t("chooseService"), body: notice("warn", t("nothingOffered"), more) };
  }
  const groups = Map.groupBy(services, (each) => each.category || "");
  const isShort = services.length <= SHORT_LIST;
  const sections = [...groups].map(([category, members], number) =>
    group(category, members.map((each) => serviceChoice(app, each)), isShort || number === 0));
  const list = element("div", { class: "stack" }, sections);
  return {
    title: t("chooseService"),
    body: element("div", { class: "stack" }, app.takeNotice(), isShort ? null : search(app, "searchService", list), list),
  };
}

export function choosePerson(app) {
  const { location, t, choice } = app;
  const choose = (employeeId) => () => app.choose({ employeeId });
  const people = employeesOf(location, choice.service).map((each) => choiceOf(
    choose(each.employee_id), [element("span", { class: "name", dir: "auto" }, each.name), dueOf(app, each.employee_id)],
    each.name));
  const anyone = choiceOf(choose(""), element("span", {},
    element("span", { class: "name" }, t("anyone")), element("br"),
    element("span", { class: "about" }, t("anyoneMore"))), "");
  const list = element("ul", { class: "choices stack tight" }, anyone, people);
  const find = people.length > SHORT_LIST ? search(app, "searchPerson", list) : null;
  return { title: t("choosePerson"), body: element("div", { class: "stack" }, find, list) };
}

function serviceChoice(app, service) {
  const { format } = app;
  const { name, description } = service;
  return choiceOf(() => app.choose({ service }), [
    element("span", {},
      element("span", { class: "name", dir: "auto" }, name), element("br"),
      element("span", { class: "about" }, format.duration(service.duration_minutes)),
      description && element("span", { class: "about more", dir: "auto" }, description)),
    element("span", { class: "end" },
      element("span", { class: "price" }, app.price(service.price, service.currency)),
      element("br"), element("span", { class: "about" }, dueText(app, service))),
  ], `${name} ${description} ${service.category}`);
}

function choiceOf(onclick, content, words) {
  const item = element("li", {}, element("button", { type: "button", class: "choice", onclick }, content));
  item.words = plain(words);
  return item;
}

/** Return the choices of a category; in a long list it opens and closes. */
function group(category, items, isOpen) {
  const list = element("ul", { class: "choices stack tight" }, items);
  if (!category) return list;
  return element("details", { class: "category", open: isOpen },
    element("summary", {}, element("h3", { dir: "auto" }, category), element("span", { class: "count" }, String(items.length))),
    list);
}

/** Return a field that leaves those choices of a list that have the words in it. */
function search(app, label, list) {
  const { t } = app;
  const none = element("p", { class: "soft", hidden: true }, t("noneMatch"));
  const input = element("input", { type: "search", id: "search", autocomplete: "off", oninput: () => {
    const words = plain(input.value).split(" ").filter(Boolean);
    const items = [...list.querySelectorAll("li")];
    for (const item of items) item.hidden = !words.every((word) => item.words.includes(word));
    for (const part of list.querySelectorAll("details")) {
      part.hidden = !part.querySelector("li:not([hidden])");
      if (words.length) part.open = true;
    }
    const found = items.filter((item) => !item.hidden).length;
    none.hidden = found > 0;
    app.say(t("found", { number: found }));
  } });
  return element("div", { class: "field" }, element("label", { for: "search" }, t(label)), input, none);
}

function dueOf(app, employeeId) {
  const due = dueFor(app.choice.service, employeeId);
  const differs = due !== app.choice.service;
  return differs ? element("span", { class: "about end" }, dueText(app, due)) : null;
}

function dueText(app, due) {
  const { t, format, choice } = app;
  const currency = due.currency || choice.service.currency;
  const sum = format.money(due.amount_due, currency);
  const texts = {
    pay: () => t("dueNow", { sum }),
    hold: () => t("dueHold", { sum }),
    save_card: () => t("dueCard"),
    at_visit: () => t("dueAtVisit"),
  };
  return due.price === 0 ? "" : texts[due.due_mode]();
}
