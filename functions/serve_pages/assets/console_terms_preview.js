// What unsaved payment terms would ask of clients, beside the form.

import { element, facts, notice } from "./dom.js";
import { card, field, fill, select, showMistakes } from "./console_parts.js";

const PREVIEW_MS = 400;

/** Return a card that shows it, anew after each change. */
export function previewCard(app, form, read, employees) {
  const who = select([["", "Anyone"], ...employees], "");
  const place = element("div", { class: "stack", "aria-live": "polite" });
  let waiting = 0;
  let newest = 0;
  const refresh = async () => {
    newest += 1;
    const mine = newest;
    try {
      const path = app.path("terms", "preview") + (who.value ? `?employee_id=${encodeURIComponent(who.value)}` : "");
      const told = await app.api.post(path, read());
      if (mine === newest) place.replaceChildren(...previewOf(app, told));
    } catch (failed) {
      if (mine === newest) place.replaceChildren(...showMistakes(place, failed));
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PREVIEW_MS);
  };
  const change = (event) => event.target.closest("[data-aside]") ?? soon();
  form.addEventListener("input", change);
  form.addEventListener("change", change);
  who.addEventListener("change", refresh);
  fill(place, () => app.api.post(app.path("terms", "preview"), read()), (told) => previewOf(app, told));
  const made = card("What a client would see", field("Booking with", who), place);
  made.classList.add("stays");
  made.dataset.aside = "";
  return made;
}

function previewOf(app, told) {
  const money = (minor) => app.money(minor);
  const says = ({ due }) => ({
    pay: [`${money(due.amount_now)} now`, due.amount_remaining && `${money(due.amount_remaining)} at the visit`].filter(Boolean).join(", "),
    hold: `${money(due.amount_now)} held on the card`,
    save_card: "Card saved, nothing charged",
    at_visit: "Paid at the visit",
  }[due.mode]);
  const choice = (each) => (each.due_if_not_now ? " or at the visit" : "");
  return [
    told.items.length ? facts(told.items.map((each) => [`${each.name} (${money(each.price)})`, says(each) + choice(each)]))
      : element("p", { class: "soft" }, "There are no services yet."),
    element("blockquote", { class: "policy" }, told.terms_text),
    ...warnings(told.warnings),
  ];
}

/** Return what the API warns of. */
export function warnings(found) {
  return found.map((each) => notice("warn", each.detail ?? String(each)));
}
