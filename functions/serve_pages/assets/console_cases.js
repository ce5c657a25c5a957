// What waits for somebody: disputes with their deadlines, and everything else that needs action.

import { element } from "./dom.js";
import { Live } from "./console_live.js";
import { aboutWhat, neededBox } from "./console_needed.js";
import { download } from "./console_files.js";
import {
  PAGE_LIMIT, badge, button, empty, fill, growing, natural, redrawn, select, table, toast, trouble,
} from "./console_parts.js";
import { disputeState, readable } from "./console_words.js";

const DAY_LENGTH_MS = 86_400_000;
const SOON_DAYS = 4;
const CASES = 100;

/** Show disputes, open ones first asked for. */
export function showDisputes(app, main) {
  const choice = select([["true", "Open"], ["false", "Decided"], ["", "All"]], "true", { "aria-label": "Which disputes" });
  app.heading(main, "Disputes", "A client's bank took money back, or asks about a payment", choice);
  const load = (cursor) => app.api.get(app.path("disputes"), { open: choice.value, limit: CASES, cursor });
  const again = app.section(main, () => load(""), (first) =>
    growing(first, load, (items) => disputes(app, items, choice.value)));
  choice.addEventListener("change", again);
}

function disputes(app, items, which) {
  if (!items.length) {
    return empty(which === "true" ? "No open disputes" : "No disputes", "When a client's bank asks, it stands here with its deadline.");
  }
  return table("Disputes", [
    { name: "Reason", cell: (each) => element("div", {},
      each.booking_id
        ? element("a", { class: "strong", href: app.link("bookings", each.booking_id) }, readable(each.reason))
        : element("span", { class: "strong" }, readable(each.reason)),
      element("div", { class: "small soft" }, each.stripe_dispute_id)) },
    { name: "State", cell: (each) => badge(disputeState(each.status)) },
    { name: "Answer until", cell: (each) => deadline(app, each) },
    { name: "Money", cell: (each) => ({
      withdrawn: "Withdrawn", reinstated: "Returned", none: "Not moved",
    }[each.funds] ?? readable(each.funds)) },
    { name: "Amount", kind: "number", cell: (each) => app.money(each.amount, each.currency) },
    { name: "Evidence", cell: (each) => evidence(app, each) },
  ], items);
}

function deadline(app, dispute) {
  if (!dispute.evidence_due_by || !dispute.is_open) return "—";
  const days = Math.floor((Date.parse(dispute.evidence_due_by) - Date.now()) / DAY_LENGTH_MS);
  const left = days < 0 ? "Over" : `${days} ${days === 1 ? "day" : "days"} left`;
  return element("div", { class: "row tight" }, app.moment(dispute.evidence_due_by),
    badge([left, days < SOON_DAYS ? "bad" : "plain"]));
}

function evidence(app, dispute) {
  if (!app.is("owner", "manager") || !dispute.booking_id) return "—";
  const fetch = button("Download", async () => {
    try {
      const path = app.path("disputes", dispute.stripe_dispute_id, "evidence");
      download(await app.api.file(path), `evidence-${dispute.stripe_dispute_id}.zip`);
      toast("The evidence is downloaded: hand it in at Stripe.");
    } catch (failed) {
      fetch.after(trouble(failed, () => fetch.click()));
    }
  });
  fetch.setAttribute("aria-label", `Download the evidence of ${dispute.stripe_dispute_id}`);
  return fetch;
}

/** Show what staff have to look at, each with its client, its link and its buttons. */
export function showNeeded(app, main) {
  app.heading(main, "Needs action", "What Bookpay cannot resolve automatically");
  const place = element("div", { class: "stack" });
  main.append(place);
  const live = new Live(app.api, app.path("needs-action"), { limit: PAGE_LIMIT });
  const again = () => Promise.all([live.look(), app.cases.look()]);
  const load = (cursor) => app.api.get(app.path("needs-action"), { limit: PAGE_LIMIT, cursor });
  const draw = (first) => growing(first, load, (items) => (items.length
    ? element("ul", { class: "stack" }, items.map((item) => element("li", {}, neededCase(app, item, again))))
    : empty("Nothing needs you", "Refunds that fail, fees to decide and deadlines appear here.")));
  fill(place, () => live.load(), (first) => {
    live.follow(place, (now) => redrawn(place, draw(now), main.querySelector("h1")));
    return draw(first);
  });
}

function neededCase(app, item, again) {
  const about = element("h2", { class: "card-title" },
    item.booking_id ? element("a", { href: app.link("bookings", item.booking_id) }, "Booking") : aboutWhat(item.about));
  const boxes = element("div", { class: "stack tight" });
  const draw = (booking) => redrawn(boxes, item.actions.map((each) => neededBox(app, booking, each, again, item.about)));
  draw(null);
  if (item.booking_id) nameCase(app, item.booking_id, about, draw);
  return element("section", { class: "card" }, about,
    element("p", { class: "small soft" }, `Since ${app.moment(item.at)}`), boxes);
}

async function nameCase(app, bookingId, about, draw) {
  const link = about.querySelector("a");
  try {
    const booking = await app.api.get(app.path("bookings", bookingId));
    link.replaceChildren(natural(booking.client?.name ?? "A client"), ` · ${booking.description}`);
    if (booking.starts_at) about.append(element("span", { class: "soft" }, ` · ${app.visit(booking)}`));
    draw(booking);
  } catch (failed) {
    // The link still leads to the booking, which then says what is wrong.
    if (!failed.text) throw failed;
  }
}
