// The money of one day, with all that its mail has: how it compares with Stripe, sums, lists, entries.

import { element, facts, icon, notice } from "./dom.js";
import { addDays } from "./format.js";
import { chart } from "./console_chart.js";
import { bookingLink, entriesLink, listEntries } from "./console_ledger.js";
import { aboutWhat } from "./console_needed.js";
import { ask, badge, button, card, empty, natural, table, textInput, toast } from "./console_parts.js";
import { inWords, rangeLink } from "./console_ranges.js";
import { APPEAR, FLOWS, categories, fileRow } from "./console_report.js";
import { disputeState, lineName, needed, payoutState, readable, refundState } from "./console_words.js";

const DAY_FILES = [["pdf", "PDF"], ["xlsx", "Excel"], ["csv", "CSV"], ["html", "Web page"]];
const SHOWN_FINDINGS = 20;

/** Show a day's money. */
export function showFlowDay(app, main, asked) {
  const today = app.format.dayOf(Date.now());
  const day = /^\d{4}-\d\d-\d\d$/.test(asked) && asked <= today ? asked : addDays(today, -1);
  main.append(app.within(inWords(app, day), app.link("money-flow"), "money flow"));
  app.heading(main, inWords(app, day, day, "long"), "", dayPicker(app, day, today));
  if (day !== asked) {
    main.append(notice("warn", "There is nothing yet of the day in the address: this is yesterday."));
  }
  app.section(main, () => app.api.get(app.path("reports", day)), (report) => drawnDay(app, report), 8);
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

function drawnDay(app, report) {
  const entries = element("section", { class: "stack tight" }, element("h2", {}, "Entries"));
  if (report.entries_total) listEntries(app, entries, { from: report.date, to: report.date }, () => true, "");
  return [
    comparison(app, report),
    fileRow(app, app.path("reports", report.date), {}, `${app.location.location_id}-${report.date}`, DAY_FILES,
      button("Send again", () => sendAgain(app, report), "main")),
    ...report.currencies.flatMap((flow) => dayInCurrency(app, flow, report)),
    !report.currencies.length && empty("No money moved on this day", APPEAR),
    ...lists(app, report),
    clientMoney(app, report),
    ...report.currencies.flatMap((flow) => breakdowns(app, flow, report)),
    report.entries_total > 0 && entries,
  ];
}

/** Say first whether what is here is what Stripe has, and what is not compared, and why. */
function comparison(app, report) {
  const { status, missing_here: here, missing_at_stripe: there, differing, left_out: more, behind, not_compared: why } = report.reconciliation;
  const number = (kind) => report.reconciliation[kind].length + more[kind];
  const all = number("missing_here") + number("missing_at_stripe") + number("differing");
  const said = {
    reconciled: ["", "No difference to Stripe", ["Every balance transaction of this day is here, to the cent."]],
    pending: ["warn", "Not compared with Stripe yet", ["Until then the figures may change.", ...why.map((each) => each.says)]],
    differences: ["bad", "There is a difference to Stripe", [
      all > 0 && `${number("missing_here")} missing here, ${number("missing_at_stripe")} missing at Stripe, ${number("differing")} with another sum.`,
      ...report.currencies.filter((flow) => flow.balance?.difference_to_stripe).map((flow) =>
        `Stripe's balance minus ours is ${app.money(flow.balance.difference_to_stripe, flow.currency)}.`),
    ]],
  }[status];
  const [kind, head, texts] = said;
  const listed = [...here, ...there, ...differing].slice(0, SHOWN_FINDINGS);
  return notice(kind, head, element("div", { class: "stack tight" },
    element("p", {}, texts.filter(Boolean).join(" ")),
    behind.map((each) => element("p", {}, each.says)),
    listed.length > 0 && element("ul", { class: "small" }, listed.map((each) =>
      element("li", {}, `${each.object ?? each.balance_transaction}: ${each.why}`))),
    all > listed.length && element("p", { class: "small" }, `${all - listed.length} more are not listed here: the files of this day list up to 200 of each kind.`),
    element("p", { class: "row tight small" }, badge(report.final ? ["Final", "good"] : ["Not over yet", "warn"]), ` As of ${app.moment(report.generated_at)}`)));
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

function dayInCurrency(app, flow, report) {
  const money = (minor) => app.money(minor, flow.currency);
  const name = flow.currency.toUpperCase();
  const { balance } = flow;
  const link = (key) => entriesLink(app, { from: report.date, to: report.date, flow: key });
  const line = (key) => [lineName(key), money(flow[key].amount), "", flow[key].count > 0 && key !== "stripe_fees"
    && [" ", element("a", { class: "small", href: link(key) }, `${flow[key].count} ${flow[key].count === 1 ? "entry" : "entries"}`)]];
  const hours = moneyHours(app, report, flow.currency);
  return [
    element("div", { class: "columns even" },
      card(`The day in ${name}`, facts([
        ["Opening balance", balance && money(balance.opening)],
        ...FLOWS.filter((key) => flow[key].count).map(line),
        ["Activity", money(flow.net), "sum"],
        flow.payouts.count > 0 ? line("payouts") : ["Paid out to the bank", money(0)],
        [report.final ? "Closing balance" : "Balance now", balance && money(balance.closing), "sum"],
        ["Difference to Stripe's balance", balance && (balance.difference_to_stripe === null ? "not compared" : money(balance.difference_to_stripe))],
      ])),
      card(`By the hour, in ${name}`, hours ? chart(`Money by the hour, in ${name}`, hours, money)
        : element("p", { class: "soft" }, "This day has more entries than a picture of its hours is made of: the files have all."))),
  ];
}

// What came in and went out in each hour, payouts aside; null where the answer has not all entries.
function moneyHours(app, report, currency) {
  if (report.entries_cursor) return null;
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    name: `${String(hour).padStart(2, "0")}:00`, short: String(hour), in: 0, out: 0, fees: 0, net: 0,
  }));
  for (const each of report.entries) {
    if (each.currency !== currency || each.balance !== "payments" || each.kind.startsWith("payout")) continue;
    const hour = hours[app.format.hourOf(each.at)];
    hour[each.amount < 0 ? "out" : "in"] += each.amount;
    hour.fees -= each.fee;
    hour.net += each.net;
  }
  const moved = hours.map((each, at) => (each.in || each.out || each.fees ? at : -1)).filter((at) => at >= 0);
  return hours.slice(Math.max(Math.min(...moved, 9) - 1, 0), Math.max(...moved, 17) + 2);
}

function lists(app, report) {
  const { left_out: left } = report;
  const day = { from: report.date, to: report.date };
  const more = (number, where) => number > 0 && element("p", { class: "small soft" }, `${number} more are not listed here: `, where);
  const booking = (each) => (each.booking_id ? bookingLink(app, each.booking_id) : "No booking");
  const money = (each) => app.money(each.amount, each.currency);
  return [
    report.needs_action.length > 0 && card("Needs action", element("ul", { class: "stack tight" }, report.needs_action.map((each) =>
      element("li", {}, element("span", { class: "strong" }, needed(each.kind)), " · ", aboutLink(app, each.about), element("div", { class: "small soft" }, each.advice)))),
    more(left.needs_action, app.is("owner", "manager") ? element("a", { href: app.link("needs-action") }, "see all that needs action") : "owners and managers see all.")),
    report.refunds.length > 0 && card("Refunds", table("Refunds", [
      { name: "When", kind: "when", cell: (each) => app.moment(each.at) },
      { name: "Belongs to", cell: booking },
      { name: "Reason", cell: (each) => element("div", {}, readable(each.reason), each.requested_by && element("div", { class: "small soft" }, natural(each.requested_by))) },
      { name: "State", cell: (each) => badge(refundState(each)) },
      { name: "Amount", kind: "number", cell: money },
    ], report.refunds), more(left.refunds, element("a", { href: entriesLink(app, { ...day, flow: "refunds" }) }, "all entries of refunds"))),
    report.disputes.length > 0 && card("Disputes", table("Disputes", [
      { name: "Belongs to", cell: booking },
      { name: "Reason", cell: (each) => element("div", {}, readable(each.reason), each.inquiry && element("div", { class: "small soft" }, "Bank inquiry")) },
      { name: "State", cell: (each) => badge(disputeState(each.status)) },
      { name: "Answer until", cell: (each) => (each.evidence_due_by ? app.moment(each.evidence_due_by) : "—") },
      { name: "Amount", kind: "number", cell: money },
    ], report.disputes), more(left.disputes, element("a", { href: app.link("disputes") }, "all disputes"))),
    report.payouts.length > 0 && card("Payouts", table("Payouts", [
      { name: "At the bank", cell: (each) => element("a", { class: "strong", href: app.link("payouts", each.payout) }, each.arrival_date ? inWords(app, each.arrival_date) : "Payout") },
      { name: "State", cell: (each) => badge(payoutState(each.status)) },
      { name: "Entries", kind: "number", cell: (each) => String(each.items) },
      { name: "Amount", kind: "number", cell: money },
    ], report.payouts), more(left.payouts, element("a", { href: rangeLink(app, "payouts", report.date, report.date) }, "all payouts of this day"))),
    holds(app, report),
  ];
}

function aboutLink(app, about) {
  const [kind, id = ""] = about.split("#");
  return kind === "booking" ? bookingLink(app, id) : aboutWhat(about);
}

function holds(app, { authorized_open: open, left_out: left }) {
  const since = left.authorized_open_before;
  if (!open.length && !since) return null;
  return card("On hold, not captured yet",
    since && element("p", { class: "small soft" }, `Only bookings made since ${app.moment(since)} were looked at: Stripe's Dashboard lists all payments that are not captured.`),
    open.length > 0 && table("Holds", [
      { name: "Belongs to", cell: (each) => bookingLink(app, each.booking_id) },
      { name: "Expires", cell: (each) => (each.lapses_at ? app.moment(each.lapses_at) : "—") },
      { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    ], open));
}

function breakdowns(app, flow, report) {
  const money = (minor) => app.money(minor, flow.currency);
  const name = flow.currency.toUpperCase();
  return [
    shares(`By purpose, in ${name}`, Object.entries(flow.by_kind).map(([key, share]) => ({ ...share, name: lineName(key) })), money),
    shares(`By service, in ${name}`, flow.by_service, money),
    shares(`By employee, in ${name}`, flow.by_employee, money),
    categories(flow, money, (kind) => entriesLink(app, { from: report.date, to: report.date, kind })),
  ];
}

function shares(title, lines, money) {
  if (!lines.length) return null;
  return card(title, table(title, [
    { name: "What", cell: (each) => element("bdi", { class: "strong" }, each.name ?? each.service_id ?? each.employee_id ?? "Not assigned") },
    { name: "Payments", kind: "number", cell: (each) => money(each.amount) },
    { name: "Refunded", kind: "number", cell: (each) => money(each.refunds) },
    { name: "Disputed", kind: "number", cell: (each) => money(each.disputes) },
    { name: "Fees", kind: "number", cell: (each) => money(each.fees) },
    { name: "Net", kind: "number", cell: (each) => money(each.net) },
  ], lines));
}

function clientMoney(app, { client_money: held }) {
  if (!held?.length) return null;
  return card("Clients' money not yet earned", element("p", { class: "small soft" }, "Paid for visits that have not begun, fees aside. Used when the visit's time comes."),
    ...held.map(({ currency, ...sums }) => {
      const money = (minor) => app.money(minor, currency);
      return element("div", { class: "stack tight" }, facts([
        [`Opening, in ${currency.toUpperCase()}`, money(sums.opening)], ["Received", money(sums.received)], ["Used", money(0 - sums.used)],
        ["Refunded", money(0 - sums.refunded)], ["Closing", money(sums.closing), "sum"],
      ]), sums.came_late !== 0 && element("p", { class: "small soft" }, `The opening has ${money(sums.came_late)} that came late, or was matched to its booking late.`),
      sums.why_negative && element("p", { class: "small" }, sums.why_negative));
    }));
}
