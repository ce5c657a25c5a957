// Entries of the ledger, one for each of Stripe's balance transactions: in lists, each with its booking.

import { element } from "./dom.js";
import { dense, empty, fill, growing, table } from "./console_parts.js";
import { askedRange, inWords, rangePicker, wrongDays } from "./console_ranges.js";
import { lineName, readable } from "./console_words.js";

const ENTRIES_A_PAGE = 100;
// Which entries are asked for is looked through in so many pages before "Load more" goes on.
const PAGES_AT_ONCE = 10;

/** Return the address of entries; `asked` is `{from, to, flow, kind}` or `{booking_id}`. */
export function entriesLink(app, asked) { return `${app.link("entries")}?${new URLSearchParams(asked)}`; }

/** Show entries: of a range, or of a booking. */
export function showEntries(app, main) {
  const [booking, flow, kind] = ["booking_id", "flow", "kind"].map((each) => app.query.get(each) ?? "");
  const range = askedRange(app.query, app.format.dayOf(Date.now()));
  const what = flow || kind ? lineName(flow || kind) : "Entries";
  if (booking) {
    main.append(app.linkTo(app.link("bookings", booking), "the booking"));
    app.heading(main, "Money at Stripe", "Every balance transaction of this booking");
  } else {
    main.append(app.within(what.toLowerCase(), app.link("money-flow"), "money flow"));
    app.heading(main, what, range.wrong ? "" : inWords(app, range.from, range.to));
    main.append(rangePicker(app, "entries", range, [], { flow, kind }));
    if (range.wrong) {
      main.append(wrongDays(range));
      return;
    }
  }
  const days = booking && !app.query.get("from") ? {} : { from: range.from, to: range.to };
  listEntries(app, main, { ...days, booking_id: booking, flow }, (each) => !kind || each.kind === kind,
    booking ? "A payment at Stripe appears here within an hour, often at once." : "Choose other days above.");
}

/** Show those of the entries that the API has for `query` which `isAsked`, page by page. */
export function listEntries(app, main, query, isAsked, otherwise) {
  const load = async (cursor) => {
    const found = { items: [], next_cursor: cursor };
    for (let page = 0; page < PAGES_AT_ONCE && !found.items.length && found.next_cursor !== null; page += 1) {
      const next = await app.api.get(app.path("entries"), { ...query, limit: ENTRIES_A_PAGE, cursor: found.next_cursor });
      found.items.push(...next.items.filter(isAsked));
      found.next_cursor = next.next_cursor;
    }
    return found;
  };
  const place = element("div", { class: "stack" });
  main.append(place);
  fill(place, () => load(""), (first) => growing(first, load, (items, cursor) => (items.length
    ? entryList(app, items, cursor !== null)
    : empty(cursor === null ? "No entries" : "None so far", otherwise))), 6);
}

/** Return entries as a table with what they come to; `isPart` says that there are more, `isOfPayout` that one payout carried them. */
export function entryList(app, entries, isPart, isOfPayout = false) {
  return element("div", { class: "stack tight" }, entrySums(app, entries, isPart), dense(table("Entries", [
    { name: "When", kind: "when", cell: (each) => app.moment(each.at) },
    { name: "What", cell: (each) => element("div", {}, element("span", { class: "strong" }, readable(each.kind)),
      element("div", { class: "small soft", dir: "auto" }, [
        each.purpose && lineName(each.purpose), each.service, each.employee, each.balance !== "payments" && "On another balance: not in the sums",
      ].filter(Boolean).join(" · "))) },
    { name: "Belongs to", cell: (each) => belongsTo(app, each, isOfPayout) },
    { name: "Gross", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Fees", kind: "number", cell: (each) => app.money(0 - each.fee, each.currency) },
    { name: "Net", kind: "number", cell: (each) => app.money(each.net, each.currency) },
  ], entries)));
}

function belongsTo(app, { booking_id: booking, external_id: external, payout }, isOfPayout) {
  const links = [
    booking && bookingLink(app, booking, external),
    payout && !isOfPayout && element("a", { class: "small", href: app.link("payouts", payout) }, `Payout ${shortened(payout)}`),
  ].filter(Boolean);
  return links.length ? element("div", { class: "links" }, links) : "No booking";
}

/** Return a link to a booking by what another system calls it, else by the beginning of its id. */
export function bookingLink(app, bookingId, external = "") {
  return element("a", { href: app.link("bookings", bookingId) }, `Booking ${external || shortened(bookingId)}`);
}

/** Return the beginning of an id, which is enough to tell a few apart. */
export function shortened(id) { return id.replace(/^[a-z]+_/, "").slice(0, 8); }

// What left for the bank is no activity; its fee is. What is on another balance is in no sum.
function entrySums(app, entries, isPart) {
  const found = new Map();
  for (const { balance, currency, flow, amount, fee } of entries) {
    if (balance !== "payments") continue;
    const sum = found.get(currency) ?? { gross: 0, fees: 0, out: 0 };
    if (flow === "payouts") sum.out -= amount;
    else sum.gross += amount;
    sum.fees += fee;
    found.set(currency, sum);
  }
  const said = [...found].map(([currency, { gross, fees, out }]) => [
    `gross ${app.money(gross, currency)}`, `fees ${app.money(0 - fees, currency)}`, `net ${app.money(gross - fees, currency)}`,
    out && `paid out ${app.money(out, currency)}`,
  ].filter(Boolean).join(", "));
  const number = `${entries.length} ${entries.length === 1 ? "entry" : "entries"}`;
  return element("p", { role: "status" }, element("span", { class: "strong" }, isPart ? `The first ${number}` : number),
    said.length > 0 && `: ${said.join("; ")}`, isPart ? ". There are more: load them for the whole sum." : ".");
}
