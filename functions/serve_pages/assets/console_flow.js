// The money flow: a day's report as in the mail, the month's picture, every day's line, the files.

import { element, facts, icon, notice } from "./dom.js";
import { addDays } from "./format.js";
import {
  ask, badge, button, card, download, downloadFrom, empty, fill, pictureOf, table, textInput, toast, trouble,
} from "./console_parts.js";
import { lineName } from "./console_words.js";

const FILES = [["pdf", "PDF"], ["xlsx", "Excel"], ["csv", "CSV"], ["html", "Web page"]];
const SHOWN_DAYS = 30;
const SHOWN_FINDINGS = 20;
const FLOWS = [
  "payments", "refunds", "refund_reversals", "disputes", "dispute_reversals", "adjustments", "stripe_fees",
];

/** Show a day's money, yesterday's where none is named. */
export function showFlow(app, main, asked = "") {
  const today = app.format.dayOf(Date.now());
  const day = /^\d{4}-\d\d-\d\d$/.test(asked) && asked <= today ? asked : addDays(today, -1);
  app.heading(main, "Money flow", "What Stripe's balance says, day by day", dayPicker(app, day, today));
  const place = element("div", { class: "stack" });
  main.append(place);
  fill(place, () => app.api.get(app.path("reports", day)), (report) => oneDay(app, report), 8);
  const month = card("The last 30 days");
  main.append(month);
  const chart = element("div", {});
  const days = element("div", { class: "stack" });
  month.append(chart, days);
  showChart(app, chart, day, "month", "Payments, refunds and fees of the thirty days to this one");
  const query = { from: addDays(day, 1 - SHOWN_DAYS), to: day };
  fill(days, () => app.api.get(app.path("reports"), query), (summary) => dayList(app, summary));
}

function dayPicker(app, day, today) {
  const go = (to) => { location.hash = app.link("money-flow", to); };
  const step = (by, shape, name) => element("button", {
    type: "button", class: "button square", "aria-label": name, disabled: addDays(day, by) > today,
    onclick: () => go(addDays(day, by)),
  }, icon(shape));
  const choice = textInput(day, {
    type: "date", max: today, "aria-label": "Day", onchange: () => choice.value && go(choice.value),
  });
  return element("div", { class: "row tight" }, step(-1, "back", "The day before"), choice, step(1, "next", "The next day"));
}

function oneDay(app, report) {
  const parts = [difference(app, report), fileRow(app, report)];
  if (!report.currencies.length) {
    parts.push(empty("No money moved on this day", "Payments, refunds and fees stand here as soon as Stripe has booked them."));
  }
  for (const flow of report.currencies) parts.push(...oneCurrency(app, flow, report));
  const isAll = report.left_out.authorized_open === 0;
  if (report.authorized_open.length || !isAll) parts.push(holds(app, report.authorized_open, isAll));
  return parts;
}

/** Say first whether what is here is what Stripe has. */
function difference(app, report) {
  const { status, missing_here: here, missing_at_stripe: there, differing, left_out: more } = report.reconciliation;
  const number = (kind) => report.reconciliation[kind].length + more[kind];
  const all = number("missing_here") + number("missing_at_stripe") + number("differing");
  const title = `${app.format.longDay(report.date)} ${report.date.slice(0, 4)}`;
  const said = {
    reconciled: ["", "No difference to Stripe", "Every balance transaction of this day is here, to the cent."],
    pending: ["warn", "Not compared with Stripe yet", "The next sync compares this day with Stripe."],
    differences: ["bad", "There is a difference to Stripe", [
      all > 0 && `${number("missing_here")} missing here, ${number("missing_at_stripe")} missing at Stripe, ${number("differing")} with another sum.`,
      ...report.currencies.filter((flow) => flow.balance?.difference_to_stripe).map((flow) =>
        `Stripe's balance minus ours is ${app.money(flow.balance.difference_to_stripe, flow.currency)}.`),
    ].filter(Boolean).join(" ")],
  }[status];
  const [kind, head, text] = said ?? ["warn", status, ""];
  const listed = [...here, ...there, ...differing].slice(0, SHOWN_FINDINGS);
  return element("section", { class: "stack" },
    element("div", { class: "row between" }, element("h2", {}, title),
      badge(report.final ? ["Final", "good"] : ["Not over yet", "warn"])),
    notice(kind, head, element("div", { class: "stack tight" }, element("p", {}, text),
      listed.length > 0 && element("ul", { class: "small" }, listed.map((each) =>
        element("li", {}, `${each.object ?? each.balance_transaction}: ${each.why}`))),
      all > listed.length && element("p", { class: "small" }, `${all - listed.length} more are not listed here: the files of this day list up to 200 of each kind.`))));
}

function fileRow(app, report) {
  const told = element("div", { class: "wide-row" });
  const fetch = ([format, name]) => {
    const made = button(name, async () => {
      told.replaceChildren();
      made.setAttribute("aria-disabled", "true");
      try {
        const { blob, url } = await app.api.reportFile(app.path("reports", report.date), format);
        if (url) downloadFrom(url);
        else download(blob, `${app.location.location_id}-${report.date}.${format}`);
      } catch (failed) {
        told.replaceChildren(trouble(failed, () => made.click()));
      } finally {
        made.removeAttribute("aria-disabled");
      }
    });
    made.setAttribute("aria-label", `Download as ${name}`);
    return made;
  };
  return element("div", { class: "row actions", role: "group", "aria-label": "This report" },
    FILES.map(fetch), button("Send again", () => sendAgain(app, report), "main"), told);
}

function sendAgain(app, report) {
  const recipients = app.location.report?.recipients ?? [];
  ask({
    title: "Send this report?",
    body: [element("p", { dir: "auto" }, recipients.length
      ? `${recipients.join(", ")} ${recipients.length === 1 ? "gets" : "get"} the day as it stands now.`
      : "Nobody is set to get reports: the owner names recipients under Location.")],
    label: "Send",
    go: recipients.length ? async () => {
      await app.api.post(app.path("reports", report.date, "send"));
      toast("The report is on its way.");
    } : null,
  });
}

function oneCurrency(app, flow, report) {
  const money = (minor) => app.money(minor, flow.currency);
  const name = flow.currency.toUpperCase();
  const rows = FLOWS.filter((key) => flow[key]?.count).map((key) =>
    [`${lineName(key)} (${flow[key].count})`, money(flow[key].amount)]);
  const chart = element("div", {});
  showChart(app, chart, report.date, "day", `Money by the hour, in ${name}`, flow.currency);
  const { balance } = flow;
  return [
    element("div", { class: "figures" },
      figure("Taken in", money(flow.payments.amount)), figure("Refunded", money(flow.refunds.amount)),
      figure("Stripe's fees", money(flow.stripe_fees.amount)), figure("What the day brought", money(flow.net), "net")),
    element("div", { class: "columns even" },
      card(`The day in ${name}`, facts([...rows, ["What the day brought", money(flow.net), "sum"],
        ["Paid out to the bank", flow.payouts.count ? money(flow.payouts.amount) : ""],
        ["Balance in the evening", balance ? money(balance.closing) : ""],
        ["Difference to Stripe's balance", balance?.difference_to_stripe ? money(balance.difference_to_stripe) : ""]])),
      card("By the hour", chart)),
    shares("By purpose", Object.entries(flow.by_kind).map(([key, share]) => ({ ...share, name: lineName(key) })), money),
    shares("By service", flow.by_service, money),
    shares("By employee", flow.by_employee, money),
    categories(flow, money),
  ].filter(Boolean);
}

function figure(name, value, kind = "") {
  return element("div", { class: `card figure ${kind}`.trim() },
    element("p", { class: "small soft" }, name), element("p", { class: "value" }, value));
}

function shares(title, lines, money) {
  if (!lines?.length) return null;
  return card(title, table(title, [
    { name: "What", cell: (each) => element("bdi", { class: "strong" }, each.name ?? each.service_id ?? each.employee_id ?? "Not assigned") },
    { name: "Payments", kind: "number", cell: (each) => money(each.amount) },
    { name: "Refunded", kind: "number", cell: (each) => money(each.refunds ?? 0) },
    { name: "Fees", kind: "number", cell: (each) => money(each.fees ?? 0) },
    { name: "Net", kind: "number", cell: (each) => money(each.net ?? each.amount) },
  ], lines));
}

function categories(flow, money) {
  if (!flow.by_category?.length) return null;
  return card("By Stripe's categories", table("Categories", [
    { name: "Category", cell: (each) => element("span", { class: "strong" }, lineName(each.category)) },
    { name: "Number", kind: "number", cell: (each) => String(each.count) },
    { name: "Gross", kind: "number", cell: (each) => money(each.gross) },
    { name: "Fees", kind: "number", cell: (each) => money(each.fee) },
    { name: "Net", kind: "number", cell: (each) => money(each.net) },
  ], flow.by_category));
}

function holds(app, open, isAll) {
  return card("On hold, not captured yet", !isAll && element("p", { class: "small soft" }, "There may be more: only the newest bookings were read. Stripe's Dashboard lists all payments that are not captured."), table("Holds", [
    { name: "Booking", cell: (each) => element("a", { href: app.link("bookings", each.booking_id) }, each.booking_id) },
    { name: "Expires", cell: (each) => (each.lapses_at ? app.moment(each.lapses_at) : "—") },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
  ], open));
}

function dayList(app, summary) {
  const days = [...summary.items].reverse().filter((each) => each.currencies.length);
  if (!days.length) return empty("No money in these days", "Each day with money gets a line here.");
  const lines = days.flatMap((each) => each.currencies.map((flow) => ({ ...flow, date: each.date })));
  return table("Days", [
    { name: "Day", cell: (each) => element("a", { class: "strong", href: app.link("money-flow", each.date) }, app.format.longDay(each.date)) },
    { name: "Taken in", kind: "number", cell: (each) => app.money(each.payments.amount, each.currency) },
    { name: "Refunded", kind: "number", cell: (each) => app.money(each.refunds.amount, each.currency) },
    { name: "Fees", kind: "number", cell: (each) => app.money(each.stripe_fees.amount, each.currency) },
    { name: "Net", kind: "number", cell: (each) => app.money(each.net, each.currency) },
  ], lines);
}

async function showChart(app, place, day, kind, alt, currency = app.location.currency) {
  place.replaceChildren(element("div", { class: "skeleton chart" }));
  try {
    const path = `${app.path("reports", day, "chart.svg")}?kind=${kind}&currency=${currency}`;
    const src = await pictureOf(await app.api.file(path));
    place.replaceChildren(element("img", { src, alt, class: "chart" }));
  } catch (failed) {
    place.replaceChildren(trouble(failed, () => showChart(app, place, day, kind, alt, currency)));
  }
}
