// The first two steps: what is booked, and with whom.

import { element, notice } from "./dom.js";

/** Return what is due online for a service, by an employee where one is known. */
export function dueFor(service, employeeId) {
  const own = (service.employee_terms || []).find((each) => each.employee_id === employeeId);
  return own || service;
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
    const more = element("p", {}, t("nothingOfferedMore", { name: location.name }));
    return { title: t("chooseService"), body: notice("warn", t("nothingOffered"), more) };
  }
  const choices = services.map((service) => element("li", {},
    element("button", { type: "button", class: "choice", onclick: () => app.choose({ service }) },
      element("span", {},
        element("span", { class: "name", dir: "auto" }, service.name), element("br"),
        element("span", { class: "about" }, app.format.duration(service.duration_minutes))),
      element("span", { class: "end" },
        element("span", { class: "price" }, app.format.money(service.price, service.currency)),
        element("br"), element("span", { class: "about" }, dueText(app, service))))));
  return { title: t("chooseService"), body: element("ul", { class: "choices stack tight" }, choices) };
}

export function choosePerson(app) {
  const { location, t, choice } = app;
  const choose = (employeeId) => () => app.choose({ employeeId });
  const people = employeesOf(location, choice.service).map((each) => element("li", {},
    element("button", { type: "button", class: "choice", onclick: choose(each.employee_id) },
      element("span", { class: "name", dir: "auto" }, each.name), dueOf(app, each.employee_id))));
  const anyone = element("li", {},
    element("button", { type: "button", class: "choice", onclick: choose("") },
      element("span", {},
        element("span", { class: "name" }, t("anyone")), element("br"),
        element("span", { class: "about" }, t("anyoneMore")))));
  const body = element("ul", { class: "choices stack tight" }, anyone, people);
  return { title: t("choosePerson"), body };
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
