// A booking's client: their mails, whether they arrived, and the address that they go to.

import { element } from "./dom.js";
import { chance } from "./kept.js";
import { ask, badge, button, empty, field, fill, table, textInput, toast, trouble } from "./console_parts.js";
import { mailState, readable } from "./console_words.js";

/** Show what the client was mailed; each kind can be sent again. */
export function showMails(app, booking, again) {
  const place = element("div", {});
  ask({ title: "Emails to the client", body: [place], wide: true });
  fill(place, () => app.api.get(app.path("bookings", booking.booking_id, "messages")),
    ({ items }) => (items.length ? mails(app, booking, items, place, again) : empty("No emails yet", "Nothing was sent.")), 3);
}

function mails(app, booking, items, place, again) {
  const newest = new Map(items.map((each) => [each.kind, each]));
  return table("Emails to the client", [
    { name: "Email", cell: (each) => element("div", {}, readable(each.kind),
      element("div", { class: "small soft" }, app.moment(each.at))) },
    { name: "To", cell: (each) => (each.to ? element("bdi", {}, each.to) : "erased") },
    { name: "State", cell: (each) => badge(mailState(each)) },
    { name: "Again", cell: (each) => (newest.get(each.kind) === each && booking.client
      ? resend(app, booking, each, place, again) : "") },
  ], [...items].reverse());
}

function resend(app, booking, mail, place, again) {
  const key = chance();
  const made = button("Send again", async () => {
    try {
      await app.api.post(app.path("bookings", booking.booking_id, "messages", mail.kind, "resend"), {},
        { "idempotency-key": key });
      toast(`The email is on its way to ${booking.client.email}.`);
      await again();
    } catch (failed) {
      place.append(trouble(failed));
    }
  });
  made.setAttribute("aria-label", `Send ${readable(mail.kind)} again`);
  return made;
}

/** Correct the client's name, address or number. */
export function askToCorrect(app, booking, again) {
  const { client } = booking;
  const name = textInput(client.name, { dir: "auto" });
  const email = textInput(client.email, { type: "email", dir: "ltr" });
  const phone = textInput(client.phone ?? "", { dir: "ltr" });
  ask({
    title: "Correct the client",
    body: [
      field("Name", name, { pointer: "/client/name" }),
      field("Email", email, { pointer: "/client/email",
        hint: "With another address, links and pages that the former one has end. Send the emails again." }),
      field("Phone", phone, { pointer: "/client/phone" }),
    ],
    label: "Save",
    go: async () => {
      const changed = { name: name.value.trim(), email: email.value.trim(), phone: phone.value.trim() || null };
      await app.api.patch(app.path("bookings", booking.booking_id), { client: changed });
      toast("The client is corrected.");
      await again();
    },
  });
}

/** Write what staff should know of a booking. */
export function askForNote(app, booking, again) {
  const note = element("textarea", { rows: 4, dir: "auto" });
  note.value = booking.note ?? "";
  ask({
    title: "Note",
    body: [field("For your team", note, { pointer: "/note", hint: "The client does not see it." })],
    label: "Save",
    go: async () => {
      await app.api.patch(app.path("bookings", booking.booking_id), { note: note.value.trim() });
      toast("The note is saved.");
      await again();
    },
  });
}
