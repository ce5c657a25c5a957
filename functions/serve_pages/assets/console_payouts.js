// Payouts: what Stripe sent to the bank, and the entries that each carried.

import { element, facts, notice } from "./dom.js";
import { entryList, shortened } from "./console_ledger.js";
import { badge, card, dense, empty, fill, growing, table } from "./console_parts.js";
import { askedRange, inWords, rangePicker, wrongDays } from "./console_ranges.js";
import { payoutState } from "./console_words.js";

const PAYOUTS_A_PAGE = 100;

/** Show the payouts that were made in the range in the address. */
export function showPayouts(app, main) {
  const range = askedRange(app.query, app.format.dayOf(Date.now()));
  app.heading(main, "Payouts", "What Stripe sent to your bank, by the day on which it was made");
  main.append(rangePicker(app, "payouts", range));
  if (range.wrong) {
    main.append(wrongDays(range));
    return;
  }
  const load = (cursor) => app.api.get(app.path("payouts"), { from: range.from, to: range.to, limit: PAYOUTS_A_PAGE, cursor });
  app.section(main, () => load(""), (first) => growing(first, load, (items, cursor) => (items.length
    ? element("div", { class: "stack tight" },
      element("p", { role: "status" }, `${cursor === null ? "" : "The first "}${items.length} ${items.length === 1 ? "payout" : "payouts"}, oldest first.`),
      payoutTable(app, items))
    : empty("No payouts in these days", "Stripe's Dashboard says when the next one is due. Choose other days above."))));
}

/** Return payouts as a table, each with its own page. */
export function payoutTable(app, payouts) {
  return dense(table("Payouts", [
    { name: "Made", cell: (each) => element("a", { class: "strong", href: app.link("payouts", each.payout) }, inWords(app, app.format.dayOf(each.created_at))) },
    { name: "At the bank", cell: (each) => (each.arrival_date ? inWords(app, each.arrival_date) : "—") },
    { name: "State", cell: (each) => badge(payoutState(each.status)) },
    { name: "Entries", kind: "number", cell: (each) => String(each.items) },
    { name: "Reconciles", cell: (each) => checked(each)[1] },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
  ], payouts));
}

// Whether a payout is what it carried: the kind of its box, in short, and in a sentence.
function checked(payout, money = () => "") {
  if (payout.sum_matches === true) return ["", "Yes", `The ${payout.items} entries that it carried add up to ${money(payout.items_net)}: the sum is right.`];
  const why = payout.sum_why ?? "";
  return payout.sum_matches === false ? ["bad", "No", why] : ["warn", "Not checked", why];
}

/** Show a payout with the entries that it carried. */
export function showPayout(app, main, payoutId) {
  main.append(app.within("the payout", app.link("payouts"), "payouts"));
  const title = element("h1", { tabindex: -1 }, `Payout ${shortened(payoutId)}`);
  const place = element("div", { class: "stack" });
  main.append(title, place);
  const load = (cursor) => app.api.get(app.path("payouts", payoutId), { limit: PAYOUTS_A_PAGE, cursor });
  fill(place, () => load(""), (payout) => {
    title.textContent = `Payout of ${app.money(payout.amount, payout.currency)}`;
    document.title = `${title.textContent} · ${app.location.name}`;
    return drawnPayout(app, payout, load);
  }, 7);
}

function drawnPayout(app, payout, load) {
  const [kind, , sentence] = checked(payout, (minor) => app.money(minor, payout.currency));
  const asItems = ({ entries: items, next_cursor }) => ({ items, next_cursor });
  return [
    notice(kind, sentence),
    card("Payout", facts([
      ["Amount", app.money(payout.amount, payout.currency)],
      ["State", badge(payoutState(payout.status))],
      ["Made", inWords(app, app.format.dayOf(payout.created_at))],
      ["At the bank", payout.arrival_date && inWords(app, payout.arrival_date)],
      ["How", payout.automatic ? "By Stripe's schedule" : "By hand"],
      ["Bank's reference", payout.trace_id],
      ["Id at Stripe", payout.payout],
    ])),
    element("h2", {}, "What it carried"),
    payout.entries.length ? growing(asItems(payout), async (cursor) => asItems(await load(cursor)),
      (items, cursor) => entryList(app, items, cursor !== null, true)) : empty("No entries are known", sentence),
  ];
}
