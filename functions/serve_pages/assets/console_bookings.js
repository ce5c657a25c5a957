// Bookings: the list with its filters, and a new one at the desk.

import { element, notice } from "./dom.js";
import { chance } from "./kept.js";
import {
  Mistake, PAGE_LIMIT, ask, badge, button, empty, field, fill, natural, readAmount, select, skeleton,
  table, textInput, toast, trouble,
} from "./console_parts.js";
import { PAYMENT_STATES, bookingState, paymentState } from "./console_words.js";

/** Show a location's bookings. */
export function showBookings(app, main) {
  const add = app.is("owner", "manager") && button("New booking", () => askForBooking(app), "main");
  app.heading(main, "Bookings", "Newest first, by when they were made", add);
  const list = new BookingList(app);
  main.append(list.filters(), list.place);
  list.load();
}

class BookingList {
  constructor(app) {
    this.app = app;
    this.place = element("div", { class: "stack" });
    this.found = [];
    this.cursor = null;
    this.query = { payment_status: "", from: "", to: "" };
    this.text = "";
  }

  filters() {
    const changed = (name) => (event) => {
      this.query[name] = event.target.value;
      this.load();
    };
    const choices = Object.entries(PAYMENT_STATES).map(([value, [text]]) => [value, text]);
    const search = textInput("", { type: "search", placeholder: "Name, email, service or id", oninput: () => {
      this.text = search.value.trim().toLowerCase();
      this.draw();
    } });
    return element("form", { class: "filters", role: "search", "aria-label": "Bookings", onsubmit: (event) => event.preventDefault() },
      field("Search what is shown", search),
      field("Payment", select([["", "All"], ...choices], "", { onchange: changed("payment_status") })),
      field("Made from", textInput("", { type: "date", onchange: changed("from") })),
      field("Made until", textInput("", { type: "date", onchange: changed("to") })));
  }

  load() {
    this.found = [];
    return fill(this.place, () => this.page(""), (page) => {
      this.keep(page);
      return this.parts();
    });
  }

  page(cursor) {
    return this.app.api.get(this.app.path("bookings"), { ...this.query, limit: PAGE_LIMIT, cursor });
  }

  keep(page) {
    this.found.push(...page.items);
    this.cursor = page.next_cursor;
  }

  draw() {
    if (this.place.getAttribute("aria-busy")) return;
    this.place.replaceChildren(...this.parts());
  }

  parts() {
    const shown = this.found.filter((booking) => textOf(booking).includes(this.text));
    const isFiltered = this.text || Object.values(this.query).some(Boolean);
    const count = element("p", { class: "small soft", role: "status" },
      `${shown.length} ${shown.length === 1 ? "booking" : "bookings"}${this.cursor ? " so far" : ""}`);
    const more = this.cursor && button("Load more", () => this.more());
    if (shown.length) return [count, bookingTable(this.app, shown), more].filter(Boolean);
    if (isFiltered || this.cursor) {
      return [empty("No booking fits", "Change the search or the filters, or load more."), more].filter(Boolean);
    }
    return [empty("No bookings yet", "They appear here as clients book online, or when you make one at the desk.")];
  }

  async more() {
    const wait = skeleton(2);
    this.place.lastElementChild.replaceWith(wait);
    const first = this.found.length;
    try {
      this.keep(await this.page(this.cursor));
    } catch (failed) {
      wait.replaceWith(trouble(failed, () => this.more()));
      return;
    }
    this.draw();
    this.place.querySelectorAll("tbody a")[first]?.focus();
  }
}

function textOf(booking) {
  const { client } = booking;
  const parts = [booking.booking_id, booking.external_id, booking.description, client?.name, client?.email];
  return parts.filter(Boolean).join(" ").toLowerCase();
}

function bookingTable(app, bookings) {
  return table("Bookings", [
    { name: "Client", cell: (each) => element("div", {},
      element("a", { class: "strong", href: app.link("bookings", each.booking_id), dir: "auto" },
        each.client?.name ?? "Somebody at the desk"),
      element("div", { class: "small soft" }, natural(each.client?.email ?? each.booking_id))) },
    { name: "Service", cell: (each) => natural(each.description) },
    { name: "Visit", cell: (each) => (each.starts_at ? app.visit(each) : "No time") },
    { name: "Price", kind: "number", cell: (each) => app.money(each.price, each.currency) },
    { name: "Booking", cell: (each) => badge(bookingState(each.status)) },
    { name: "Payment", cell: (each) => element("div", { class: "row tight" },
      badge(paymentState(each.payment_status)),
      each.needs_action.length > 0 && badge(["Needs action", "bad"])) },
  ], bookings);
}

function askForBooking(app) {
  const { currency } = app.location;
  const [what, amount, name, email, starts] = [
    textInput("", { maxlength: 200, required: true }),
    textInput("", { inputmode: "decimal", required: true }),
    textInput("", { maxlength: 120 }), textInput("", { type: "email", maxlength: 254 }),
    textInput("", { type: "datetime-local" }),
  ];
  const key = chance();
  ask({
    title: "New booking at the desk",
    label: "Make the booking",
    body: [
      field("What for", what, { pointer: "/description" }),
      field(`Amount in ${currency.toUpperCase()}`, amount, { pointer: "/amount" }),
      field("When (your clock, may stay empty)", starts, { pointer: "/starts_at" }),
      field("Client's name", name, { pointer: "/client/name", hint: "Name and email together, or none." }),
      field("Client's email", email, { pointer: "/client/email" }),
      notice("", "Nothing is charged. You get a link that the client pays with."),
    ],
    go: async () => {
      const minor = readAmount(amount.value, currency);
      if (!what.value.trim()) throw new Mistake("/description", "Description is required.");
      if (!minor) throw new Mistake("/amount", "Write an amount such as 45.00.");
      if (Boolean(name.value.trim()) !== Boolean(email.value.trim())) {
        throw new Mistake(name.value.trim() ? "/client/email" : "/client/name", "Name and email belong together.");
      }
      const body = { amount: minor, currency, description: what.value.trim() };
      if (starts.value) body.starts_at = new Date(starts.value).toISOString();
      if (name.value.trim()) body.client = { name: name.value.trim(), email: email.value.trim() };
      // A changed form is another request.
      const made = await app.api.post(app.path("bookings"), body, { "idempotency-key": `${key}-${hashOf(body)}` });
      toast("The booking is made.");
      location.hash = app.link("bookings", made.booking_id);
    },
  });
}

/** Return some digits that tell two bodies of one form apart. */
export function hashOf(body) {
  let sum = 7;
  for (const char of JSON.stringify(body)) sum = (sum * 31 + char.codePointAt(0)) % 2_147_483_647;
  return sum.toString(36);
}
