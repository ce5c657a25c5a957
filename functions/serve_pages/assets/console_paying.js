// How what is due is paid: by a link, a code to scan, or outside Stripe; and the end of a visit, where it is.

import { element } from "./dom.js";
import { pictureOf } from "./console_files.js";
import { hashOf } from "./console_keys.js";
import { Mistake, ask, button, field, readAmount, select, textInput, toast, trouble, writeAmount } from "./console_parts.js";
import { chance } from "./kept.js";

/** How money comes in outside Stripe, as it is chosen and shown. */
export const OUTSIDE = { cash: "Cash", card_terminal: "Card terminal", transfer: "Bank transfer", voucher: "Voucher" };

/** Return what can be recorded as paid outside Stripe: what is due, else what is owed of fees. */
export function dueNow(booking) {
  return booking.amount_due || booking.fees.reduce((sum, each) => sum + each.amount_owed, 0);
}

/** Return the buttons by which a client can pay what is due. */
export function waysToPay(app, booking, again) {
  const hasLink = booking.amount_due > 0 && app.location.visit_link_enabled && booking.status !== "awaiting_payment";
  return [
    hasLink && booking.client && button("Email the link", () => mailLink(app, booking, again)),
    hasLink && button("Copy link", () => copyLink(app, booking)),
    hasLink && button("QR code", () => showQr(app, booking)),
    dueNow(booking) > 0 && button("Record a payment", () => askToRecord(app, booking, again)),
  ].filter(Boolean);
}

/** Note that the visit took place; where something is due, show how it is paid. */
export function askToComplete(app, booking, again) {
  const money = (minor) => app.money(minor, booking.currency);
  const held = booking.amount_authorized;
  const due = Math.max(0, booking.amount_due - held);
  ask({
    title: "The visit took place?",
    body: [element("p", {}, [
      booking.starts_at && `The visit of ${app.visit(booking)}.`,
      held > 0 ? `The ${money(held)} held on the card is captured now.` : "Nothing is charged by it.",
      due > 0 && `${money(due)} is still due: the next step shows how it can be paid.`,
    ].filter(Boolean).join(" "))],
    label: "Complete",
    go: async () => {
      const now = await app.api.post(app.path("bookings", booking.booking_id, "complete"), {});
      toast("The visit is completed.");
      await again();
      return due > 0 ? () => showDue(app, now, again) : null;
    },
  });
}

function showDue(app, booking, again) {
  if (booking.amount_due <= 0) return;
  const shown = ask({
    title: `${app.money(booking.amount_due, booking.currency)} is due`,
    body: [
      element("p", {}, "A saved card is not charged for it. The client pays by link or code, or you note what they pay here."),
      element("div", { class: "row", onclick: (event) => event.target.closest("button") && shown.dialog.close() }, waysToPay(app, booking, again)),
    ],
  });
}

/** Note what was paid outside Stripe. */
export function askToRecord(app, booking, again) {
  const { currency } = booking;
  const most = dueNow(booking);
  const amount = textInput(writeAmount(most, currency), { inputmode: "decimal" });
  const method = select(Object.entries(OUTSIDE), "cash");
  const note = textInput("");
  const key = chance();
  ask({
    title: "Record a payment",
    body: [
      field(`Amount in ${currency.toUpperCase()}`, amount, { pointer: "/amount", hint: `Up to ${app.money(most, currency)}` }),
      field("Paid by", method, { pointer: "/method" }),
      field("Note for your team", note, { pointer: "/note", hint: "The client does not see it." }),
      element("p", { class: "small soft" }, "It lowers what is due. It is not in Stripe, so it is never refunded from here; a mistake is voided."),
    ],
    label: "Record",
    go: async () => {
      const minor = readAmount(amount.value, currency);
      if (!minor || minor > most) throw new Mistake("/amount", `Write an amount up to ${app.money(most, currency)}.`);
      const body = { amount: minor, method: method.value };
      if (note.value.trim()) body.note = note.value.trim();
      await app.api.post(app.path("bookings", booking.booking_id, "payments"), body, { "idempotency-key": `${key}-${hashOf(body)}` });
      toast(`${app.money(minor, currency)} is recorded as paid.`);
      await again();
    },
  });
}

/** Void what was recorded by mistake, or given back. */
export function askToVoid(app, booking, payment, again) {
  const note = textInput("");
  const sum = app.money(payment.amount, booking.currency);
  ask({
    title: "Void this payment?",
    body: [
      element("p", {}, `The ${sum} no longer counts and is due again, by link. Nothing is charged, and the entry stays with your note.`),
      field("Why", note, { pointer: "/note" }),
    ],
    label: `Void ${sum}`,
    kind: "danger",
    go: async () => {
      if (!note.value.trim()) throw new Mistake("/note", "Say why, for whoever asks later.");
      await app.api.post(app.path("bookings", booking.booking_id, "payments", payment.payment_id, "void"), { note: note.value.trim() });
      toast("The payment is voided.");
      await again();
    },
  });
}

/** Send a new payment link to the client. */
export function mailLink(app, booking, again) {
  ask({
    title: "Send the payment link?",
    body: [element("p", {}, `${booking.client.email} gets a link to pay ${app.money(booking.amount_due, booking.currency)}.`)],
    label: "Send",
    go: async () => {
      await app.api.post(app.path("bookings", booking.booking_id, "payment-link"), { email: true });
      toast("The link is on its way.");
      await again();
    },
  });
}

/** Make a payment link, copy it and show it. */
export async function copyLink(app, booking) {
  try {
    const made = await app.api.post(app.path("bookings", booking.booking_id, "payment-link"), {});
    const copied = await navigator.clipboard.writeText(made.pay_url).then(() => true, () => false);
    ask({
      title: "Payment link",
      body: [
        field(`Pays ${app.money(made.amount_due, made.currency)}`, textInput(made.pay_url, { readonly: true, dir: "ltr" })),
        element("p", { class: "soft" }, copied ? "It is copied." : "Copy it from the field."),
      ],
    });
  } catch (failed) {
    ask({ title: "Payment link", body: [trouble(failed, () => copyLink(app, booking))] });
  }
}

/** Show the link as a code to scan from the screen. */
export async function showQr(app, booking) {
  const sum = app.money(booking.amount_due, booking.currency);
  try {
    const src = await pictureOf(await app.api.file(app.path("bookings", booking.booking_id, "qr.svg")));
    ask({
      title: `Scan to pay ${sum}`,
      body: [element("img", { src, class: "qr", alt: `QR code of the link that pays ${sum}` })],
    });
  } catch (failed) {
    ask({ title: `Scan to pay ${sum}`, body: [trouble(failed, () => showQr(app, booking))] });
  }
}
