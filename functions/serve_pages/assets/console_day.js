// One day of the agenda: a column an employee with its hours to scale, or a list by time.

import { element, icon } from "./dom.js";
import { addDays } from "./format.js";
import { instantOf } from "./console_clock.js";
import { freeOn, quarterIn, stretchOf } from "./console_free.js";
import { canMove } from "./console_move.js";
import { badge, natural } from "./console_parts.js";
import { bookingState } from "./console_words.js";

const ROW_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
const SHORTEST_MS = 15 * 60_000;
const NOBODY = "";

/** Return a day with a column for each employee, or null where nobody works and nobody comes. */
export function dayGrid(agenda, agendaDay) {
  const columns = columnsOf(agenda, agendaDay);
  if (!columns.length) return null;
  const [start, end] = hoursOf(agenda, agendaDay, columns);
  const rows = Math.ceil((end - start) / ROW_MS);
  const placed = (made, { from, to }) => {
    const first = Math.max(0, Math.floor((from - start) / ROW_MS));
    made.style.gridRow = `${first + 1} / span ${Math.max(1, Math.min(rows, Math.ceil((to - start) / ROW_MS)) - first)}`;
    return made;
  };
  const body = (items, more = {}) => {
    const made = element("ol", { class: "hours", ...more }, items);
    made.style.gridTemplateRows = `repeat(${rows}, var(--row))`;
    return made;
  };
  const hours = Array.from({ length: Math.ceil((end - start) / HOUR_MS) }, (_, at) => start + at * HOUR_MS);
  const gutter = body(hours.map((at) => placed(element("li", {}, agenda.app.format.time(at)), { from: at, to: at + HOUR_MS })), { "aria-hidden": "true" });
  gutter.classList.add("gutter");
  const grid = element("div", { class: "day-grid", role: "group", "aria-label": "By employee. Arrow keys lead from one entry to the next, M moves a visit." },
    element("div", { class: "day-column first" }, element("h3", { "aria-hidden": "true" }, "\u00a0"), gutter),
    columns.map(({ name, entries, group }) => element("section", { class: "day-column", "aria-label": name },
      element("h3", { dir: "auto" }, name), body(lanes(entries).map(({ made, stretch, lane, of }) => {
        if (of > 1) {
          made.style.marginInlineStart = `${(100 * lane) / of}%`;
          made.style.inlineSize = `${100 / of}%`;
        }
        return placed(made, stretch);
      }), { "data-group": group }))));
  const now = Date.now();
  if (now > start && now < end) {
    const line = element("li", { class: "now-line" });
    gutter.append(placed(line, { from: now, to: now + ROW_MS }));
  }
  return grid;
}

/** Return a day as a list by time. */
export function visitList(agenda, agendaDay) {
  const showsFree = agenda.canChange && (agenda.employeeId || agenda.app.moving);
  const entries = columnsOf(agenda, agendaDay).flatMap(({ name, entries: all }) =>
    all.filter((each) => each.what !== "free" || showsFree).map((each) => ({ ...each, name })));
  // A closure is everybody's, and stands here once.
  const seen = new Set();
  const shown = entries.filter((each) => each.what !== "off" || !seen.has(each.id) && seen.add(each.id))
    .sort((one, other) => one.stretch.from - other.stretch.from);
  if (!shown.length) return element("p", { class: "soft none" }, "No visits");
  return element("ol", { class: "day-list", "data-group": agendaDay.date }, shown.map(({ made, name, id }) => {
    const whose = id?.startsWith("closure") ? null : name;
    if (whose) made.querySelector(".entry-about").append(element("span", { class: "soft" }, " · ", natural(whose)));
    return made;
  }));
}

function columnsOf(agenda, agendaDay) {
  const { names, employeeId, app } = agenda;
  const { timezone } = app.location;
  const people = [...names.employees.values()].filter((each) => !employeeId || each.employee_id === employeeId);
  const known = new Set(names.employees.keys());
  const columns = people.map((each) => {
    const free = freeOn(agendaDay, each, names.services, timezone).filter(({ from, to }) => to - from >= SHORTEST_MS);
    const visits = agendaDay.visits.filter((visit) => visit.employee_id === each.employee_id);
    const off = agendaDay.absences.filter((one) => !one.employee_id || one.employee_id === each.employee_id);
    return { group: each.employee_id, name: each.name, entries: entriesOf(agenda, agendaDay, each.employee_id, { free, visits, off }) };
  }).filter(({ entries }) => employeeId || entries.length > 0);
  const others = agendaDay.visits.filter((visit) => !known.has(visit.employee_id));
  if (others.length && !employeeId) {
    columns.push({ group: NOBODY, name: "Nobody in particular", entries: entriesOf(agenda, agendaDay, NOBODY, { free: [], visits: others, off: [] }) });
  }
  return columns;
}

function entriesOf(agenda, { date }, employeeId, { free, visits, off }) {
  const { timezone } = agenda.app.location;
  const [begins, ends] = [date, addDays(date, 1)].map((each) => Date.parse(instantOf(`${each}T00:00`, timezone)));
  const entries = visits.map((each) => ({ what: "visit", stretch: stretchOf(each), made: visitEntry(agenda, each) }));
  for (const each of off) {
    const stretch = { from: Math.max(begins, Date.parse(each.from)), to: Math.min(ends, Date.parse(each.to)) };
    const id = `${each.kind}${each.id ?? each.from}`;
    const isWhole = stretch.from === begins && stretch.to === ends;
    entries.push({ what: "off", id, stretch, made: offEntry(agenda, each, stretch, isWhole) });
  }
  if (agenda.canChange) {
    entries.push(...free.map((stretch) => ({ what: "free", stretch, made: freeEntry(agenda, stretch, employeeId) })));
  }
  return entries.sort((one, other) => one.stretch.from - other.stretch.from);
}

function visitEntry(agenda, visit) {
  const { app } = agenda;
  const name = visit.client?.name ?? "No client";
  const { from } = stretchOf(visit);
  const isMoving = app.moving?.booking_id === visit.booking_id;
  const state = [
    visit.overlaps && badge(["Overlaps", "bad"]),
    visit.status !== "confirmed" && badge(bookingState(visit.status)),
    visit.amount_due > 0 && visit.status !== "no_show" && badge([`${app.money(visit.amount_due, visit.currency)} due`, "warn"]),
    visit.payment_status === "paid" && visit.amount_due === 0 && badge(["Paid", "good"]),
    visit.note && badge(["Note", "plain"]),
  ].filter(Boolean);
  const link = element("a", {
    class: "entry", href: app.link("bookings", visit.booking_id), "data-key": visit.booking_id, "data-at": from,
  },
    element("span", { class: "entry-time" }, app.format.time(visit.starts_at)),
    element("span", { class: "entry-who", dir: "auto" }, name),
    element("span", { class: "entry-about soft" }, natural(visit.description)),
    element("span", { class: "row tight" }, state));
  link.visit = visit;
  const move = agenda.canChange && canMove(visit) && element("button", {
    type: "button", class: "entry-move", "aria-label": `Move ${name}, ${app.format.time(visit.starts_at)}`, "aria-pressed": String(isMoving),
    tabindex: -1, title: "Move", onclick: () => agenda.pick(visit),
  }, icon("move", 18));
  return element("li", { class: `visit ${visit.status}${visit.amount_due > 0 ? " due" : ""}${isMoving ? " taken-up" : ""}` }, link, move);
}

function offEntry({ app }, off, { from, to }, isWhole) {
  const word = { absence: "Away", closure: "Closed", busy: "Busy elsewhere" }[off.kind];
  const when = isWhole ? "all day" : `${app.format.time(from)}–${app.format.time(to)}`;
  return element("li", { class: "off" }, element("span", { class: "entry" },
    element("span", { class: "entry-time" }, when), element("span", { class: "entry-who" }, word),
    element("span", { class: "entry-about soft", dir: "auto" }, off.reason)));
}

function freeEntry(agenda, stretch, employeeId) {
  const { app, names } = agenda;
  const words = (at, until = "–") => `${app.format.time(at)}${until}${app.format.time(stretch.to)}`;
  const said = element("span", { class: "entry-time" }, words(stretch.from));
  // By keyboard it is the beginning; by pointer the quarter of an hour that is pointed at.
  const pointed = (event) => quarterIn(stretch, (event.clientY - made.getBoundingClientRect().top) / made.offsetHeight);
  const made = element("button", {
    type: "button", class: "entry free", "data-key": `${employeeId} ${stretch.from}`, "data-at": stretch.from,
    "aria-label": `${app.moving ? "Move here" : "New booking"}: ${names.employees.get(employeeId).name} is free ${words(stretch.from, " to ")}`,
    onclick: (event) => agenda.take(event.detail && made.closest(".hours") ? pointed(event) : stretch.from, employeeId),
    onpointermove: (event) => { if (made.closest(".hours")) said.textContent = words(pointed(event)); },
    onpointerleave: () => { said.textContent = words(stretch.from); },
  }, said, element("span", { class: "entry-about" }, "Free"));
  return element("li", { class: "gap" }, made);
}

// The hours that are shown: those of who works, and all of what takes place.
function hoursOf(agenda, agendaDay, columns) {
  const stretches = columns.flatMap(({ entries }) => entries.filter((each) => each.what !== "off").map((each) => each.stretch));
  const at = (clock) => Date.parse(instantOf(`${agendaDay.date}T${clock}`, agenda.app.location.timezone));
  const first = Math.min(...stretches.map((each) => each.from), at("10:00"));
  const last = Math.max(...stretches.map((each) => each.to), at("17:00"));
  return [Math.floor(first / HOUR_MS) * HOUR_MS, Math.ceil(last / HOUR_MS) * HOUR_MS];
}

// Visits that overlap stand beside each other.
function lanes(entries) {
  const placed = [];
  let cluster = [];
  let end = -Infinity;
  const close = () => {
    const of = Math.max(0, ...cluster.map((each) => each.lane)) + 1;
    for (const each of cluster) each.of = of;
    cluster = [];
  };
  for (const entry of entries) {
    const made = { ...entry, lane: 0, of: 1 };
    placed.push(made);
    if (entry.what !== "visit") continue;
    if (entry.stretch.from >= end) close();
    const taken = new Set(cluster.filter((each) => each.stretch.to > entry.stretch.from).map((each) => each.lane));
    while (taken.has(made.lane)) made.lane += 1;
    cluster.push(made);
    end = Math.max(end, entry.stretch.to);
  }
  close();
  return placed;
}
