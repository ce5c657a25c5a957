// The last step: everything once more, the terms, and the order to book.

import { dueFor } from "./choose.js";
import { acting, element, facts, setBusy } from "./dom.js";
import { failure } from "./failures.js";
import { datedPolicy } from "./policy.js";
import { placeRows } from "./reach.js";

export function reviewBooking(app) {
  const { t, choice } = app;
  const due = dueFor(choice.service, choice.slot.employeeIds[0], choice.slot.startsAt);
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
  const form = acting({ class: "stack columns" }, button, async () => {
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
      problem.replaceChildren(failure(app, failed));
    }
  });
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

function policy(app) {
  const { t, location, choice } = app;
  const { service, slot, termsBefore } = choice;
  return element("section", { class: "terms" },
    element("h3", {}, t("policy")),
    element("p", { dir: "auto" }, whatChanged(termsBefore, location.terms_text)),
    datedPolicy(app, location.cancellation, service.price, service.currency, slot.startsAt));
}

/** Return a text with what is new in it since it was shown, and what is no more. */
function whatChanged(before, now) {
  if (!before || before === now) return now;
  const sentences = (text) => text.split(/(?<=[.!?])\s+/u);
  const [old, present] = [sentences(before), sentences(now)];
  const gone = old.filter((each) => !present.includes(each)).map((each) => element("del", {}, each));
  const shown = present.map((each) => old.includes(each) ? each : element("ins", {}, each));
  return [...gone, ...shown].flatMap((each) => [each, " "]);
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
    ...placeRows(app),
    row("yourDetails", choice.client.name, "contact"),
    [t("duration"), format.duration(service.duration_minutes)],
    [t("price"), app.price(service.price, service.currency)],
    [t("restAtVisit"), rest > 0 ? money(rest) : ""],
    [t(name), nowMinor ? money(nowMinor) : t("nothing"), "sum"],
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
  const where = due.due_mode === "save_card" ? "stripeCardNote" : "stripeNote";
  const note = `${more} ${t(where, { name: location.name })}`.trim();
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
