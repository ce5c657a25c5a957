// When somebody is free on a day, by their hours and by what the agenda has; and a choice of such times.

import { element } from "./dom.js";
import { addDays } from "./format.js";
import { instantOf, localOf } from "./console_clock.js";
import { field, fill, select, textInput } from "./console_parts.js";

/** A minute, in milliseconds. */
export const MINUTE_MS = 60_000;
const STEP_MINUTES = 15;
const UNKNOWN_MINUTES = 30;
const OTHER = "other";

/** Return a visit's stretch of time in milliseconds; one whose end is not known has half an hour. */
export function stretchOf({ starts_at: start, ends_at: end }) {
  const from = Date.parse(start);
  return { from, to: end ? Date.parse(end) : from + UNKNOWN_MINUTES * MINUTE_MS };
}

/** Return an employee's free stretches on an agenda's day, `{from, to}` in milliseconds, in order. */
export function freeOn(agendaDay, employee, services, timezone) {
  const { date } = agendaDay;
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const at = (clock) => Date.parse(instantOf(clock === "24:00" ? `${addDays(date, 1)}T00:00` : `${date}T${clock}`, timezone));
  const open = employee.hours.filter((each) => each.weekday === weekday).map((each) => ({ from: at(each.from), to: at(each.to) }));
  const off = agendaDay.absences.filter((each) => !each.employee_id || each.employee_id === employee.employee_id)
    .map((each) => ({ from: Date.parse(each.from), to: Date.parse(each.to) }));
  const taken = agendaDay.visits.filter((each) => each.employee_id === employee.employee_id).map((each) => {
    const { from, to } = stretchOf(each);
    const { buffer_before_minutes: before = 0, buffer_after_minutes: after = 0 } = services.get(each.service_id) ?? {};
    return { from: from - before * MINUTE_MS, to: to + after * MINUTE_MS };
  });
  return [...off, ...taken].reduce(without, open).sort((one, other) => one.from - other.from);
}

function without(stretches, { from, to }) {
  return stretches.flatMap((each) => (to <= each.from || from >= each.to ? [each]
    : [{ from: each.from, to: from }, { from: to, to: each.to }].filter((left) => left.to > left.from)));
}

/** Return the instant on the quarter of an hour that is a part, from 0 to 1, of a stretch away from its start. */
export function quarterIn({ from, to }, part) {
  const step = STEP_MINUTES * MINUTE_MS;
  const at = Math.floor((from + (to - from) * part) / step) * step;
  return Math.max(from, Math.min(at, to - 1));
}

/** A day, an employee and a time that is free, chosen on the location's clock.
 *
 * `minutes` says how long the visit is; `own` is a visit that is moved, whose own time is free for it.
 */
export class TimeChoice {
  constructor(app, names, { startsAt, employeeId = "", minutes, isAble = () => true, own = null }) {
    Object.assign(this, { app, names, minutes, isAble, own });
    const [day, clock] = localOf(startsAt, app.location.timezone).split("T");
    this.wanted = clock;
    this.day = textInput(day, { type: "date", required: true, onchange: () => this.load() });
    this.employee = select([], "", { onchange: () => this.load() });
    this.fillEmployees(employeeId);
    this.time = select([[clock, clock]], clock, { onchange: () => this.#showOther() });
    this.other = textInput(clock, { type: "time" });
    this.otherField = field("At", this.other, { pointer: "/starts_at" });
    this.told = element("div", { "aria-live": "polite" });
    this.parts = element("div", { class: "stack" },
      element("div", { class: "pair" }, field("Day", this.day, { pointer: "/starts_at" }), field("With", this.employee, { pointer: "/employee_id" })),
      element("div", { class: "pair" }, field("Time", this.time, { hint: app.location.timezone.replaceAll("_", " ") }), this.otherField), this.told);
    this.otherField.hidden = true;
  }

  /** Offer who is able to do what is asked for. */
  fillEmployees(chosen = this.employee.value) {
    const able = [...this.names.employees.values()].filter((each) => this.isAble(each.employee_id));
    this.employee.replaceChildren(...[["", "Nobody in particular"], ...able.map((each) => [each.employee_id, each.name])]
      .map(([value, text]) => element("option", { value }, text)));
    this.employee.value = able.some((each) => each.employee_id === chosen) ? chosen : "";
  }

  /** Offer the free times of the chosen day. */
  async load() {
    const [day, employeeId] = [this.day.value, this.employee.value];
    if (!day) return;
    const employee = this.names.employees.get(employeeId);
    let times = null;
    if (employee) {
      const place = element("div", {});
      this.told.replaceChildren(place);
      await fill(place, () => this.app.api.get(this.app.path("agenda"), { from: day, to: day, employee_id: employeeId }), ({ days: [found] }) => {
        times = this.#times(found, employee);
        return times.length ? [] : element("p", { class: "small soft" }, `${employee.name} has no free time on this day.`);
      }, 1);
      if (day !== this.day.value || employeeId !== this.employee.value) return;
    }
    const wanted = this.value.local.split("T")[1] || this.wanted;
    const choices = [...(times ?? []).map((each) => [each, each]), [OTHER, times ? "Another time…" : "Write the time"]];
    this.time.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
    this.time.value = times?.includes(wanted) ? wanted : OTHER;
    this.other.value = wanted;
    this.#showOther();
  }

  #times(agendaDay, employee) {
    const visits = agendaDay.visits.filter((each) => each.booking_id !== this.own?.booking_id);
    const free = freeOn({ ...agendaDay, visits }, employee, this.names.services, this.app.location.timezone);
    const length = this.minutes * MINUTE_MS;
    return free.flatMap(({ from, to }) => {
      const found = [];
      for (let at = from; at + length <= to; at += STEP_MINUTES * MINUTE_MS) found.push(localOf(at, this.app.location.timezone).slice(11));
      return found;
    });
  }

  #showOther() { this.otherField.hidden = this.time.value !== OTHER; }

  /** What is chosen: `local` on the location's clock, `starts_at` in UTC, `employee_id` or "". */
  get value() {
    const clock = this.time.value === OTHER ? this.other.value : this.time.value;
    const local = `${this.day.value}T${clock ?? ""}`;
    const isWhole = this.day.value && clock;
    return { local, starts_at: isWhole ? instantOf(local, this.app.location.timezone) : "", employee_id: this.employee.value };
  }
}
