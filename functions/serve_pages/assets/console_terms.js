// Payment terms: who pays what in advance and what cancelling costs, with what a client would see.

import { element, facts, notice } from "./dom.js";
import {
  Mistake, button, card, field, fill, readAmount, saving, select, showMistakes, textInput, tick, toast, writeAmount,
} from "./console_parts.js";

const PREPAYMENTS = [
  ["none", "Nothing: paid at the visit"], ["full", "All of the price"], ["deposit", "A deposit"],
  ["hold", "The price is held on the card"], ["card_on_file", "The card is saved, nothing is charged"],
];
const FEES = [["none", "Free"], ["percent", "Part of the price"], ["fixed", "A fixed sum"], ["full", "All of the price"]];
const PREVIEW_MS = 400;

/** Show the terms, to be changed. */
export function showTerms(app, main) {
  app.heading(main, "Payment terms", "What clients pay when they book, and what cancelling costs");
  const load = () => Promise.all([
    app.api.get(app.path("terms")), app.api.all(app.path("services")), app.api.all(app.path("employees")),
  ]);
  app.section(main, load, ([terms, services, employees]) => editor(app, terms, services, employees), 8);
}

function editor(app, terms, services, employees) {
  const serviceNames = services.map((each) => [each.service_id, each.name]);
  const employeeNames = employees.map((each) => [each.employee_id, each.name]);
  const prepayment = prepaymentEditor(app, terms.prepayment, "/prepayment");
  const minutes = textInput(terms.hold_minutes, { type: "number", min: 5, max: 1430 });
  const policy = policyEditor(app, terms.cancellation);
  const exceptions = exceptionEditor(app, terms.overrides, serviceNames, employeeNames);
  const lists = [listEditor("services", "Services", serviceNames, terms.services), listEditor("employees", "Employees", employeeNames, terms.employees)];
  const read = () => {
    const document = {
      prepayment: prepayment.read(), overrides: exceptions.read(), hold_minutes: Number(minutes.value),
      cancellation: policy.read(),
      // This page has no fields for it: what another caller has saved stays.
      reschedule: terms.reschedule,
    };
    for (const list of lists) Object.assign(document, list.read());
    return document;
  };
  const told = element("div", {});
  const submit = element("button", { type: "submit", class: "button main" }, "Save the terms");
  const form = element("form", { class: "stack", novalidate: true },
    card("Paid when booking", prepayment.made, exceptions.made,
      field("Minutes that a slot waits for its payment", minutes, { pointer: "/hold_minutes" })),
    card("If the client cancels or does not come", policy.made),
    card("Where online payment exists", ...lists.map((list) => list.made)),
    told, element("div", { class: "row" }, submit));
  saving(form, submit, told, async () => {
    const saved = await app.api.put(app.path("terms"), read());
    told.replaceChildren(...warnings(saved.warnings));
    toast("The terms are saved. Bookings that are made keep the terms they were made with.");
  });
  const preview = previewCard(app, form, read, employeeNames);
  return element("div", { class: "columns" }, form, preview);
}

function prepaymentEditor(app, given, pointer) {
  const type = select(PREPAYMENTS, given.type);
  const unit = select([["percent", "percent of the price"], ["amount", app.location.currency.toUpperCase()]],
    given.amount ? "amount" : "percent", { "aria-label": "The deposit is in" });
  const size = textInput(given.amount ? writeAmount(given.amount, app.location.currency) : given.percent ?? 30, { inputmode: "decimal" });
  const optional = tick("The client may choose to pay at the visit instead", given.required === false);
  const deposit = element("div", { class: "pair" }, field("Deposit", size, { pointer }), field("In", unit));
  const show = () => {
    deposit.hidden = type.value !== "deposit";
    optional.made.hidden = type.value === "none";
  };
  type.addEventListener("change", show);
  show();
  return {
    made: element("div", { class: "stack" }, field("Clients pay", type, { pointer: `${pointer}/type` }), deposit, optional.made),
    read: () => {
      const read = { type: type.value, required: !optional.control.checked };
      if (type.value === "deposit") read[unit.value] = sizeOf(app, size, unit.value);
      if (given.above && type.value === given.type) read.above = given.above;
      return read;
    },
  };
}

function sizeOf(app, control, unit) {
  // Rows move up when one before them goes: the field knows where it is now.
  const { pointer } = control.closest("[data-pointer]").dataset;
  if (unit === "percent") {
    if (!/^\d{1,3}$/.test(control.value.trim())) throw new Mistake(pointer, "Write a whole number from 1 to 100.");
    return Number(control.value);
  }
  const minor = readAmount(control.value, app.location.currency);
  if (!minor) throw new Mistake(pointer, "Write an amount such as 20.00.");
  return minor;
}

function feeEditor(app, label, given, pointer) {
  const type = select(FEES, given.type);
  const size = textInput(given.type === "fixed" ? writeAmount(given.amount, app.location.currency) : given.percent ?? 50, { inputmode: "decimal" });
  const sized = field("How much (percent, or the sum)", size, { pointer });
  const show = () => { sized.hidden = !["percent", "fixed"].includes(type.value); };
  type.addEventListener("change", show);
  show();
  return {
    made: element("div", { class: "pair" }, field(label, type, { pointer: `${pointer}/type` }), sized),
    read: () => {
      if (type.value === "percent") return { type: "percent", percent: sizeOf(app, size, "percent") };
      if (type.value === "fixed") return { type: "fixed", amount: sizeOf(app, size, "amount") };
      return { type: type.value };
    },
  };
}

// Rows that come and go; a row tells of itself by its place in the list.
function rowsEditor(title, add, base, given, make) {
  let rows = [];
  const place = element("div", { class: "stack" });
  const remove = (row) => {
    const from = rows.indexOf(row);
    rows = rows.filter((each) => each !== row);
    row.place.remove();
    rows.slice(from).forEach((each, number) => renumber(each.place, base, from + number));
    more.focus();
    more.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const append = (one) => {
    const row = make(one, `${base}/${rows.length}`);
    row.place = element("div", { class: "row-box" }, row.made,
      button("Remove", () => remove(row), "quiet"));
    rows.push(row);
    place.append(row.place);
    return row;
  };
  const more = button(add, () => {
    append(null).place.querySelector("select, input").focus();
    more.dispatchEvent(new Event("input", { bubbles: true }));
  });
  given.forEach(append);
  return {
    made: element("fieldset", { class: "stack" }, element("legend", { class: "strong" }, title), place, element("div", {}, more)),
    read: () => rows.map((row) => row.read()),
  };
}

function renumber(place, base, number) {
  for (const each of place.querySelectorAll(`[data-pointer^="${base}/"]`)) {
    const [, ...rest] = each.dataset.pointer.slice(base.length + 1).split("/");
    each.dataset.pointer = [base, number, ...rest].join("/");
  }
}

function policyEditor(app, given) {
  const steps = rowsEditor("Cancelling later costs more", "Add a step", "/cancellation/steps", given.steps, (step, pointer) => {
    const hours = textInput(step?.hours_before ?? 24, { type: "number", min: 0, max: 720 });
    const fee = feeEditor(app, "It costs", step?.fee ?? { type: "percent", percent: 50 }, `${pointer}/fee`);
    return {
      made: element("div", { class: "stack tight" },
        field("Cancelled less than … hours before", hours, { pointer: `${pointer}/hours_before` }), fee.made),
      read: () => ({ hours_before: Number(hours.value), fee: fee.read() }),
    };
  });
  const noShow = feeEditor(app, "Not coming costs", given.no_show_fee, "/cancellation/no_show_fee");
  const charge = select([["automatic", "automatically"], ["propose", "after one of you confirms it"]], given.charge);
  return {
    made: element("div", { class: "stack" }, steps.made, noShow.made,
      field("A fee is charged", charge, { pointer: "/cancellation/charge" })),
    read: () => ({ steps: steps.read(), no_show_fee: noShow.read(), charge: charge.value }),
  };
}

function exceptionEditor(app, given, services, employees) {
  return rowsEditor("Exceptions", "Add an exception", "/overrides", given, (one, pointer) => {
    const service = select([["", "Any service"], ...services], one?.service_id ?? "");
    const employee = select([["", "Anybody"], ...employees], one?.employee_id ?? "");
    const prepayment = prepaymentEditor(app, one?.prepayment ?? { type: "deposit", percent: 30 }, `${pointer}/prepayment`);
    return {
      made: element("div", { class: "stack tight" },
        element("div", { class: "pair" }, field("For", service, { pointer }), field("With", employee)), prepayment.made),
      read: () => ({
        ...(service.value && { service_id: service.value }),
        ...(employee.value && { employee_id: employee.value }), prepayment: prepayment.read(),
      }),
    };
  });
}

function listEditor(name, title, choices, given) {
  const boxes = choices.map(([value, text]) => ({ value, ...tick(text, given === undefined || given.includes(value)) }));
  return {
    made: element("fieldset", { class: "stack tight", "data-pointer": `/${name}` },
      element("legend", { class: "strong" }, title),
      choices.length ? element("div", { class: "ticks" }, boxes.map((box) => box.made)) : element("p", { class: "soft" }, "None yet")),
    read: () => {
      const chosen = boxes.filter((box) => box.control.checked).map((box) => box.value);
      return chosen.length === boxes.length ? {} : { [name]: chosen };
    },
  };
}

function previewCard(app, form, read, employees) {
  const who = select([["", "Anyone"], ...employees], "");
  const place = element("div", { class: "stack", "aria-live": "polite" });
  let waiting = 0;
  let newest = 0;
  const refresh = async () => {
    newest += 1;
    const mine = newest;
    try {
      const path = app.path("terms", "preview") + (who.value ? `?employee_id=${encodeURIComponent(who.value)}` : "");
      const told = await app.api.post(path, read());
      if (mine === newest) place.replaceChildren(...previewOf(app, told));
    } catch (failed) {
      if (mine === newest) place.replaceChildren(...showMistakes(place, failed));
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PREVIEW_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  who.addEventListener("change", refresh);
  fill(place, () => app.api.post(app.path("terms", "preview"), read()), (told) => previewOf(app, told));
  const made = card("What a client would see", field("Booking with", who), place);
  made.classList.add("stays");
  return made;
}

function previewOf(app, told) {
  const money = (minor) => app.money(minor);
  const says = ({ due }) => ({
    pay: `${money(due.amount_now)} now${due.amount_remaining ? `, ${money(due.amount_remaining)} at the visit` : ""}`,
    hold: `${money(due.amount_now)} held on the card`,
    save_card: "Card saved, nothing charged",
    at_visit: "Paid at the visit",
  }[due.mode]);
  const choice = (each) => (each.due_if_not_now ? " or at the visit" : "");
  return [
    told.items.length ? facts(told.items.map((each) => [`${each.name} (${money(each.price)})`, says(each) + choice(each)]))
      : element("p", { class: "soft" }, "There are no services yet."),
    element("blockquote", { class: "policy" }, told.terms_text),
    ...warnings(told.warnings),
  ];
}

function warnings(found) {
  return found.map((each) => notice("warn", each.detail ?? String(each)));
}
