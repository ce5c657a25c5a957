// Stretches of days: the quick choices, the two fields, and how they stand in an address.

import { element } from "./dom.js";
import { addDays } from "./format.js";
import { empty, field, textInput } from "./console_parts.js";

/** How many days the API adds up at most. */
export const MOST_DAYS = 366;
const SHAPE = /^\d{4}-\d\d-\d\d$/;

const monthOf = (day) => `${day.slice(0, 7)}-01`;
const yearOf = (day) => `${day.slice(0, 4)}-01-01`;

/** Return the Monday of a day's week. */
export function weekOf(day) { return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7)); }

function quarterOf(day) {
  const month = Number(day.slice(5, 7));
  return `${day.slice(0, 4)}-${String(month - ((month - 1) % 3)).padStart(2, "0")}-01`;
}

/** Return what is chosen at one press, as `[name, from, to]`; what is not over goes up to today. */
export function quickRanges(today) {
  const lastMonth = addDays(monthOf(today), -1);
  return [
    ["This week", weekOf(today), today],
    ["This month", monthOf(today), today],
    ["Last month", monthOf(lastMonth), lastMonth],
    ["Last 30 days", addDays(today, -29), today],
    ["This quarter", quarterOf(today), today],
    ["This year", yearOf(today), today],
  ];
}

/** Return `{from, to, wrong}` of an address: this month where it names no day, and what is wrong in words. */
export function askedRange(query, today) {
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  if (!from && !to) return { from: monthOf(today), to: today, wrong: "" };
  return { from, to: SHAPE.test(to) && to > today ? today : to, wrong: wrongWith(from, to, today) };
}

function wrongWith(from, to, today) {
  // What no month has, such as 30 February, is read as a later day.
  if (![from, to].every((each) => SHAPE.test(each) && !Number.isNaN(Date.parse(each)) && addDays(each, 0) === each)) return "Choose a first and a last day.";
  if (from > to) return "The first day is after the last.";
  if (from > today) return "These days have not begun.";
  return Date.parse(to) - Date.parse(from) < MOST_DAYS * 86_400_000 ? "" : `At most ${MOST_DAYS} days are added up at once.`;
}

/** Return what stands in place of days that cannot be shown. */
export function wrongDays({ wrong }) { return empty("These days cannot be shown", wrong); }

/** Return an address of a page with a range; `kept` is what else its query has. */
export function rangeLink(app, page, from, to, kept = {}) {
  const given = Object.entries({ from, to, ...kept }).filter(([, value]) => value);
  return `${app.link(page)}?${new URLSearchParams(given)}`;
}

/** Return days in words, such as "1 – 28 November 2026"; of one day with its weekday. */
export function inWords(app, from, to = from, month = "short") {
  const options = from === to ? { weekday: month } : {};
  const written = new Intl.DateTimeFormat(app.format.locale, { timeZone: "UTC", day: "numeric", month, year: "numeric", ...options });
  return written.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`));
}

/** Return what a range is chosen with; each choice is an address, so that the browser's Back keeps it. */
export function rangePicker(app, page, { from, to }, more = [], kept = {}) {
  const today = app.format.dayOf(Date.now());
  const [first, last] = [from, to].map((day) => textInput(day, { type: "date", max: today, required: true }));
  const choices = quickRanges(today).map(([name, one, other]) => element("a", {
    class: "button", href: rangeLink(app, page, one, other, kept), "aria-current": one === from && other === to ? "true" : null,
  }, name));
  return element("div", { class: "stack tight" },
    element("nav", { class: "row tight chips", "aria-label": "Quick choices" }, more, choices),
    element("form", { class: "row range", "aria-label": "Days", onsubmit: (event) => {
      event.preventDefault();
      const asked = rangeLink(app, page, first.value, last.value, kept);
      if (location.hash === asked) app.show();
      else location.hash = asked;
    } }, field("From", first), field("Until", last), element("button", { type: "submit", class: "button" }, "Show")));
}
