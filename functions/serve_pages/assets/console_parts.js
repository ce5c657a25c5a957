// The parts that the console's pages are made of: badges, tables that are cards on phones, lists with
// their states, dialogs, forms, toasts.

import { element, icon, notice, setBusy } from "./dom.js";
import { exponentOf } from "./format.js";
import { hasUnsaved, watchChanges } from "./console_unsaved.js";
import { mistakeInWords } from "./console_words.js";

/** How many entries a list asks for at once. */
export const PAGE_LIMIT = 25;

/** Return a state as a word on its colour. */
export function badge([text, kind]) {
  return element("span", { class: `badge ${kind}` }, text);
}

/** Return a button; `kind` is main, danger, quiet or "". */
export function button(text, onclick, kind = "") {
  return element("button", { type: "button", class: `button ${kind}`.trim(), onclick }, text);
}

/** Return a card with a heading. */
export function card(title, ...parts) {
  return element("section", { class: "card" },
    element("h2", { class: "card-title" }, title), ...parts);
}

/** Return text that may run from right to left. */
export function natural(text) { return element("bdi", {}, text); }

/** Return a table; each column is `{name, cell, kind}`, where `cell` makes a row's content.
 *
 * On phones a row is a card: the roles say that it is a table still.
 */
export function table(caption, columns, rows) {
  const head = columns.map(({ name, kind }) =>
    element("th", { scope: "col", role: "columnheader", class: kind }, name));
  const body = rows.map((row) => element("tr", { role: "row" }, columns.map(({ name, cell, kind }) =>
    element("td", { role: "cell", class: kind, "data-name": name }, cell(row)))));
  return element("table", { role: "table", class: "list" },
    element("caption", { class: "unseen" }, caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head)),
    element("tbody", { role: "rowgroup" }, body));
}

/** Let a table's rows be short on phones: two cells beside each other, the first and what is said in words alone. */
export function dense(made) {
  made.classList.add("dense");
  return made;
}

/** Return what stands where nothing is. */
export function empty(title, text, more = null) {
  return element("div", { class: "empty" }, icon("info", 28),
    element("p", { class: "strong" }, title), element("p", { class: "soft" }, text), more);
}

/** Return bars that stand for what is being loaded. */
export function skeleton(rows = 5) {
  return element("div", { class: "stack tight", role: "status" },
    element("span", { class: "unseen" }, "Loading"),
    Array.from({ length: rows }, () => element("div", { class: "skeleton bar", "aria-hidden": "true" })));
}

/** Fill a place with what `load` promises: a skeleton before, an error with a retry if it fails. */
export async function fill(place, load, show, rows = 5) {
  place.replaceChildren(skeleton(rows));
  place.setAttribute("aria-busy", "true");
  const turn = Symbol("turn");
  place.turn = turn;
  try {
    const loaded = await load();
    if (place.turn !== turn) return;
    place.replaceChildren(...[show(loaded)].flat().filter(Boolean));
  } catch (failed) {
    if (place.turn !== turn) return;
    place.replaceChildren(trouble(failed, () => fill(place, load, show, rows)));
  } finally {
    if (place.turn === turn) place.removeAttribute("aria-busy");
  }
}

/** Draw a place anew: where somebody is among its buttons, they stay, or come to `otherwise`. */
export function redrawn(place, parts, otherwise) {
  const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
  place.replaceChildren(...[parts].flat().filter(Boolean));
  if (focused !== null) focusOn(place, focused, otherwise);
}

function focusOn(place, text, otherwise) {
  const same = [...place.querySelectorAll("main button, main a")].find((each) => each.textContent === text);
  (same ?? otherwise)?.focus();
}

/** Return a box that tells what failed, with a way to try again where that may help. */
export function trouble(failed, again) {
  if (!failed.text) throw failed;
  return notice("bad", failed.text, failed.mayPass ? button("Try again", again) : null);
}

/** Show a list page by page: `show` makes one part of all items so far and the cursor of more, `load` fetches from one. */
export function growing(first, load, show) {
  let { items, next_cursor: cursor } = first;
  const place = element("div", { class: "stack" });
  const draw = () => {
    const more = cursor && button("Load more", async () => {
      try {
        const page = await load(cursor);
        items = [...items, ...page.items];
        cursor = page.next_cursor;
        draw();
      } catch (failed) {
        more.replaceWith(trouble(failed, draw));
      }
    });
    place.replaceChildren(...[show(items, cursor), more].filter(Boolean));
  };
  draw();
  return place;
}

/** Say that something was done; a screen reader hears it. `more` is a button that takes it back. */
export function toast(text, more = null) {
  const place = document.getElementById("toasts");
  const shown = element("div", { class: "toast", onclick: () => more && shown.remove() }, icon("check"), element("span", {}, text), more);
  place.append(shown);
  setTimeout(() => shown.remove(), more ? 20_000 : 7_000);
}

/** Ask in a dialog and do it.
 *
 * `body` is a list of parts; `go` is what the button does, and the dialog stays open with a
 * sentence where that throws; a function that it returns is called when the dialog is closed. With `guards` nothing that was typed is lost by closing it unasked.
 */
export function ask({
  title, body, label, kind = "main", go, doing = "One moment", wide = false, close: closing = go ? "Not now" : "Close", guards = false,
}) {
  const told = element("div", { class: "told" });
  const opener = document.activeElement?.textContent;
  const submit = element("button", { type: "submit", class: `button ${kind}` }, label);
  const close = () => {
    if (!hasUnsaved(form)) return dialog.close();
    told.replaceChildren(notice("warn", "What you have typed is not saved yet.", button("Discard it", () => {
      forget();
      dialog.close();
    })));
    return told.querySelector("button").focus();
  };
  const form = element("form", { class: "stack", novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled")) return;
    clearMistakes(form);
    told.replaceChildren();
    const end = setBusy(submit, doing);
    try {
      const next = await go();
      forget();
      dialog.close();
      if (typeof next === "function") next();
    } catch (failed) {
      end();
      told.replaceChildren(...showMistakes(form, failed));
    }
  } },
    element("h2", { id: "dialog-title" }, title), body, told,
    element("div", { class: "row ends" }, button(closing, close), go && submit));
  const dialog = element("dialog", {
    "aria-labelledby": "dialog-title", class: wide ? "wide" : null,
    onclose: () => {
      dialog.remove();
      // What had opened it may be drawn anew, or gone with what was done.
      if (document.activeElement === document.body) focusOn(document, opener, document.querySelector("main h1"));
    },
    oncancel: (event) => {
      if (!hasUnsaved(form)) return;
      event.preventDefault();
      close();
    },
  }, form);
  const forget = guards ? watchChanges(form) : () => {};
  document.body.append(dialog);
  dialog.showModal();
  (form.querySelector("input:not([readonly]), select, textarea") ?? (go ? submit : form.querySelector("button"))).focus();
  return { dialog, submit };
}

/** Say which bookings a change touches: "" where none is to come; of a look that was cut, the least. */
export function touchedInWords({ bookings_ahead: ahead, complete }) {
  if (!ahead) return complete ? "" : "Not all bookings were looked at: some may still be to come.";
  return `${complete ? "" : "At least "}${ahead} ${ahead === 1 ? "booking is" : "bookings are"} still to come.`;
}

let fieldNumber = 0;

/** Return a labelled control; `pointer` is where the API tells its mistakes. */
export function field(label, control, { hint = "", pointer = "" } = {}) {
  fieldNumber += 1;
  const id = `field-${fieldNumber}`;
  control.id = id;
  const described = hint ? `${id}-hint ${id}-error` : `${id}-error`;
  control.setAttribute("aria-describedby", described);
  return element("div", { class: "field", "data-pointer": pointer || null },
    element("label", { for: id }, label),
    hint && element("p", { class: "hint small", id: `${id}-hint` }, hint), control,
    element("p", { class: "error", id: `${id}-error` }));
}

/** Return a one-line text field's control. */
export function textInput(value = "", attributes = {}) {
  const made = element("input", { type: "text", autocomplete: "off", ...attributes });
  made.value = value ?? "";
  return made;
}

/** Return a choice's control; `choices` are `[value, text]`. */
export function select(choices, value, attributes = {}) {
  const made = element("select", attributes, choices.map(([each, text]) =>
    element("option", { value: each }, text)));
  made.value = value ?? choices[0]?.[0] ?? "";
  return made;
}

/** Return a box to tick with its label. */
export function tick(label, checked, more = {}) {
  const control = element("input", { type: "checkbox", ...more });
  control.checked = checked;
  const made = element("label", { class: "tick" }, control, element("span", { dir: "auto" }, label));
  return { control, made };
}

/** Return an int of minor units from what somebody wrote, such as `12.50` or `12,5`, else null. */
export function readAmount(text, currency) {
  const decimals = exponentOf(currency);
  const found = text.trim().match(/^(\d{1,12})(?:[.,](\d*))?$/);
  if (!found || (found[2] ?? "").length > decimals) return null;
  return Number(found[1]) * 10 ** decimals + Number((found[2] ?? "").padEnd(decimals, "0") || 0);
}

/** Return an int of minor units as it is written into a field. */
export function writeAmount(minor, currency) {
  const decimals = exponentOf(currency);
  return minor === null || minor === undefined ? "" : (minor / 10 ** decimals).toFixed(decimals);
}

/** A mistake that the form itself finds, told as the API tells its own. */
export class Mistake extends Error {
  constructor(pointer, detail) {
    super(detail);
    this.text = detail;
    this.errors = [{ pointer, detail }];
  }
}

/** Take the mistakes of a form away. */
export function clearMistakes(form) {
  for (const place of form.querySelectorAll(".error")) place.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/** Put each mistake under its field, and return boxes with those that have none. */
export function showMistakes(form, failed) {
  if (!failed.text) throw failed;
  const left = [];
  let first = null;
  for (const { pointer, detail } of failed.errors ?? []) {
    const place = [...form.querySelectorAll("[data-pointer]")]
      .filter((each) => pointer === each.dataset.pointer || pointer.startsWith(`${each.dataset.pointer}/`))
      .sort((one, other) => other.dataset.pointer.length - one.dataset.pointer.length)[0];
    const control = place?.querySelector("input, select, textarea");
    if (!control) {
      left.push(`${pointer}: ${detail}`);
      continue;
    }
    place.querySelector(".error").textContent = mistakeInWords(detail);
    for (let around = control.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
    control.setAttribute("aria-invalid", "true");
    first ??= control;
  }
  first?.focus();
  if (first && !left.length) return [];
  return [notice("bad", [failed.text, ...left].join(" "))];
}

/** Save a form with one button; mistakes stand at their fields. */
export function saving(form, submit, told, save) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled")) return;
    clearMistakes(form);
    told.replaceChildren();
    const end = setBusy(submit, "Saving");
    try {
      await save();
    } catch (failed) {
      told.replaceChildren(...showMistakes(form, failed));
    } finally {
      end();
    }
  });
}
