// Who can be booked, and when.

import { element } from "./dom.js";
import { Mistake, ask, button, empty, field, table, textInput, toast, touchedInWords } from "./console_parts.js";
import { askToDelete, entryButtons, exceptionsInWords, newId } from "./console_entries.js";

const WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const STRETCH = /^(\d\d?):?(\d\d)?\s*[-–]\s*(\d\d?):?(\d\d)?$/;

/** Show the employees. */
export function showEmployees(app, main) {
  const add = button("New employee", () => askForEmployee(app, null, again), "main");
  app.heading(main, "Employees", "Who can be booked, and when", add);
  const load = () => Promise.all([
    app.api.all(app.path("employees")), app.api.all(app.path("services")), app.api.get(app.path("terms")),
  ]);
  const again = app.section(main, load, ([employees, services, terms]) => (employees.length
    ? employeeList(app, employees, services, terms, () => again())
    : empty("No employees yet", "Add who does the work, with their hours.")));
}

function employeeList(app, employees, services, terms, again) {
  const alone = (id) => services.filter((each) => each.employee_ids?.length === 1 && each.employee_ids[0] === id)
    .map((each) => `Nobody else does ${each.name}: it cannot be booked then.`);
  return table("Employees", [
    { name: "Employee", cell: (each) => element("bdi", { class: "strong" }, each.name) },
    { name: "Hours", cell: (each) => hoursInWords(each.hours) },
    { name: "Change", cell: (each) => entryButtons(each.name, () => askForEmployee(app, each, again),
      () => askToDelete(app, "employee", each.employee_id, each.name,
        [...alone(each.employee_id), exceptionsInWords(terms, "employee_id", each.employee_id)], again),
      element("a", { class: "button", href: app.link("time-off", each.employee_id), "aria-label": `Time off of ${each.name}` }, "Time off")) },
  ], employees);
}

function hoursInWords(hours) {
  if (!hours.length) return "No hours: cannot be booked online";
  const byDay = stretchesByDay(hours).map((stretches) => stretches.join(", "));
  const parts = [];
  byDay.forEach((text, day) => {
    if (!text) return;
    const last = parts.at(-1);
    if (last?.text === text && last.until === day - 1) last.until = day;
    else parts.push({ text, from: day, until: day });
  });
  const days = (...ends) => [...new Set(ends)].map((day) => WEEK[day].slice(0, 3)).join("–");
  return element("div", {}, parts.map(({ text, from, until }) => element("div", {}, `${days(from, until)} ${text}`)));
}

// The API has two entries where somebody works over midnight; here they are one stretch of the first day.
function stretchesByDay(hours) {
  const all = hours.map((each) => ({ ...each }));
  const isRest = new Set();
  for (const late of all) {
    if (late.to !== "24:00") continue;
    const rest = all.find((each) => each.weekday === (late.weekday + 1) % 7 && each.from === "00:00" && each.to < late.from);
    if (!rest) continue;
    isRest.add(rest);
    late.to = rest.to;
  }
  return WEEK.map((_, day) => all.filter((each) => each.weekday === day && !isRest.has(each)).map((each) => `${each.from}–${each.to}`));
}

/** Ask for a new employee, or for changes of one; `again` is called when it is saved. */
export function askForEmployee(app, employee, again) {
  const name = textInput(employee?.name, { dir: "auto" });
  const given = employee?.hours ?? WEEK.slice(0, 5).map((_, weekday) => ({ weekday, from: "09:00", to: "18:00" }));
  const byDay = stretchesByDay(given);
  const days = WEEK.map((day, weekday) => dayEditor(day, byDay[weekday], weekday));
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
    guards: true,
    body: [
      field("Name", name, { pointer: "/name", hint: "As clients see it when they choose." }),
      element("fieldset", { class: "stack tight", "data-pointer": "/hours" },
        element("legend", { class: "strong" }, "Hours, on the location's clock"), days.map((day) => day.made),
        element("p", { class: "small soft" },
          "Several stretches of a day are divided by a comma: 9:00–12:00, 13:00–18:00. Past midnight: 18:00–2:00. An empty day is free.")),
    ],
    go: async () => {
      if (!name.value.trim()) throw new Mistake("/name", "Write who it is.");
      const hours = days.flatMap((day) => day.read());
      const body = { name: name.value.trim(), hours: hours.map(({ pointer, ...each }) => each) };
      if (employee?.hours.length && !hours.length) await tellOfEmptying();
      await atTheirDays(hours, () => app.api.put(app.path("employees", employee?.employee_id ?? newId(name.value)), body));
      toast("The employee is saved.");
      again();
    },
  });
}

// The API names an entry of the list; what somebody sees is the day that it was written on.
async function atTheirDays(hours, save) {
  try {
    await save();
  } catch (failed) {
    for (const each of failed.errors ?? []) {
      const number = each.pointer.match(/^\/hours\/(\d+)/)?.[1];
      if (number) Object.assign(each, { pointer: hours[number].pointer, detail: each.detail.replace(/entry \d+/, "another stretch") });
    }
    throw failed;
  }
}

function dayEditor(day, given, weekday) {
  const pointer = `/hours/day-${weekday}`;
  const written = textInput(given.join(", "), { dir: "ltr" });
  const made = field(day, written, { pointer });
  made.classList.add("beside");
  return { made, read: () => written.value.split(",").map((part) => part.trim()).filter(Boolean).flatMap((part) => stretch(part, weekday, pointer)) };
}

function stretch(text, weekday, pointer) {
  const found = text.match(STRETCH);
  if (!found) throw new Mistake(pointer, "Write hours such as 9:00–18:00.");
  const [from, to] = [[found[1], found[2]], [found[3], found[4]]].map(([hour, minute = "00"]) => `${hour.padStart(2, "0")}:${minute}`);
  const isOver = to < from && to !== "00:00";
  const first = { weekday, from, to: isOver || to === "00:00" ? "24:00" : to, pointer };
  return isOver ? [first, { weekday: (weekday + 1) % 7, from: "00:00", to, pointer }] : [first];
}
