// What the location sells: services, who does them, in which order clients see them.

import { element, icon } from "./dom.js";
import {
  Mistake, ask, button, empty, field, natural, readAmount, table, textInput, tick, toast, writeAmount,
} from "./console_parts.js";
import { askToDelete, entryButtons, exceptionsInWords, newId } from "./console_entries.js";
import { readWhole } from "./console_form.js";

/** Show the services, as clients see them: by category, in their order. */
export function showServices(app, main) {
  let shown = { services: [], employees: [] };
  const order = button("Change the order", () => askForOrder(app, shown.services, again));
  const add = button("New service", () => askForService(app, null, shown, again), "main");
  order.hidden = add.disabled = true;
  app.heading(main, "Services", "What clients can book", order, add);
  const load = async () => {
    const [services, employees, terms] = await Promise.all([
      app.api.all(app.path("services")), app.api.all(app.path("employees")), app.api.get(app.path("terms")),
    ]);
    shown = { services, employees, terms };
    order.hidden = services.length < 2;
    add.disabled = false;
  };
  const again = app.section(main, load, () => serviceList(app, shown, () => again()));
}

function serviceList(app, shown, again) {
  if (!shown.services.length) return empty("No services yet", "Add the first one, and clients can book it.");
  const names = new Map(shown.employees.map((each) => [each.employee_id, each.name]));
  const list = (services, category) => table(category || "Services", [
    { name: "Service", cell: (each) => element("div", {}, element("bdi", { class: "strong" }, each.name),
      each.description && element("div", { class: "small soft", dir: "auto" }, each.description)) },
    { name: "Duration", cell: (each) => durationInWords(app, each) },
    { name: "Price", kind: "number", cell: (each) => app.money(each.price, each.currency) },
    { name: "Done by", cell: (each) => doneBy(each, names) },
    { name: "Change", cell: (each) => entryButtons(each.name, () => askForService(app, each, shown, again),
      () => askToDelete(app, "service", each.service_id, each.name,
        [exceptionsInWords(shown.terms, "service_id", each.service_id)], again)) },
  ], services);
  const categories = [...new Set(shown.services.map((each) => each.category))];
  return categories.map((category) => {
    const services = shown.services.filter((each) => each.category === category);
    const title = category || (categories.length > 1 ? "Without a category" : "");
    return element("section", { class: "stack tight" }, title && element("h2", { class: "card-title", dir: "auto" }, title), list(services, title));
  });
}

function durationInWords(app, service) {
  const { buffer_before_minutes: before, buffer_after_minutes: after } = service;
  const buffers = [before && `${before} min before`, after && `${after} min after`].filter(Boolean).join(", ");
  return element("div", {}, app.format.duration(service.duration_minutes),
    buffers && element("div", { class: "small soft" }, `+ ${buffers}`));
}

function doneBy({ employee_ids: ids }, names) {
  if (!ids) return "Everybody";
  const found = ids.map((id) => names.get(id)).filter(Boolean);
  return found.length ? natural(found.join(", ")) : "Nobody";
}

/** Ask for a new service, or for changes of one; `again` is called when it is saved. */
export function askForService(app, service, { services, employees }, again) {
  const { currency } = app.location;
  const number = (value) => textInput(String(value), { inputmode: "numeric" });
  const name = textInput(service?.name, { dir: "auto" });
  const price = textInput(writeAmount(service?.price, currency), { inputmode: "decimal" });
  const minutes = number(service?.duration_minutes ?? 60);
  const before = number(service?.buffer_before_minutes ?? 0);
  const after = number(service?.buffer_after_minutes ?? 0);
  const category = textInput(service?.category, { dir: "auto", list: "categories" });
  const about = element("textarea", { rows: 3, dir: "auto" });
  about.value = service?.description ?? "";
  const who = whoEditor(service, employees);
  ask({
    title: service ? "Change the service" : "New service",
    label: "Save",
    wide: true,
    guards: true,
    body: [
      field("Name", name, { pointer: "/name" }),
      element("div", { class: "pair" },
        field(`Price in ${currency.toUpperCase()}`, price, { pointer: "/price", hint: "0: free." }),
        field("Minutes", minutes, { pointer: "/duration_minutes", hint: "How long the visit takes." })),
      field("Description", about, { pointer: "/description", hint: "What clients read below the name. May stay empty." }),
      field("Category", category, { pointer: "/category", hint: "Clients see services of one category together. May stay empty." }),
      element("datalist", { id: "categories" },
        [...new Set(services.map((each) => each.category).filter(Boolean))].map((each) => element("option", { value: each }))),
      who.made,
      element("div", { class: "pair" },
        field("Minutes before", before, { pointer: "/buffer_before_minutes", hint: "To prepare; clients do not see it." }),
        field("Minutes after", after, { pointer: "/buffer_after_minutes", hint: "To clean up; clients do not see it." })),
    ],
    go: async () => {
      const minor = readAmount(price.value, currency);
      if (!name.value.trim()) throw new Mistake("/name", "Write what clients book, such as Haircut.");
      if (minor === null) throw new Mistake("/price", "Write an amount such as 45.00.");
      const body = {
        name: name.value.trim(), price: minor, duration_minutes: readWhole(minutes, "/duration_minutes", [5, 1440]),
        buffer_before_minutes: readWhole(before, "/buffer_before_minutes", [0, 720]),
        buffer_after_minutes: readWhole(after, "/buffer_after_minutes", [0, 720]),
        category: category.value.trim(), description: about.value.trim(),
        position: service?.position ?? lastPosition(services), ...who.read(),
      };
      const saved = await app.api.put(app.path("services", service?.service_id ?? newId(name.value)), body);
      toast(saved.warnings[0]?.detail ?? "The service is saved.");
      again();
    },
  });
}

// A new service stands below the others.
function lastPosition(services) {
  const last = Math.max(0, ...services.map((each) => each.position));
  return last && Math.min(last + 1, 10_000);
}

function whoEditor(service, employees) {
  const everybody = tick("Everybody, and whoever joins later", !service?.employee_ids);
  const known = service?.employee_ids ?? employees.map((each) => each.employee_id);
  const boxes = employees.map((each) => ({ id: each.employee_id, ...tick(each.name, known.includes(each.employee_id)) }));
  const some = element("div", { class: "ticks" }, boxes.map((box) => box.made));
  const show = () => { some.hidden = everybody.control.checked; };
  everybody.control.addEventListener("change", show);
  show();
  return {
    made: element("fieldset", { class: "setting", "data-pointer": "/employee_ids" },
      element("legend", { class: "strong" }, "Done by"), everybody.made, some, element("p", { class: "error" })),
    read: () => {
      if (everybody.control.checked) return {};
      const chosen = boxes.filter((box) => box.control.checked).map((box) => box.id);
      if (!chosen.length) throw new Mistake("/employee_ids", "Tick who does it.");
      return { employee_ids: chosen };
    },
  };
}

function askForOrder(app, services, again) {
  const rows = [...services];
  const list = element("ol", { class: "stack tight", "data-pointer": "/position" });
  const move = (at, by) => {
    const [row] = rows.splice(at, 1);
    rows.splice(at + by, 0, row);
    draw();
    const moved = list.children[at + by].querySelectorAll("button");
    const [same, other] = by < 0 ? moved : [...moved].reverse();
    (same.disabled ? other : same).focus();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const arrow = (row, at, by) => element("button", {
    type: "button", class: `button square ${by < 0 ? "up" : "down"}`, disabled: !rows[at + by],
    "aria-label": `${row.name} ${by < 0 ? "up" : "down"}`, onclick: () => move(at, by),
  }, icon("next"));
  const draw = () => list.replaceChildren(...rows.map((row, at) => element("li", { class: "row between whole" },
    element("span", {}, element("bdi", { class: "strong" }, row.name), row.category && element("span", { class: "small soft", dir: "auto" }, ` ${row.category}`)),
    element("span", { class: "row tight whole" }, arrow(row, at, -1), arrow(row, at, 1)))));
  draw();
  ask({
    title: "Change the order",
    label: "Save the order",
    guards: true,
    body: [element("p", { class: "soft" }, "Clients see services in this order; a category stands where its first service does."), list],
    go: async () => {
      for (const [at, row] of rows.entries()) {
        if (row.position === at + 1) continue;
        await app.api.put(app.path("services", row.service_id), { ...row, position: at + 1 });
        row.position = at + 1;
      }
      toast("The order is saved.");
      again();
    },
  });
}
