// The agenda: who comes when and to whom, of a day or a week, what is due, and where there is still time.

import { element, icon } from "./dom.js";
import { addDays } from "./format.js";
import { AgendaKeys } from "./console_agenda_keys.js";
import { dayGrid, visitList } from "./console_day.js";
import { instantOf, localOf } from "./console_clock.js";
import { MINUTE_MS, stretchOf } from "./console_free.js";
import { Live } from "./console_live.js";
import { askToMove, canMove } from "./console_move.js";
import { askForBooking } from "./console_new_booking.js";
import { button, empty, fill, natural, select, textInput } from "./console_parts.js";

const WEEK_DAYS = 7;
const WIDE = matchMedia("(min-width: 48rem)");

/** Show the agenda; day, view and employee stand in the address. */
export function showAgenda(app, main) {
  const agenda = new Agenda(app);
  const add = agenda.canChange && button("New booking", () => agenda.book(), "main");
  app.heading(main, "Agenda", "", add);
  main.append(agenda.controls(), agenda.bar, agenda.place);
  agenda.load();
}

class Agenda {
  constructor(app) {
    this.app = app;
    this.canChange = app.is("owner", "manager");
    this.today = app.format.dayOf(Date.now());
    this.day = /^\d{4}-\d\d-\d\d$/.test(app.query.get("day") ?? "") ? app.query.get("day") : this.today;
    this.isWeek = app.query.get("view") === "week";
    this.employeeId = app.query.get("employee") ?? "";
    this.place = element("div", { class: "stack" });
    this.bar = element("div", { class: "told" });
    this.keys = new AgendaKeys(this.place, (visit) => this.pick(visit));
  }

  get span() {
    if (!this.isWeek) return [this.day, this.day];
    const monday = addDays(this.day, -((new Date(`${this.day}T00:00:00Z`).getUTCDay() + 6) % WEEK_DAYS));
    return [monday, addDays(monday, WEEK_DAYS - 1)];
  }

  controls() {
    const step = (by) => () => this.go({ day: addDays(this.day, by * (this.isWeek ? WEEK_DAYS : 1)) });
    this.date = textInput(this.day, { type: "date", "aria-label": "Day", onchange: () => this.date.value && this.go({ day: this.date.value }) });
    this.view = select([["day", "Day"], ["week", "Week"]], this.isWeek ? "week" : "day",
      { "aria-label": "Day or week", onchange: () => this.go({ isWeek: this.view.value === "week" }) });
    this.who = select([["", "Everybody"]], "", { "aria-label": "Employee", onchange: () => this.go({ employeeId: this.who.value }) });
    return element("div", { class: "row agenda-controls" },
      element("div", { class: "row days" }, arrow("Earlier", "back", step(-1)), this.date, arrow("Later", "next", step(1))),
      button("Today", () => this.go({ day: this.today })), this.view, this.who);
  }

  go(changed) {
    Object.assign(this, changed);
    this.date.value = this.day;
    this.app.keepQuery({
      day: this.day === this.today ? "" : this.day, view: this.isWeek ? "week" : "", employee: this.employeeId,
    });
    return this.load();
  }

  load() {
    const { app } = this;
    const [from, to] = this.span;
    const live = new Live(app.api, app.path("agenda"), { from, to, employee_id: this.employeeId });
    this.again = () => live.look();
    return fill(this.place, () => Promise.all([live.load(), app.catalogue()]), ([found, names]) => {
      this.names = names;
      this.days = found.days;
      this.offerEmployees();
      // Each load follows its own span, as long as that is what is shown.
      const shown = element("div", { class: "stack" });
      const draw = () => this.keys.keeping(() => shown.replaceChildren(...this.parts()));
      draw();
      this.draw = draw;
      live.follow(shown, (now) => {
        this.days = now.days;
        draw();
      });
      follow(shown, draw);
      return shown;
    }, 8);
  }

  offerEmployees() {
    const choices = [["", "Everybody"], ...[...this.names.employees.values()].map((each) => [each.employee_id, each.name])];
    this.who.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
    this.who.value = this.employeeId;
  }

  parts() {
    const { format } = this.app;
    const [from, to] = this.span;
    const visits = this.days.flatMap((each) => each.visits);
    const title = this.isWeek ? `${dayInShort(format, from)} – ${dayInShort(format, to)}, ${format.months(from, to)}` : `${this.day === this.today ? "Today, " : ""}${format.longDay(this.day)}`;
    this.drawBar();
    return [
      element("div", { class: "row between" }, element("h2", {}, title), element("p", { class: "small soft", role: "status" }, this.summary(visits))),
      this.isWeek ? this.week() : this.oneDay(this.days[0], WIDE.matches),
    ];
  }

  summary(visits) {
    const open = visits.filter((each) => each.amount_due > 0 && each.status !== "no_show");
    const sums = new Map();
    for (const each of open) sums.set(each.currency, (sums.get(each.currency) ?? 0) + each.amount_due);
    const due = [...sums].map(([currency, sum]) => this.app.money(sum, currency)).join(" and ");
    return [`${visits.length} ${visits.length === 1 ? "visit" : "visits"}`, open.length && `${open.length} not paid`, due && `${due} due`]
      .filter(Boolean).join(" · ");
  }

  oneDay(agendaDay, isGrid) {
    if (!isGrid) return visitList(this, agendaDay);
    const grid = dayGrid(this, agendaDay);
    return grid ?? empty("Nobody works on this day", "Working hours are set under Employees, days off under Time off.");
  }

  week() {
    return element("div", { class: "week" }, this.days.map((each) => element("section", { class: "week-day" },
      element("h3", {}, button(dayInShort(this.app.format, each.date), () => {
        this.view.value = "day";
        return this.go({ day: each.date, isWeek: false });
      }, "quiet")), visitList(this, each))));
  }

  /** Make a visit, at a time and with an employee that are free. */
  book(at = null, employeeId = this.employeeId) {
    const { timezone } = this.app.location;
    const hour = this.day === this.today ? localOf(Date.now() + 60 * MINUTE_MS, timezone).slice(11, 13) : "09";
    const startsAt = at ?? instantOf(`${this.day}T${hour}:00`, timezone);
    return askForBooking(this.app, { startsAt, employeeId }, () => this.again());
  }

  /** Take up a visit: the free time that is chosen next is where it goes. */
  pick(visit) {
    if (!visit || !this.canChange || !canMove(visit)) return;
    if (!WIDE.matches) {
      askToMove(this.app, visit, () => this.again());
      return;
    }
    this.app.moving = this.app.moving?.booking_id === visit.booking_id ? null : visit;
    this.draw();
    this.keys.focusFree();
  }

  /** Take a free time: for the visit that is taken up, else for a new one. */
  take(at, employeeId) {
    const { moving } = this.app;
    if (!moving) return this.book(at, employeeId);
    return askToMove(this.app, moving, async () => {
      this.app.moving = null;
      await this.again();
      this.draw();
    }, { startsAt: at, employeeId });
  }

  drawBar() {
    const { moving } = this.app;
    if (!moving) return this.bar.replaceChildren();
    const length = Math.round((stretchOf(moving).to - stretchOf(moving).from) / MINUTE_MS);
    return this.bar.replaceChildren(element("div", { class: "moving row between", role: "status" },
      element("p", {}, "Moving ", natural(moving.client?.name ?? moving.description),
        `, ${this.app.moment(moving.starts_at)}, ${this.app.format.duration(length)}. Choose a free time, on any day.`),
      button("Stop moving", () => {
        this.app.moving = null;
        this.draw();
      })));
  }
}

// Draw again each minute, for the clock's line, and when the window gets wide or narrow.
function follow(shown, draw) {
  const minute = setInterval(() => (shown.isConnected ? document.hidden || draw() : clearInterval(minute)), MINUTE_MS);
  const changed = () => (shown.isConnected ? draw() : WIDE.removeEventListener("change", changed));
  WIDE.addEventListener("change", changed);
}

function dayInShort(format, day) { return `${format.weekday(day)} ${format.number(day)}`; }

function arrow(label, shape, act) {
  const made = button("", act, "square");
  made.setAttribute("aria-label", label);
  made.append(icon(shape));
  return made;
}
