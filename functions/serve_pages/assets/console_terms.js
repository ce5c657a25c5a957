// Payment terms: who pays what in advance and what cancelling costs, with what a client would see.

import { element } from "./dom.js";
import { card, field, saving, select, textInput, tick, toast } from "./console_parts.js";
import { readWhole, saveBar } from "./console_form.js";
import { previewCard, warnings } from "./console_terms_preview.js";
import { feeEditor, prepaymentEditor, rowsEditor } from "./console_terms_rules.js";

const MOST_HOURS = 720;

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
  const minutes = textInput(String(terms.hold_minutes), { inputmode: "numeric", class: "short" });
  const policy = policyEditor(app, terms.cancellation);
  const moving = moveEditor(terms.reschedule);
  const exceptions = exceptionEditor(app, terms.overrides, serviceNames, employeeNames);
  const lists = [listEditor("services", "Services", serviceNames, terms.services), listEditor("employees", "Employees", employeeNames, terms.employees)];
  const read = () => Object.assign({
    prepayment: prepayment.read(), overrides: exceptions.read(), hold_minutes: readWhole(minutes, "/hold_minutes", [5, 1430]),
    cancellation: policy.read(), reschedule: moving.read(),
  }, ...lists.map((list) => list.read()));
  const told = element("div", {});
  const { bar, watch, submit } = saveBar("Save the terms");
  const form = element("form", { class: "stack", novalidate: true });
  form.append(element("div", { class: "columns" },
    element("div", { class: "stack" },
      card("Paid when booking", prepayment.made, exceptions.made,
        field("Minutes that a time is kept for its payment", minutes, { pointer: "/hold_minutes", hint: "If it is not paid by then, others can book the time." })),
      card("If the client cancels or does not come", policy.made),
      card("If the client moves the visit", moving.made),
      card("What can be paid online at all", element("p", { class: "small soft" },
        "What is not ticked is always paid at the visit, whatever stands above."), ...lists.map((list) => list.made))),
    previewCard(app, form, read, employeeNames)), told, bar);
  const saved = watch(form);
  saving(form, submit, told, async () => {
    const now = await app.api.put(app.path("terms"), read());
    saved();
    told.replaceChildren(...warnings(now.warnings));
    toast("The terms are saved. Bookings that are made keep the terms they were made with.");
  });
  return form;
}

function policyEditor(app, given) {
  const steps = rowsEditor("Cancelling late", "Add a step", "/cancellation/steps", given.steps, (step, pointer) => {
    const hours = textInput(String(step?.hours_before ?? 24), { inputmode: "numeric" });
    const fee = feeEditor(app, "It costs", step?.fee ?? { type: "percent", percent: 50 }, `${pointer}/fee`);
    const at = field("Cancelled less than … hours before", hours, { pointer: `${pointer}/hours_before` });
    return {
      made: element("div", { class: "stack tight" }, at, fee.made),
      read: () => ({ hours_before: readWhole(hours, at.dataset.pointer, [0, MOST_HOURS]), fee: fee.read() }),
    };
  }, "Earlier is free. Of the steps that fit, the one closest to the visit applies.");
  const noShow = feeEditor(app, "Not coming costs", given.no_show_fee, "/cancellation/no_show_fee");
  const charge = select([["automatic", "automatically"], ["propose", "after one of you confirms it"]], given.charge);
  return {
    made: element("div", { class: "stack" }, steps.made, noShow.made,
      field("A fee is charged", charge, { pointer: "/cancellation/charge", hint: "It is kept from what was paid, or charged to the hold or the saved card." })),
    read: () => ({ steps: steps.read(), no_show_fee: noShow.read(), charge: charge.value }),
  };
}

function moveEditor(given) {
  const may = tick("Clients may move their visit themselves", given.client_until_hours !== null);
  const hours = textInput(String(given.client_until_hours ?? 24), { inputmode: "numeric", class: "short" });
  const fee = select([["none", "Nothing"], ["as_cancelling", "What cancelling would cost then"]], given.fee);
  const until = field("Until how many hours before", hours, { pointer: "/reschedule/client_until_hours" });
  const costs = field("Moving costs", fee, { pointer: "/reschedule/fee" });
  const more = element("div", { class: "stack" }, until, costs);
  const show = () => { more.hidden = !may.control.checked; };
  may.control.addEventListener("change", show);
  show();
  return {
    made: element("div", { class: "stack" }, may.made, element("p", { class: "small soft" }, "You can always move a visit."), more),
    read: () => ({
      client_until_hours: may.control.checked ? readWhole(hours, "/reschedule/client_until_hours", [0, MOST_HOURS]) : null,
      fee: fee.value,
    }),
  };
}

function exceptionEditor(app, given, services, employees) {
  return rowsEditor("Exceptions", "Add an exception", "/overrides", given, (one, pointer) => {
    const service = select(known([["", "Any service"], ...services], one?.service_id), one?.service_id ?? "");
    const employee = select(known([["", "Anybody"], ...employees], one?.employee_id), one?.employee_id ?? "");
    const prepayment = prepaymentEditor(app, one?.prepayment ?? { type: "deposit", percent: 30 }, `${pointer}/prepayment`);
    const title = element("summary", { class: "strong", dir: "auto" });
    const chosen = (control) => control.selectedOptions[0].text;
    const made = element("details", { open: one === null }, title, element("div", { class: "stack tight" },
      element("div", { class: "pair" }, field("For", service, { pointer: `${pointer}/service_id` }), field("With", employee, { pointer: `${pointer}/employee_id` })), prepayment.made));
    const head = () => {
      const whom = employee.value ? ` with ${chosen(employee)}` : "";
      title.textContent = `${chosen(service)}${whom}: ${prepayment.words()}`;
    };
    made.addEventListener("change", head);
    head();
    return {
      made,
      read: () => ({
        ...(service.value && { service_id: service.value }),
        ...(employee.value && { employee_id: employee.value }), prepayment: prepayment.read(),
      }),
    };
  }, "Other rules for a service, an employee, or both together. The most exact one applies.");
}

// What was deleted since stays chosen, until somebody chooses another.
function known(choices, id) {
  return !id || choices.some(([each]) => each === id) ? choices : [...choices, [id, `${id} (deleted)`]];
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
