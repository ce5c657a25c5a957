// Bookings: one search through all of them, filters that stand in the address, and what is listed as a file.

import { element } from "./dom.js";
import { localOf } from "./console_clock.js";
import { csvOf, download } from "./console_files.js";
import { Live } from "./console_live.js";
import { askForBooking } from "./console_new_booking.js";
import {
  PAGE_LIMIT, badge, button, empty, field, fill, natural, select, skeleton, table, textInput, toast, trouble,
} from "./console_parts.js";
import { BOOKING_STATES, PAYMENT_STATES, bookingState, paymentState } from "./console_words.js";
import { exponentOf } from "./format.js";

const TYPED_MS = 300;
const FILE_PAGE = 100;
const FILE_PAGES = 200;
const FILTERS = ["sort", "status", "payment_status", "employee_id", "service_id", "visit_from", "visit_to", "from", "to"];

/** Show a location's bookings; on the way back from one, the list is as it was left. */
export function showBookings(app, main) {
  const kept = app.list?.kept;
  const list = new BookingList(app, kept ?? null);
  if (app.list) app.list.kept = list;
  const add = app.is("owner", "manager") && button("New booking", () => askForBooking(app, { startsAt: Date.now() }, () => list.load()), "main");
  app.heading(main, "Bookings", "", button("Download CSV", () => list.save()), add);
  main.append(list.filters(), list.place);
  if (!kept) {
    list.load();
    return false;
  }
  list.redraw();
  list.follow(list.place.firstElementChild, list.firstPage());
  const left = main.querySelector(`[data-booking="${kept.left}"]`);
  left?.focus({ preventScroll: true });
  requestAnimationFrame(() => scrollTo(0, kept.scroll));
  return Boolean(left);
}

class BookingList {
  constructor(app, kept) {
    this.app = app;
    this.place = element("div", { class: "stack", onclick: (event) => this.#leave(event) });
    this.query = Object.fromEntries(FILTERS.map((name) => [name, app.query.get(name) ?? ""]));
    // The words are somebody's name or address: they stay out of addresses, which are kept and shared.
    this.text = kept?.text ?? "";
    this.found = kept?.found ?? [];
    this.cursor = kept?.cursor ?? null;
    this.names = kept?.names ?? null;
  }

  filters() {
    const changed = (name) => (event) => {
      this.query[name] = event.target.value;
      this.app.keepQuery(this.query);
      this.load();
    };
    const choice = (label, name, choices) => field(label, select(choices, this.query[name], { onchange: changed(name) }));
    const day = (label, name) => field(label, textInput(this.query[name], { type: "date", onchange: changed(name) }));
    const states = (table) => [["", "All"], ...Object.entries(table).map(([value, [text]]) => [value, text])];
    const search = textInput(this.text, { type: "search", placeholder: "Name, email, phone or booking id", class: "find", oninput: () => {
      clearTimeout(this.wait);
      this.wait = setTimeout(() => {
        this.text = search.value.trim();
        this.load();
      }, TYPED_MS);
    } });
    const [employee, service] = [["Employee", "employee_id"], ["Service", "service_id"]].map(([label, name]) => choice(label, name, [["", "All"]]));
    this.app.catalogue().then((names) => {
      fillChoice(employee, names.employees, this.query.employee_id);
      fillChoice(service, names.services, this.query.service_id);
    }, () => {
      // The list itself says what is wrong, and offers to try again.
    });
    const more = element("details", { class: "wide-row", open: FILTERS.slice(3).some((name) => this.query[name]) }, element("summary", {}, "More filters"),
      element("div", { class: "filters" }, employee, service, day("Visit from", "visit_from"), day("Visit until", "visit_to"),
        day("Made from", "from"), day("Made until", "to")));
    return element("form", { class: "filters", role: "search", "aria-label": "Bookings", onsubmit: (event) => event.preventDefault() },
      field("Search all bookings", search), choice("Status", "status", states(BOOKING_STATES)),
      choice("Payment", "payment_status", states(PAYMENT_STATES)),
      choice("Order", "sort", [["", "Usual"], ["created", "Newest made first"], ["visit", "By visit"]]), more);
  }

  get asked() { return { ...this.query, q: this.text }; }

  firstPage() { return new Live(this.app.api, this.app.path("bookings"), { ...this.asked, limit: PAGE_LIMIT }); }

  follow(shown, live) { live.follow(shown, (now) => this.#merge(now)); }

  load() {
    const live = this.firstPage();
    return fill(this.place, () => Promise.all([live.load(), this.app.catalogue()]), ([page, names]) => {
      [this.found, this.cursor, this.names] = [page.items, page.next_cursor, names];
      const shown = element("div", { class: "stack" });
      this.follow(shown, live);
      return this.#drawn(shown);
    });
  }

  // The first page is followed; further ones stay as they were loaded.
  #merge({ items, next_cursor: cursor }) {
    const now = new Set(items.map((each) => each.booking_id));
    if (this.found.length <= PAGE_LIMIT) [this.found, this.cursor] = [items, cursor];
    else this.found = [...items, ...this.found.slice(PAGE_LIMIT).filter((each) => !now.has(each.booking_id))];
    this.redraw();
  }

  redraw() {
    const at = this.place.contains(document.activeElement) ? document.activeElement.dataset.booking : null;
    const shown = this.place.firstElementChild ?? this.place.appendChild(element("div", { class: "stack" }));
    this.#drawn(shown);
    if (at) this.place.querySelector(`[data-booking="${at}"]`)?.focus({ preventScroll: true });
  }

  #drawn(shown) {
    shown.replaceChildren(...this.#parts().filter(Boolean));
    return shown;
  }

  #parts() {
    const { found, cursor } = this;
    const more = cursor && button("Load more", () => this.more());
    if (found.length) {
      const count = element("p", { class: "small soft", role: "status" },
        `${found.length} ${found.length === 1 ? "booking" : "bookings"}${cursor ? " so far" : ""}`);
      return [count, bookingTable(this.app, found, this.names), more];
    }
    if (Object.values(this.asked).some(Boolean) || cursor) {
      return [empty("No booking fits", "Change the search or the filters."), more];
    }
    return [empty("No bookings yet", "They appear here as clients book online, or when you make one.")];
  }

  async more() {
    const wait = skeleton(2);
    this.place.querySelector(":scope > * > .button:last-child").replaceWith(wait);
    const first = this.found.length;
    try {
      const page = await this.app.api.get(this.app.path("bookings"), { ...this.asked, limit: PAGE_LIMIT, cursor: this.cursor });
      this.found = [...this.found, ...page.items];
      this.cursor = page.next_cursor;
    } catch (failed) {
      wait.replaceWith(trouble(failed, () => this.more()));
      return;
    }
    this.redraw();
    this.place.querySelectorAll("[data-booking]")[first]?.focus();
  }

  #leave(event) {
    const row = event.target.closest("tr");
    const link = row?.querySelector("[data-booking]");
    if (!link) return;
    [this.left, this.scroll] = [link.dataset.booking, scrollY];
    // All of a row leads there, but for a text that is being selected.
    if (!event.target.closest("a, button") && !String(getSelection())) link.click();
  }

  /** Download everything that fits the search and the filters. */
  async save() {
    const rows = [];
    try {
      for (let cursor = "", page = 0; cursor !== null && page < FILE_PAGES; page += 1) {
        const found = await this.app.api.get(this.app.path("bookings"), { ...this.asked, limit: FILE_PAGE, cursor });
        rows.push(...found.items);
        cursor = found.next_cursor;
      }
      download(csvOf(fileRows(this.app, rows, this.names)), `bookings-${this.app.location.location_id}-${this.app.format.dayOf(Date.now())}.csv`);
      toast(`${rows.length} ${rows.length === 1 ? "booking is" : "bookings are"} in the file.`);
    } catch (failed) {
      this.place.prepend(trouble(failed, () => this.load()));
    }
  }
}

function fillChoice(place, named, value) {
  const control = place.querySelector("select");
  control.append(...[...named].map(([id, each]) => element("option", { value: id }, each.name)));
  control.value = value;
}

function fileRows(app, bookings, names) {
  const sum = (minor, currency) => minor / 10 ** exponentOf(currency);
  const stamp = (at) => localOf(at, app.location.timezone).replace("T", " ");
  return [
    ["Booking", "Other system", "Made", "Visit", "Client", "Email", "Phone", "Service", "With", "Status", "Payment",
      "Currency", "Price", "Paid", "Paid outside Stripe", "Refunded", "Due"],
    ...bookings.map((each) => [
      each.booking_id, each.external_id, stamp(each.created_at), each.starts_at && stamp(each.starts_at),
      each.client?.name, each.client?.email, each.client?.phone, each.description, names.employees.get(each.employee_id)?.name ?? each.employee_id,
      bookingState(each.status)[0], paymentState(each.payment_status)[0], each.currency.toUpperCase(),
      ...["price", "amount_captured", "amount_paid_elsewhere", "amount_refunded", "amount_due"].map((name) => sum(each[name], each.currency)),
    ]),
  ];
}

/** Return bookings as a table; a row leads to its booking. */
export function bookingTable(app, bookings, names) {
  return table("Bookings", [
    { name: "Client", cell: (each) => element("div", {},
      element("a", { class: "strong", href: app.link("bookings", each.booking_id), "data-booking": each.booking_id, dir: "auto" },
        each.client?.name ?? "No client"),
      element("div", { class: "small soft" }, natural(each.client?.email ?? each.booking_id))) },
    { name: "Service", cell: (each) => element("div", {}, natural(each.description),
      each.employee_id && element("div", { class: "small soft" }, natural(names.employees.get(each.employee_id)?.name ?? each.employee_id))) },
    { name: "Visit", kind: "when", cell: (each) => (each.starts_at ? app.visit(each) : "No time") },
    { name: "Price", kind: "number", cell: (each) => app.money(each.price, each.currency) },
    { name: "Booking", cell: (each) => badge(bookingState(each.status)) },
    { name: "Payment", cell: (each) => element("div", { class: "row tight" },
      badge(paymentState(each.payment_status)),
      each.needs_action.length > 0 && badge(["Needs action", "bad"])) },
  ], bookings);
}
