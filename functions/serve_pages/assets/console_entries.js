// What services and employees have in common: their ids, and how one is deleted.

import { element } from "./dom.js";
import { plain } from "./format.js";
import { ask, button, natural, toast, touchedInWords } from "./console_parts.js";

/** Return what an id begins with that is read off a name: `Łódź 2` gives `lodz-2`. */
export function idOf(name, most) {
  return plain(name).replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, most);
}

/** Return an id that is read off a name, with some chance in it: names may be alike, or in any script. */
export function newId(name) {
  const [chosen] = crypto.getRandomValues(new Uint32Array(1));
  return `${idOf(name, 24) || "entry"}-${chosen.toString(36)}`;
}

/** Return the buttons of an entry. */
export function entryButtons(name, change, remove, ...more) {
  const [one, other] = [button("Edit", change), button("Delete", remove, "quiet bad")];
  one.setAttribute("aria-label", `Edit ${name}`);
  other.setAttribute("aria-label", `Delete ${name}`);
  return element("div", { class: "row tight" }, one, ...more, other);
}

/** Ask before an entry is deleted, and say what depends on it: bookings, and what `more` knows of. */
export async function askToDelete(app, kind, id, name, more, again) {
  // What is not known is not claimed: the question comes all the same.
  const path = app.path(`${kind}s`, id);
  const dry = await app.api.remove(`${path}?dry_run=true`).catch(() => null);
  const depends = [dry && touchedInWords(dry.touches), ...more].filter(Boolean);
  ask({
    title: `Delete this ${kind}?`,
    body: [element("p", {}, natural(name), " can no longer be booked. Bookings that are made stay."),
      depends.length > 0 && element("ul", { class: "bullets" }, depends.map((each) => element("li", { dir: "auto" }, each)))].filter(Boolean),
    label: "Delete",
    kind: "danger",
    go: async () => {
      await app.api.remove(path);
      toast(`The ${kind} is deleted.`);
      again();
    },
  });
}

/** Say which exceptions of the payment terms name a service or an employee. */
export function exceptionsInWords(terms, field, id) {
  const number = terms.overrides.filter((each) => each[field] === id).length;
  if (!number) return "";
  return number === 1 ? "One exception in the payment terms is for it, and no longer applies."
    : `${number} exceptions in the payment terms are for it, and no longer apply.`;
}
