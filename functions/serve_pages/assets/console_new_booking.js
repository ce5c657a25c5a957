// A booking that staff make: what, with whom, when, for whom, and what is asked of the client.

import { element, notice } from "./dom.js";
import { TimeChoice } from "./console_free.js";
import { instantOf } from "./console_clock.js";
import { hashOf } from "./console_keys.js";
import { showQr } from "./console_paying.js";
import { Mistake, ask, button, field, natural, readAmount, select, textInput, tick, toast, trouble, writeAmount } from "./console_parts.js";
import { chance } from "./kept.js";

const SUGGEST_MS = 250;
const FEWEST_CHARS = 2;
const SUGGESTED = 5;
const PAGE_OF_CLIENTS = 20;
const USUAL_MINUTES = 60;
const OWN_TERMS = [
  ["full", "The whole price"], ["deposit", "A deposit of"], ["hold", "A hold on the card"], ["card_on_file", "A saved card"],
];

/** Ask for a new booking; `at` is `{startsAt, employeeId}`, and `again` is called when it is made. */
export async function askForBooking(app, at, again) {
  const form = new BookingForm(app, await app.catalogue(), at);
  const key = chance();
  ask({
    title: "New booking",
    label: "Book",
    wide: true,
    guards: true,
    doing: "Booking",
    body: form.parts(),
    go: async () => {
      const body = form.read();
      const made = await app.api.post(app.path("bookings"), body, { "idempotency-key": `${key}-${hashOf(body)}` }).catch((failed) => {
        form.overlap.made.hidden = failed.code !== "slot_taken";
        throw failed;
      });
      await again();
      return () => showMade(app, made);
    },
  });
  form.times.load();
}

class BookingForm {
  constructor(app, names, { startsAt, employeeId }) {
    Object.assign(this, { app, names });
    const { currency } = app.location;
    const choices = [...names.services.values()].filter((each) => each.currency === currency).map((each) => [each.service_id, each.name]);
    this.service = select([...choices, ["", "Something else"]], choices[0]?.[0] ?? "", { onchange: () => this.#serviceChanged() });
    this.what = textInput("");
    this.amount = textInput("", { inputmode: "decimal" });
    this.minutes = textInput("", { inputmode: "numeric" });
    this.times = new TimeChoice(app, names, {
      startsAt, employeeId: employeeId || this.#able()[0]?.employee_id, minutes: USUAL_MINUTES,
      isAble: (id) => this.#able().some((each) => each.employee_id === id),
    });
    this.client = new ClientFields(app);
    this.terms = select([
      ["none", "Nothing: the client pays at the visit, or by link"], ["apply", "What the payment terms say"], ["own", "Something of its own"],
    ], "none", { onchange: () => this.#termsChanged() });
    this.own = select(OWN_TERMS, "full", { onchange: () => this.#termsChanged() });
    this.percent = textInput("30", { inputmode: "numeric" });
    this.payBy = textInput("", { type: "datetime-local" });
    this.notify = tick("Email the client a confirmation", true);
    this.overlap = tick("Book it although that time is not free", false);
    this.overlap.made.hidden = true;
  }

  #able() {
    const { employee_ids: ids } = this.names.services.get(this.service.value) ?? {};
    return [...this.names.employees.values()].filter((each) => ids?.includes(each.employee_id) ?? true);
  }

  parts() {
    const { currency } = this.app.location;
    this.whatField = field("What for", this.what, { pointer: "/description" });
    this.percentField = field("Percent", this.percent, { pointer: "/terms/prepayment/percent" });
    this.ownField = field("The client pays", this.own, { pointer: "/terms" });
    this.payByField = field("Pay by", this.payBy, {
      pointer: "/pay_by", hint: "Until then the time is kept. Left empty: 24 hours, and never past the start.",
    });
    this.says = element("div", { "aria-live": "polite" });
    const made = element("div", { class: "stack" },
      field("Service", this.service, { pointer: "/service_id" }), this.whatField,
      element("div", { class: "pair" }, field(`Price in ${currency.toUpperCase()}`, this.amount, { pointer: "/amount" }),
        field("Minutes", this.minutes, { pointer: "/duration_minutes" })),
      this.times.parts, this.overlap.made, this.client.parts,
      field("Asked of the client in advance", this.terms, { pointer: "/terms" }),
      element("div", { class: "pair" }, this.ownField, this.percentField), this.payByField, this.notify.made, this.says);
    this.#serviceChanged();
    this.#termsChanged();
    this.client.parts.addEventListener("input", () => this.#termsChanged());
    return [made];
  }

  #serviceChanged() {
    const service = this.names.services.get(this.service.value);
    this.whatField.hidden = Boolean(service);
    this.amount.value = writeAmount(service?.price, this.app.location.currency);
    this.times.minutes = service?.duration_minutes ?? USUAL_MINUTES;
    this.minutes.value = String(this.times.minutes);
    this.times.fillEmployees();
    if (this.says?.isConnected) this.times.load();
  }

  #termsChanged() {
    const [asks, own] = [this.terms.value, this.own.value];
    this.ownField.hidden = asks !== "own";
    this.percentField.hidden = asks !== "own" || own !== "deposit";
    this.payByField.hidden = asks === "none";
    this.notify.made.hidden = !this.client.email.value.trim();
    this.says.replaceChildren(notice("", asks === "none"
      ? "Confirmed at once, and nothing is charged. You get a link and a code that the client can pay with."
      : "The time waits for the client, who accepts the terms and pays by the link; then it is confirmed. Unpaid, it is free again."));
  }

  read() {
    const { currency } = this.app.location;
    const service = this.names.services.get(this.service.value);
    const minor = readAmount(this.amount.value, currency);
    if (!service && !this.what.value.trim()) throw new Mistake("/description", "Say what it is for.");
    if (!minor && !(service && minor === 0)) throw new Mistake("/amount", "Write an amount such as 45.00.");
    const { starts_at, employee_id } = this.times.value;
    if (!starts_at) throw new Mistake("/starts_at", "Choose a day and a time.");
    const minutes = Number(this.minutes.value);
    if (!Number.isInteger(minutes) || minutes < 5) throw new Mistake("/duration_minutes", "Write minutes, at least 5.");
    const body = { starts_at, duration_minutes: minutes };
    if (service) body.service_id = service.service_id;
    else body.description = this.what.value.trim();
    if (minor !== service?.price) Object.assign(body, { amount: minor, currency });
    if (employee_id) body.employee_id = employee_id;
    if (this.overlap.control.checked) body.allow_overlap = true;
    return { ...body, ...this.client.read(this.notify.control.checked), ...this.#readTerms() };
  }

  #readTerms() {
    const asks = this.terms.value;
    if (asks === "none") return {};
    const read = { terms: asks };
    if (asks === "own") {
      const prepayment = { type: this.own.value };
      if (prepayment.type === "deposit") prepayment.percent = Number(this.percent.value);
      read.terms = { prepayment };
    }
    if (this.payBy.value) read.pay_by = instantOf(this.payBy.value, this.app.location.timezone);
    return read;
  }
}

/** Who a booking is for: known clients are suggested as a name, an address or a number is typed. */
class ClientFields {
  constructor(app) {
    this.app = app;
    this.name = textInput("", { dir: "auto" });
    this.email = textInput("", { type: "email", dir: "ltr" });
    this.phone = textInput("", { type: "tel", dir: "ltr" });
    this.known = element("div", { class: "row tight", role: "group", "aria-label": "Known clients", "aria-live": "polite", "data-aside": true });
    this.parts = element("div", { class: "stack" },
      field("Client's name", this.name, { pointer: "/client/name", hint: "Known clients are suggested as you type. Name and email together, or none." }),
      this.known,
      element("div", { class: "pair" }, field("Email", this.email, { pointer: "/client/email" }), field("Phone", this.phone, { pointer: "/client/phone" })));
    for (const control of [this.name, this.email, this.phone]) {
      control.addEventListener("input", () => {
        clearTimeout(this.wait);
        this.wait = setTimeout(() => this.suggest(control.value.trim()), SUGGEST_MS);
      });
    }
  }

  async suggest(text) {
    this.asked = text;
    if (text.length < FEWEST_CHARS) return this.known.replaceChildren();
    try {
      const { items } = await this.app.api.get(this.app.path("bookings"), { q: text, limit: PAGE_OF_CLIENTS });
      if (this.asked !== text) return null;
      const clients = new Map(items.filter((each) => each.client).map((each) => [each.client.email, each.client]));
      return this.known.replaceChildren(...[...clients.values()].slice(0, SUGGESTED).map((client) => {
        const made = button("", () => this.choose(client));
        made.append(natural(client.name), element("span", { class: "soft small" }, natural(client.email)));
        return made;
      }));
    } catch (failed) {
      return this.known.replaceChildren(trouble(failed, () => this.suggest(text)));
    }
  }

  choose({ name, email, phone }) {
    [this.name.value, this.email.value, this.phone.value] = [name, email, phone ?? ""];
    this.known.replaceChildren();
    this.email.dispatchEvent(new Event("input", { bubbles: true }));
    clearTimeout(this.wait);
    this.name.focus();
  }

  read(notifies) {
    const [name, email, phone] = [this.name, this.email, this.phone].map((each) => each.value.trim());
    if (!name && !email && !phone) return {};
    if (!name) throw new Mistake("/client/name", "Write the client's name too.");
    if (!email) throw new Mistake("/client/email", "Write the client's email too.");
    return { client: { name, email, ...(phone && { phone }) }, notify: notifies };
  }
}

// What is made, with its link and its code at once.
function showMade(app, made) {
  const open = element("a", { class: "button", href: app.link("bookings", made.booking_id), onclick: () => shown.dialog.close() }, "Open the booking");
  const pays = made.pay_url && made.amount_due > 0;
  const shown = ask({
    title: made.status === "confirmed" ? "Booked" : "The time is kept until it is paid",
    body: [
      element("p", {}, natural(made.client?.name ?? made.description), made.starts_at && `, ${app.visit(made)}`),
      pays && field(`The link pays ${app.money(made.amount_due, made.currency)}`, textInput(made.pay_url, { readonly: true, dir: "ltr" })),
      element("div", { class: "row" }, open, pays && button("QR code", () => showQr(app, made)), pays && button("Copy link", () => copyText(made.pay_url))),
    ],
  });
}

async function copyText(text) {
  const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
  toast(copied ? "The link is copied." : "Copy the link from its field.");
}
