// What the location sells and who does it: services and employees.

import { element } from "./dom.js";
import {
  Mistake, ask, button, empty, field, natural, readAmount, table, textInput, toast, touchedInWords, writeAmount,
} from "./console_parts.js";

const WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Show the services. */
export function showServices(app, main) {
  const add = button("New service", () => askForService(app, null, again), "main");
  app.heading(main, "Services", "What clients can book", add);
  const again = app.section(main, () => app.api.all(app.path("services")), (services) => (services.length
    ? table("Services", [
      { name: "Service", cell: (each) => element("div", {}, element("bdi", { class: "strong" }, each.name),
        element("div", { class: "small soft" }, each.service_id)) },
      { name: "Duration", cell: (each) => app.format.duration(each.duration_minutes) },
      { name: "Price", kind: "number", cell: (each) => app.money(each.price, each.currency) },
      { name: "Change", cell: (each) => edits(each.name, () => askForService(app, each, again),
        () => askToDelete(app, "service", "services", each.service_id, each.name, again)) },
    ], services)
    : empty("No services yet", "Add the first one, and clients can book it.")));
}

function edits(name, change, remove) {
  const [one, other] = [button("Edit", change), button("Delete", remove, "quiet")];
  one.setAttribute("aria-label", `Edit ${name}`);
  other.setAttribute("aria-label", `Delete ${name}`);
  return element("div", { class: "row tight" }, one, other);
}

function askForService(app, service, again) {
  const { currency } = app.location;
  const [name, price, minutes] = [
    textInput(service?.name, { maxlength: 120, dir: "auto" }),
    textInput(writeAmount(service?.price, currency), { inputmode: "decimal" }),
    textInput(service?.duration_minutes ?? 60, { type: "number", min: 5, max: 1440, step: 5 }),
  ];
  ask({
    title: service ? "Change the service" : "New service",
    label: "Save",
    body: [
      field("Name", name, { pointer: "/name" }),
      field(`Price in ${currency.toUpperCase()}`, price, { pointer: "/price" }),
      field("Minutes", minutes, { pointer: "/duration_minutes" }),
    ],
    go: async () => {
      const minor = readAmount(price.value, currency);
      if (minor === null) throw new Mistake("/price", "Write an amount such as 45.00.");
      const id = service?.service_id ?? newId(name.value);
      // What this form has no fields for stays, such as buffers.
      const body = { ...service, name: name.value, price: minor, duration_minutes: Number(minutes.value) };
      const saved = await app.api.put(app.path("services", id), body);
      toast(saved.warnings[0]?.detail ?? "The service is saved.");
      again();
    },
  });
}

// An id that is read off the name, with some chance in it: names may be alike, or in any script.
function newId(name) {
  const plain = name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const [chosen] = crypto.getRandomValues(new Uint32Array(1));
  return `${plain.slice(0, 24) || "entry"}-${chosen.toString(36)}`;
}

async function askToDelete(app, kind, place, id, name, again) {
  // What is not known is not claimed: the question comes all the same.
  const dry = await app.api.remove(`${app.path(place, id)}?dry_run=true`).catch(() => null);
  const touched = dry && touchedInWords(dry.touches);
  ask({
    title: `Delete this ${kind}?`,
    body: [element("p", {}, natural(name), " can no longer be booked. Bookings that are made stay. ", touched)],
    label: "Delete",
    kind: "danger",
    go: async () => {
      await app.api.remove(app.path(place, id));
      toast(`The ${kind} is deleted.`);
      again();
    },
  });
}

/** Show the employees. */
export function showEmployees(app, main) {
  const add = button("New employee", () => askForEmployee(app, null, again), "main");
  app.heading(main, "Employees", "Who can be booked, and when", add);
  const again = app.section(main, () => app.api.all(app.path("employees")), (employees) => (employees.length
    ? table("Employees", [
      { name: "Employee", cell: (each) => element("div", {}, element("bdi", { class: "strong" }, each.name),
        element("div", { class: "small soft" }, each.employee_id)) },
      { name: "Hours", cell: (each) => hoursInWords(each.hours) },
      { name: "Change", cell: (each) => edits(each.name, () => askForEmployee(app, each, again),
        () => askToDelete(app, "employee", "employees", each.employee_id, each.name, again)) },
    ], employees)
    : empty("No employees yet", "Add who does the work, with their hours.")));
}

function hoursInWords(hours) {
  if (!hours.length) return "No hours: cannot be booked";
  const byDay = WEEK.map((_, day) => hours.filter((each) => each.weekday === day)
    .map((each) => `${each.from}–${each.to}`).join(", "));
  const parts = [];
  byDay.forEach((text, day) => {
    if (!text) return;
    const last = parts.at(-1);
    if (last?.text === text && last.until === day - 1) last.until = day;
    else parts.push({ text, from: day, until: day });
  });
  const shortDay = (day) => WEEK[day].slice(0, 3);
  return element("div", {}, parts.map(({ text, from, until }) => element("div", {},
    `${from === until ? shortDay(from) : `${shortDay(from)}–${shortDay(until)}`} ${text}`)));
}

function askForEmployee(app, employee, again) {
  const name = textInput(employee?.name, { maxlength: 120, dir: "auto" });
  const given = employee?.hours ?? WEEK.slice(0, 5).map((_, weekday) => ({ weekday, from: "09:00", to: "18:00" }));
  const days = WEEK.map((day, weekday) => dayEditor(day, given.filter((each) => each.weekday === weekday), weekday));
  let isTold = false;
  // Without hours nobody can be booked: who means it saves a second time.
  const tellOfEmptying = async () => {
    if (isTold) return;
    const path = `${app.path("employees", employee.employee_id)}?dry_run=true`;
    const { touches } = await app.api.put(path, { name: name.value, hours: [] });
    const touched = touchedInWords(touches);
    if (!touched) return;
    isTold = true;
    throw new Mistake("/hours", `Without hours nobody can be booked. ${touched} They stay as they are. Save again if you mean it.`);
  };
  ask({
    title: employee ? "Change the employee" : "New employee",
    label: "Save",
    wide: true,
    body: [
      field("Name", name, { pointer: "/name" }),
      element("fieldset", { class: "stack tight", "data-pointer": "/hours" },
        element("legend", { class: "strong" }, "Hours, on the location's clock"), days.map((day) => day.made),
        element("p", { class: "small soft" }, "Several stretches of a day are divided by a comma: 09:00-12:00, 13:00-18:00. An empty day is free.")),
    ],
    go: async () => {
      const body = { name: name.value, hours: days.flatMap((day) => day.read()) };
      if (employee?.hours.length && !body.hours.length) await tellOfEmptying();
      await app.api.put(app.path("employees", employee?.employee_id ?? newId(name.value)), body);
      toast("The employee is saved.");
      again();
    },
  });
}

function dayEditor(day, given, weekday) {
  const pointer = `/hours/day-${weekday}`;
  const hours = textInput(given.map((each) => `${each.from}-${each.to}`).join(", "), { dir: "ltr" });
  const made = field(day, hours, { pointer });
  made.classList.add("beside");
  return {
    made,
    read: () => hours.value.split(",").map((part) => part.trim()).filter(Boolean).map((part) => {
      const found = part.match(/^(\d\d?:\d\d)\s*[-–]\s*(\d\d?:\d\d)$/);
      if (!found) throw new Mistake(pointer, "Write hours such as 09:00-18:00.");
      return { weekday, from: found[1].padStart(5, "0"), to: found[2].padStart(5, "0") };
    }),
  };
}
