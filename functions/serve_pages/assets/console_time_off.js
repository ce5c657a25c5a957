// Days and hours on which nobody can be booked: closures of the location, absences of an employee.

import { element } from "./dom.js";
import { Mistake, ask, button, card, empty, field, select, table, textInput, tick, toast, trouble } from "./console_parts.js";
import { instantOf, localOf } from "./console_clock.js";
import { newId } from "./console_entries.js";
import { addDays } from "./format.js";

const BUSY_DAYS = 31;

/** Show when the location is closed, or when an employee is away. */
export function showTimeOff(app, main, employeeId = "") {
  const add = button(employeeId ? "New absence" : "New closure", () => askForTimeOff(app, off, null, again), "main");
  app.heading(main, "Time off", "Holidays, days off, sick days: nobody can book them", add);
  const off = timeOffOf(app, employeeId);
  const load = () => Promise.all([app.api.get(app.path(...off.parts)), app.api.all(app.path("employees"))]);
  const again = app.section(main, load, ([{ items }, employees]) => {
    off.names = new Map(employees.map((each) => [each.employee_id, each.name]));
    return [whose(app, employeeId, employees), timeOffList(app, off, items, () => again())];
  });
  if (employeeId) showBusy(app, main, employeeId);
}

// What another calendar has sent is seen here, and changed there.
function showBusy(app, main, employeeId) {
  const from = app.format.dayOf(Date.now());
  const load = () => app.api.get(app.path("agenda"), { from, to: addDays(from, BUSY_DAYS - 1), employee_id: employeeId });
  app.section(main, load, ({ days }) => {
    const all = days.flatMap((day) => day.absences).filter((each) => each.kind === "busy");
    // What goes over midnight stands on both days.
    const busy = [...new Map(all.map((each) => [`${each.from} ${each.to}`, each])).values()];
    return busy.length ? card(`Taken in another calendar, the next ${BUSY_DAYS} days`,
      element("p", { class: "small soft" }, "Nobody can be booked then. It is changed in that calendar."),
      element("ul", {}, busy.map((each) => element("li", {}, `${app.moment(each.from)} to ${app.moment(each.to)}`)))) : null;
  }, 1);
}

function timeOffOf(app, employeeId) {
  return employeeId
    ? { word: "absence", parts: ["employees", employeeId, "absences"], names: new Map() }
    : { word: "closure", parts: ["closures"], names: new Map() };
}

function whose(app, employeeId, employees) {
  const choice = select([["", "The whole location"], ...employees.map((each) => [each.employee_id, each.name])], employeeId, {
    onchange: () => { location.hash = app.link("time-off", ...(choice.value ? [choice.value] : [])); },
  });
  return element("div", { class: "narrow-form" }, field("Whose", choice));
}

function timeOffList(app, off, items, again) {
  const ahead = items.filter((each) => Date.parse(each.to) > Date.now());
  if (!ahead.length) {
    return empty(off.word === "closure" ? "No closures ahead" : "No absences ahead", "What is past is not listed here.");
  }
  return table("Time off", [
    { name: "From", cell: (each) => element("span", { class: "strong" }, startInWords(app, each)) },
    { name: "Until", cell: (each) => endInWords(app, each) },
    { name: "Reason", cell: (each) => element("bdi", {}, each.reason || "—") },
    { name: "Change", cell: (each) => {
      const when = startInWords(app, each);
      const [edit, look, remove] = [
        button("Edit", () => askForTimeOff(app, off, each, again)), button("Visits", () => lookAtVisits(app, off, each)),
        button("Delete", () => askToDeleteTimeOff(app, off, each, again), "quiet bad"),
      ];
      edit.setAttribute("aria-label", `Edit ${when}`);
      look.setAttribute("aria-label", `Visits in the time from ${when}`);
      remove.setAttribute("aria-label", `Delete ${when}`);
      return element("div", { class: "row tight" }, edit, look, remove);
    } },
  ], ahead);
}

function isWholeDays(app, { from, to }) {
  return [from, to].every((at) => localOf(at, app.location.timezone).endsWith("T00:00"));
}

function dayInWords(app, day) { return `${app.format.longDay(day)} ${day.slice(0, 4)}`; }

function startInWords(app, off) {
  return isWholeDays(app, off) ? dayInWords(app, localOf(off.from, app.location.timezone).slice(0, 10)) : app.moment(off.from);
}

// Of whole days the last one is named: it is off, too.
function endInWords(app, off) {
  if (!isWholeDays(app, off)) return app.moment(off.to);
  const last = addDays(localOf(off.to, app.location.timezone).slice(0, 10), -1);
  return last === localOf(off.from, app.location.timezone).slice(0, 10) ? "That day" : dayInWords(app, last);
}

function askForTimeOff(app, off, given, again) {
  const { timezone } = app.location;
  const today = app.format.dayOf(Date.now());
  const [first, end] = given ? [given.from, given.to].map((at) => localOf(at, timezone)) : [`${today}T00:00`, `${addDays(today, 1)}T00:00`];
  const isWhole = !given || isWholeDays(app, given);
  const whole = tick("Whole days", isWhole);
  const date = (value) => textInput(value, { type: "date" });
  const time = (value, name) => textInput(value, { type: "time", "aria-label": name });
  const [fromDay, toDay] = [date(first.slice(0, 10)), date(isWhole ? addDays(end.slice(0, 10), -1) : end.slice(0, 10))];
  const [fromTime, toTime] = [time(isWhole ? "09:00" : first.slice(11), "From, the time"), time(isWhole ? "18:00" : end.slice(11), "Until, the time")];
  const reason = textInput(given?.reason, { dir: "auto" });
  const show = () => { fromTime.hidden = toTime.hidden = whole.control.checked; };
  whole.control.addEventListener("change", show);
  show();
  // A last day before the first one was hardly meant.
  fromDay.addEventListener("change", () => { if (toDay.value < fromDay.value) toDay.value = fromDay.value; });
  const withTime = (label, day, hour, pointer, hint = "") => {
    const made = field(label, day, { pointer, hint });
    const beside = element("div", { class: "with-unit" });
    day.before(beside);
    beside.append(day, hour);
    return made;
  };
  const read = () => {
    for (const [control, pointer] of [[fromDay, "/from"], [toDay, "/to"]]) {
      if (!control.value) throw new Mistake(pointer, "Choose a day.");
    }
    const isAll = whole.control.checked;
    const from = instantOf(`${fromDay.value}T${isAll ? "00:00" : fromTime.value}`, timezone);
    const to = instantOf(isAll ? `${addDays(toDay.value, 1)}T00:00` : `${toDay.value}T${toTime.value}`, timezone);
    if (to <= from) throw new Mistake("/to", "It ends before it begins.");
    return { from, to, reason: reason.value.trim() };
  };
  ask({
    title: `${given ? "Change the" : "New"} ${off.word}`,
    label: "Save",
    guards: true,
    body: [
      whole.made, withTime("From", fromDay, fromTime, "/from"), withTime("Until", toDay, toTime, "/to", "Of whole days: the last one that is off."),
      field("Reason", reason, { pointer: "/reason", hint: "For your team alone: clients only see that the time is taken. May stay empty." }),
      element("p", { class: "small soft" }, "On the location's clock. Visits that are booked already stay: you are shown them."),
    ],
    go: async () => {
      const id = given?.[`${off.word}_id`] ?? newId(off.word);
      const saved = await app.api.put(app.path(...off.parts, id), read());
      toast(`The ${off.word} is saved.`);
      again();
      return saved.conflicts.length ? () => tellOfVisits(app, off, saved) : null;
    },
  });
}

// Conflicts are visits that were there before; nothing moves or cancels them but staff.
function tellOfVisits(app, off, { conflicts, conflicts_complete: isAll }) {
  const number = `${isAll ? "" : "At least "}${conflicts.length}`;
  const { dialog } = ask({
    title: conflicts.length ? `${number} ${conflicts.length === 1 ? "visit is" : "visits are"} booked in this time` : "No visit is booked in this time",
    body: [
      conflicts.length > 0 && element("p", {}, "They stay as they are: move or cancel each one, or keep it."),
      element("ul", { class: "stack tight" }, conflicts.map((each) => element("li", {},
        element("a", { href: app.link("bookings", each.booking_id), onclick: () => dialog.close() }, app.moment(each.starts_at)),
        element("span", { class: "soft", dir: "auto" }, ` with ${off.names.get(each.employee_id) ?? "an employee who was deleted"}`)))),
    ].filter(Boolean),
  });
}

async function lookAtVisits(app, off, each) {
  try {
    tellOfVisits(app, off, await app.api.get(app.path(...off.parts, each[`${off.word}_id`])));
  } catch (failed) {
    ask({ title: "Visits in this time", body: [trouble(failed, () => lookAtVisits(app, off, each))] });
  }
}

function askToDeleteTimeOff(app, off, each, again) {
  ask({
    title: `Delete this ${off.word}?`,
    body: [element("p", {}, "The time can be booked again, within opening hours.")],
    label: "Delete",
    kind: "danger",
    go: async () => {
      await app.api.remove(app.path(...off.parts, each[`${off.word}_id`]));
      toast(`The ${off.word} is deleted.`);
      again();
    },
  });
}
