// A client: all their visits, what they come to, what they accepted, what staff noted.

import { element, facts } from "./dom.js";
import { Live } from "./console_live.js";
import { bookingTable } from "./console_bookings.js";
import { card, fill, natural, redrawn, table } from "./console_parts.js";
import { bookingState } from "./console_words.js";

/** Show a client, named by an id that tells nothing of them. */
export function showClient(app, main, clientId) {
  const title = element("h1", { tabindex: -1, dir: "auto" }, "Client");
  const place = element("div", { class: "stack" });
  main.append(app.backLink(), title, place);
  const live = new Live(app.api, app.path("clients", clientId));
  fill(place, () => Promise.all([live.load(), app.catalogue()]), ([client, names]) => {
    const draw = (now) => {
      title.textContent = now.name ?? "Client";
      document.title = `${title.textContent} · ${app.location.name}`;
      return drawnClient(app, now, names);
    };
    live.follow(place, (now) => redrawn(place, draw(now), title));
    return draw(client);
  }, 6);
}

function drawnClient(app, client, names) {
  const noted = client.bookings.filter((each) => each.note);
  const agreed = client.bookings.filter((each) => each.terms?.accepted_at);
  return [
    element("div", { class: "columns even" },
      card("Client", facts([["Email", client.email], ["Phone", client.phone],
        ...Object.entries(client.by_status).map(([status, number]) => [bookingState(status)[0], String(number)])]),
      app.is("owner") && element("a", { href: app.link("client-data", client.client_id) }, "Export or erase")),
      card("Money", ...client.money.map(({ currency, ...sums }) => facts([
        ["Paid", app.money(sums.amount_captured, currency)], ["Refunded", app.money(sums.amount_refunded, currency)],
        ["Still due", app.money(sums.amount_due, currency), "sum"],
      ])))),
    element("h2", {}, "Visits"),
    !client.complete && element("p", { class: "small soft" }, "There are more than the 200 that are shown and summed up here."),
    bookingTable(app, client.bookings, names),
    noted.length > 0 && card("Notes", table("Notes", [
      { name: "Visit", cell: (each) => toVisit(app, each) }, { name: "Note", cell: (each) => natural(each.note) },
    ], noted)),
    agreed.length > 0 && card("Terms that they accepted", table("Terms that they accepted", [
      { name: "Visit", cell: (each) => toVisit(app, each) },
      { name: "Accepted", cell: (each) => app.moment(each.terms.accepted_at) },
      { name: "Terms", cell: (each) => element("span", { class: "small", dir: "auto" }, each.terms.text) },
    ], agreed)),
  ];
}

function toVisit(app, booking) {
  return element("a", { href: app.link("bookings", booking.booking_id) },
    booking.starts_at ? app.visit(booking) : natural(booking.description));
}
