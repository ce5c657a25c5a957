// The money flow of a range: opening + activity - payouts = closing, what it is made of, a row a day.

import { element, notice } from "./dom.js";
import { addDays } from "./format.js";
import { chart } from "./console_chart.js";
import { entriesLink } from "./console_ledger.js";
import { badge, button, card, dense, empty, table } from "./console_parts.js";
import { payoutTable } from "./console_payouts.js";
import { askedRange, inWords, rangeLink, rangePicker, weekOf, wrongDays } from "./console_ranges.js";
import { APPEAR, FLOWS, categories, compared, fileRow } from "./console_report.js";
import { lineName } from "./console_words.js";

const RANGE_FILES = [["pdf", "PDF"], ["xlsx", "Excel"], ["csv", "CSV"]];
const SHOWN_ROWS = 62;
const COLUMNS_OF_DAYS = 62;
const NAMED_DAYS = 10;

/** Show the money flow of the range in the address. */
export function showFlow(app, main) {
  const today = app.format.dayOf(Date.now());
  const range = askedRange(app.query, today);
  app.heading(main, "Money flow", "What moved on your Stripe balance");
  const yesterday = addDays(today, -1);
  main.append(rangePicker(app, "money-flow", range, element("a", { class: "button", href: app.link("money-flow", yesterday) }, "Yesterday")));
  if (range.wrong) {
    main.append(wrongDays(range));
    return;
  }
  app.section(main, () => app.api.get(app.path("money-flow"), { from: range.from, to: range.to }), (flow) => drawnRange(app, flow), 8);
}

function drawnRange(app, flow) {
  const title = inWords(app, flow.from, flow.to);
  const files = fileRow(app, app.path("money-flow"), { from: flow.from, to: flow.to }, `${app.location.location_id}-${flow.from}-${flow.to}`, RANGE_FILES);
  return [
    element("div", { class: "row between" }, element("h2", {}, title),
      badge(flow.final ? ["Final", "good"] : ["Not over yet", "warn"])),
    rangeCompared(app, flow), files,
    ...(flow.totals.length ? flow.totals.flatMap((each) => rangeInCurrency(app, flow, each))
      : [empty("No money moved in these days", `${APPEAR} Choose other days above.`)]),
    flow.totals.length > 0 && dayCard(app, flow),
    payoutCard(app, flow),
  ];
}

/** Say first whether what is here is what Stripe has, and which days are not compared, and why. */
function rangeCompared(app, flow) {
  const { status, ...days } = flow.comparison;
  const all = Object.values(days).reduce((some, each) => some + each, 0);
  const many = (number) => `${number} of ${all} ${all === 1 ? "day" : "days"}`;
  const [kind, head] = {
    reconciled: ["", "No difference to Stripe: every day is compared"],
    pending: ["warn", `Not compared with Stripe yet: ${many(days.pending)}`],
    differences: ["bad", `There is a difference to Stripe: ${many(days.differences)}`],
  }[status];
  const open = [...new Map(flow.days.filter((each) => each.status !== "reconciled").map((each) => [each.date, each])).values()]
    .sort((one, other) => (other.status === "differences") - (one.status === "differences"));
  return notice(kind, head, (open.length > 0 || flow.notes.length > 0) && element("div", { class: "stack tight small" },
    open.length > 0 && element("ul", { class: "bullets" }, open.slice(0, NAMED_DAYS).map((each) => element("li", {},
      dayLink(app, each.date), `: ${each.why ?? compared(each.status)[0]}`))),
    open.length > NAMED_DAYS && element("p", {}, `${open.length - NAMED_DAYS} more days are marked below.`),
    flow.notes.map((each) => element("p", {}, each))));
}

function dayLink(app, day) {
  return element("a", { href: app.link("money-flow", day) }, inWords(app, day));
}

function rangeInCurrency(app, flow, total) {
  const money = (minor) => app.money(minor, total.currency);
  const name = total.currency.toUpperCase();
  const { before } = total;
  const than = before && inWords(app, before.from, before.to);
  const more = (key) => before && `${changed(money, total[key] - before[key])} ${than}`;
  return [
    element("section", { class: "equation", "aria-label": `The balance in ${name}` },
      part("", "Opening balance", money(total.opening)), part("+", "Activity", money(total.activity), more("activity")),
      part("−", "Paid out to the bank", money(total.payouts), more("payouts")), part("=", "Closing balance", money(total.closing), "", "net")),
    card(`What made the activity, in ${name}`, activityTable(app, flow, total, money, than),
      before && element("p", { class: "small soft" }, `Before: ${than}.`),
      !before && total.before_why && element("p", { class: "small soft" }, total.before_why)),
    total.count > 0 && card(`By ${periodOf(flow)}, in ${name}`, chart(`Money by ${periodOf(flow)}, in ${name}`, moneyColumns(app, flow, total.currency), money)),
    categories(total, money, (category) => entriesLink(app, { from: flow.from, to: flow.to, kind: category })),
  ];
}

// Opening + activity − payouts = closing, a part of it each, with its sign.
function part(sign, name, value, more = "", kind = "") {
  return element("div", { class: `card figure ${kind}`.trim() },
    element("p", { class: "small soft" }, sign && element("span", { class: "sign" }, sign), name),
    element("p", { class: "value" }, value), more && element("p", { class: "small soft" }, more));
}

function changed(money, minor) {
  if (!minor) return "The same as";
  return `${money(Math.abs(minor))} ${minor > 0 ? "more" : "less"} than`;
}

function activityTable(app, flow, total, money, than) {
  const shown = FLOWS.filter((key) => total[key].count || total.before?.[key].count);
  const amounts = (name, now, then, more = {}) => ({ name, now, then, ...more });
  const rows = [
    ...shown.map((key) => amounts(lineName(key), total[key].amount, total.before?.[key].amount, { key, count: total[key].count })),
    amounts("Activity", total.activity, total.before?.activity, { isSum: true }),
  ];
  const signed = (minor) => `${minor > 0 ? "+" : ""}${money(minor)}`;
  // A payment's fee stands with the payment: fees have no list of their own.
  const list = (each) => each.key && each.key !== "stripe_fees" && each.count > 0
    && entriesLink(app, { from: flow.from, to: flow.to, flow: each.key });
  return dense(table(`Activity in ${total.currency.toUpperCase()}`, [
    { name: "What", cell: (each) => (list(each) ? element("a", { class: "strong", href: list(each) }, each.name) : element("span", { class: "strong" }, each.name)) },
    { name: "Number", kind: "number", cell: (each) => (each.key ? String(each.count) : "") },
    { name: "Amount", kind: "number", cell: (each) => element("span", { class: each.isSum ? "strong" : null }, money(each.now)) },
    ...(than ? [
      { name: "Before", kind: "number", cell: (each) => money(each.then) },
      { name: "Change", kind: "number", cell: (each) => (each.now === each.then ? "none" : signed(each.now - each.then)) },
    ] : []),
  ], rows));
}

// A column a day, or of long ranges one a week.
function moneyColumns(app, flow, currency) {
  const days = flow.days.filter((each) => each.currency === currency);
  if (periodOf(flow) === "day") return days.map((each) => moneyColumn(inWords(app, each.date), app.format.number(each.date), [each]));
  const weeks = Object.values(Object.groupBy(days, (each) => weekOf(each.date)));
  return weeks.map((each) => moneyColumn(inWords(app, each[0].date, each.at(-1).date), each[0].date.slice(5).split("-").reverse().map(Number).join("."), each));
}

function periodOf(flow) { return addDays(flow.from, COLUMNS_OF_DAYS) <= flow.to ? "week" : "day"; }

function moneyColumn(name, short, days) {
  const sum = (...keys) => days.reduce((all, day) => all + keys.reduce((some, key) => some + day[key].amount, 0), 0);
  return {
    name, short, payments: sum("payments"), back: sum("refunds", "refund_reversals", "disputes", "dispute_reversals"),
    fees: sum("stripe_fees"), other: sum("adjustments"), net: days.reduce((all, day) => all + day.activity, 0),
  };
}

function dayCard(app, flow) {
  const isQuiet = (each) => !each.count && each.status === "reconciled";
  const rows = flow.days.filter((each) => !isQuiet(each)).reverse();
  const quiet = flow.days.length - rows.length;
  const place = element("div", { class: "stack tight" });
  const draw = (number) => {
    const more = rows.length > number && button(`Show all ${rows.length} lines`, () => {
      draw(rows.length);
      place.querySelectorAll("tbody a")[number]?.focus();
    });
    const kept = [
      rows.length > number && `The newest ${number} of ${rows.length} lines are shown.`,
      quiet > 0 && `${quiet} ${quiet === 1 ? "line" : "lines"} without movement ${quiet === 1 ? "is" : "are"} left out.`,
    ].filter(Boolean).join(" ");
    place.replaceChildren(...[dayTable(app, rows.slice(0, number)), kept && element("p", { class: "small soft" }, kept), more].filter(Boolean));
  };
  draw(SHOWN_ROWS);
  return card("Day by day", place);
}

function dayTable(app, rows) {
  const money = (key) => (each) => app.money(each[key], each.currency);
  return dense(table("Days", [
    { name: "Day", cell: (each) => element("a", { class: "strong", href: app.link("money-flow", each.date) }, inWords(app, each.date)) },
    { name: "Opening", kind: "number", cell: money("opening") },
    { name: "Activity", kind: "number", cell: money("activity") },
    { name: "Paid out", kind: "number", cell: money("payouts") },
    { name: "Closing", kind: "number", cell: money("closing") },
    { name: "Compared with Stripe", cell: (each) => element("div", {}, badge(compared(each.status)),
      !each.final && element("div", { class: "small soft" }, "Not over yet")) },
  ], rows));
}

function payoutCard(app, flow) {
  if (!flow.payouts.length) return null;
  const left = flow.left_out.payouts;
  return card("Payouts of these days", payoutTable(app, flow.payouts),
    left > 0 && element("p", { class: "small soft" }, `${left} more are not shown here.`),
    element("a", { href: rangeLink(app, "payouts", flow.from, flow.to) }, "All payouts of these days"));
}
