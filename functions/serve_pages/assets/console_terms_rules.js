// The parts of payment terms: what is paid in advance, fees, and rows that come and go.

import { element } from "./dom.js";
import { Mistake, button, field, readAmount, select, textInput, tick, writeAmount } from "./console_parts.js";

// What may be asked of clients when they book: the type, its name, and what it means.
const PREPAYMENTS = [
  ["none", "Nothing: paid at the visit", "Nothing is paid online."],
  ["full", "All of the price", "The whole price is paid when booking."],
  ["deposit", "A deposit", "A part is paid when booking, the rest at the visit."],
  ["hold", "The price is held on the card", "The price is reserved on the card, and taken when you complete the visit. "
    + "Cards hold an amount for a week: for visits that end more than six days ahead the card is saved instead."],
  ["card_on_file", "The card is saved, nothing is charged", "The card is charged only if a fee becomes due."],
];
const FEES = [["none", "Free"], ["percent", "Part of the price"], ["fixed", "A fixed amount"], ["full", "All of the price"]];

/** Return what edits a prepayment; `pointer` is where it stands in the terms. */
export function prepaymentEditor(app, given, pointer) {
  const { currency } = app.location;
  const type = select(PREPAYMENTS, given.type);
  const means = element("p", { class: "hint small soft" });
  const unit = select([["percent", "percent of the price"], ["amount", currency.toUpperCase()]],
    given.amount ? "amount" : "percent", { "aria-label": "The deposit is in" });
  const size = textInput(given.amount ? writeAmount(given.amount, currency) : given.percent ?? 30, { inputmode: "decimal" });
  const above = textInput(given.above ? writeAmount(given.above, currency) : "", { inputmode: "decimal", class: "short" });
  const onlyAbove = field(`Only where the price is above (${currency.toUpperCase()})`, above,
    { pointer: `${pointer}/above`, hint: "Cheaper services are paid at the visit. Empty: always asked for." });
  const optional = tick("The client may choose to pay at the visit instead", given.required === false);
  optional.made.dataset.pointer = `${pointer}/required`;
  const deposit = element("div", { class: "pair", "data-pointer": `${pointer}/amount` },
    field("Deposit", size, { pointer: `${pointer}/percent` }), field("In", unit));
  const show = () => {
    deposit.hidden = type.value !== "deposit";
    optional.made.hidden = onlyAbove.hidden = type.value === "none";
    means.textContent = PREPAYMENTS.find(([each]) => each === type.value)[2];
  };
  type.addEventListener("change", show);
  show();
  return {
    // As in a headline: "A deposit: 30 %".
    words: () => {
      const name = PREPAYMENTS.find(([each]) => each === type.value)[1];
      const sign = unit.value === "percent" ? " %" : ` ${currency.toUpperCase()}`;
      return type.value === "deposit" ? `${name}, ${size.value}${sign}` : name;
    },
    made: element("div", { class: "stack" }, field("Clients pay", type, { pointer: `${pointer}/type` }), means, deposit, onlyAbove, optional.made),
    read: () => {
      const read = { type: type.value, required: type.value === "none" || !optional.control.checked };
      if (type.value === "deposit") read[unit.value] = sizeOf(app, size, unit.value);
      if (type.value !== "none" && above.value.trim()) read.above = sizeOf(app, above, "amount");
      return read;
    },
  };
}

function sizeOf(app, control, unit) {
  // Rows move up when one before them goes: the field knows where it is now.
  const { pointer } = control.closest("[data-pointer]").dataset;
  if (unit === "percent") {
    if (!/^\d{1,3}$/.test(control.value.trim())) throw new Mistake(pointer, "Write a whole number from 1 to 100.");
    return Number(control.value);
  }
  const minor = readAmount(control.value, app.location.currency);
  if (!minor) throw new Mistake(pointer, "Write an amount such as 20.00.");
  return minor;
}

/** Return what edits a fee. */
export function feeEditor(app, label, given, pointer) {
  const { currency } = app.location;
  const type = select(FEES, given.type);
  const size = textInput(given.type === "fixed" ? writeAmount(given.amount, currency) : given.percent ?? 50, { inputmode: "decimal" });
  const sized = element("div", { "data-pointer": `${pointer}/amount` }, field("How much", size, { pointer: `${pointer}/percent` }));
  const sign = sized.querySelector("label");
  const show = () => {
    sized.hidden = !["percent", "fixed"].includes(type.value);
    sign.textContent = type.value === "fixed" ? `How much (${currency.toUpperCase()})` : "How much (percent)";
  };
  type.addEventListener("change", show);
  show();
  return {
    made: element("div", { class: "pair" }, field(label, type, { pointer: `${pointer}/type` }), sized),
    read: () => {
      if (type.value === "percent") return { type: "percent", percent: sizeOf(app, size, "percent") };
      if (type.value === "fixed") return { type: "fixed", amount: sizeOf(app, size, "amount") };
      return { type: type.value };
    },
  };
}

/** Return rows that come and go; a row tells of itself by its place in the list. */
export function rowsEditor(title, add, base, given, make, about) {
  let rows = [];
  const place = element("div", { class: "stack" });
  const remove = (row) => {
    const from = rows.indexOf(row);
    rows = rows.filter((each) => each !== row);
    row.place.remove();
    rows.slice(from).forEach((each, number) => renumber(each.place, base, from + number));
    more.focus();
    more.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const append = (one) => {
    const row = make(one, `${base}/${rows.length}`);
    row.place = element("div", { class: "row-box" }, row.made,
      button("Remove", () => remove(row), "quiet bad"));
    rows.push(row);
    place.append(row.place);
    return row;
  };
  const more = button(add, () => {
    append(null).place.querySelector("select, input").focus();
    more.dispatchEvent(new Event("input", { bubbles: true }));
  });
  given.forEach(append);
  return {
    made: element("fieldset", { class: "stack" }, element("legend", { class: "strong" }, title),
      element("p", { class: "small soft" }, about), place, element("div", {}, more)),
    read: () => rows.map((row) => row.read()),
  };
}

function renumber(place, base, number) {
  for (const each of place.querySelectorAll(`[data-pointer^="${base}/"]`)) {
    const [, ...rest] = each.dataset.pointer.slice(base.length + 1).split("/");
    each.dataset.pointer = [base, number, ...rest].join("/");
  }
}

