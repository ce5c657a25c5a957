// The last step: everything once more, the terms, and the order to book.

import { dueFor } from "./choose.js";
import { element, facts, notice, setBusy } from "./dom.js";

const HOUR_MS = 3_600_000;

export function reviewBooking(app) {
  const { t, choice } = app;
  const due = dueFor(choice.service, choice.slot.employeeIds[0]);
  const accepted = element("input", {
    type: "checkbox", id: "accept", "aria-describedby": "accept-wrong", checked: choice.hasAccepted,
    onchange: () => { choice.hasAccepted = accepted.checked; tellTerms(app, accepted); },
  });
  const button = element("button", { class: "button main wide" });
  const sums = element("div", { class: "stack" });
  const update = () => {
    button.textContent = orderText(app, due);
    sums.replaceChildren(summary(app, due), explained(app, due));
  };
  const form = element("form", { class: "stack columns", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    if (tellTerms(app, accepted)) {
      accepted.focus();
      return;
    }
    problem.replaceChildren();
    const isPaid = choice.isPaidNow && due.due_mode !== "at_visit";
    const end = setBusy(button, t(isPaid ? "opening" : "booking"));
    try {
      await app.book();
    } catch (failed) {
      end();
      const text = app.explain(failed);
      problem.replaceChildren(notice("bad", text));
    }
  } });
  const problem = element("div", {}, app.takeNotice());
  update();
  const isOptional = due.prepayment.required === false && due.due_mode !== "at_visit";
  form.append(
    element("div", { class: "stack" }, isOptional ? payWhen(app, due, update) : "", sums),
    element("div", { class: "stack" }, policy(app),
      element("div", { class: "check" },
        accepted, element("label", { for: "accept" }, t("acceptTerms")),
        element("p", { class: "wrong", id: "accept-wrong", hidden: true })),
      problem, button));
  return { title: t("checkAndBook"), body: form };
}

/** Return until when cancelling is free by the steps of a policy, in milliseconds, or null. */
export function freeUntil(cancellation, startsAt) {
  const costs = (fee) => fee.type !== "none";
  const hours = (cancellation?.steps || [])
    .filter((step) => costs(step.fee)).map((step) => step.hours_before);
  return hours.length ? Date.parse(startsAt) - Math.max(...hours) * HOUR_MS : null;
}

function policy(app) {
  const { t, location, choice, format } = app;
  const until = freeUntil(location.cancellation, choice.slot.startsAt);
  const dated = until === null ? null : until > Date.now()
    ? t("freeUntil", { moment: format.moment(until) }) : t("notFree");
  return element("section", { class: "terms" },
    element("h3", {}, t("policy")),
    element("p", { dir: "auto" }, location.terms_text),
    dated && element("p", { class: until > Date.now() ? "soft" : "warned" }, dated));
}

function summary(app, due) {
  const { t, choice, format } = app;
  const { service } = choice;
  const money = (minor) => format.money(minor, service.currency);
  const isNow = choice.isPaidNow && ["pay", "hold"].includes(due.due_mode);
  const nowMinor = isNow ? due.amount_due : 0;
  const rest = service.price - nowMinor;
  const name = isNow && due.due_mode === "hold" ? "heldNow" : "youPayNow";
  const row = (name, value, step) => [t(name), value, "", app.changeButton(step, t(name))];
  return facts([
    row("service", service.name, "service"),
    [t("person"), app.nameOf(choice.slot.employeeIds[0]), "",
      app.isAlone ? null : app.changeButton("person", t("person"))],
    row("when", format.moment(choice.slot.startsAt), "time"),
    row("yourDetails", choice.client.name, "contact"),
    [t("duration"), format.duration(service.duration_minutes)],
    [t("price"), money(service.price)],
    [t("restAtVisit"), rest > 0 ? money(rest) : ""],
    [t(name), money(nowMinor), "sum"],
  ]);
}

function payWhen(app, due, update) {
  const { t, choice, format } = app;
  const sum = format.money(due.amount_due, choice.service.currency);
  const option = (isPaidNow, text) => element("label", {},
    element("input", {
      type: "radio", name: "pay-when", checked: choice.isPaidNow === isPaidNow,
      onchange: () => { choice.isPaidNow = isPaidNow; update(); },
    }), element("span", {}, text));
  return element("fieldset", { class: "pay-when" },
    element("legend", {}, t("payWhen")),
    option(true, t("payNow", { sum })), option(false, t("payLater")));
}

function orderText(app, due) {
  const { t, choice, format } = app;
  if (!choice.isPaidNow || due.due_mode === "at_visit") return t("book");
  const sum = format.money(due.amount_due, choice.service.currency);
  const names = { pay: "bookAndPay", hold: "bookAndHold", save_card: "bookAndSave" };
  return t(names[due.due_mode], { sum });
}

function explained(app, due) {
  const { t, choice, location } = app;
  if (!choice.isPaidNow || due.due_mode === "at_visit") return "";
  const more = { hold: t("holdNote"), save_card: t("cardNote"), pay: "" }[due.due_mode];
  const note = `${more} ${t("stripeNote", { name: location.name })}`.trim();
  return element("p", { class: "soft small" }, note);
}

function tellTerms(app, accepted) {
  const place = accepted.parentElement.querySelector(".wrong");
  const wrong = accepted.checked ? "" : app.t("termsMissing");
  place.textContent = wrong;
  place.hidden = !wrong;
  if (wrong) accepted.setAttribute("aria-invalid", "true");
  else accepted.removeAttribute("aria-invalid");
  return wrong;
}
