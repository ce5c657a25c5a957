// Forms of settings. A setting has the API's name, a label, and a line that says what it does.

import { element } from "./dom.js";
import { Mistake, field, readAmount, saving, select, textInput, tick, toast, writeAmount } from "./console_parts.js";
import { watchChanges } from "./console_unsaved.js";

const UNITS = [[1440, "days"], [60, "hours"], [1, "minutes"]];

function setting(name, label, hint, control, read) {
  const pointer = `/${name}`;
  return { name, pointer, control, read, made: field(label, control, { hint, pointer }) };
}

/** Return a setting of one line. */
export function textSetting(name, label, hint, value, attributes = {}) {
  const control = textInput(value, { dir: "auto", ...attributes });
  return setting(name, label, hint, control, () => control.value.trim());
}

/** Return a setting of some lines, an entry each. */
export function linesSetting(name, label, hint, lines) {
  const control = element("textarea", { rows: 3, spellcheck: "false", dir: "ltr" });
  control.value = lines.join("\n");
  return setting(name, label, hint, control,
    () => control.value.split(/[\n,]/).map((line) => line.trim()).filter(Boolean));
}

/** Return a setting that is one of a list of `[value, text]`, or of `[group, choices]`. */
export function choiceSetting(name, label, hint, choices, value) {
  const control = Array.isArray(choices[0][1]) ? grouped(choices, value) : select(choices, value);
  return setting(name, label, hint, control, () => control.value);
}

function grouped(groups, value) {
  const option = ([each, text]) => element("option", { value: each }, text);
  const made = element("select", {}, groups.map(([group, choices]) =>
    element("optgroup", { label: group }, choices.map(option))));
  made.value = value;
  return made;
}

/** Return a whole number that somebody wrote, or tell where it is none. */
export function readWhole(control, pointer, [least, most]) {
  const text = control.value.trim();
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  throw new Mistake(pointer, `Write a whole number from ${least} to ${most}.`);
}

/** Return a setting that is a whole number from `least` to `most`; where it may be none, null. */
export function numberSetting(name, label, hint, value, bounds, mayBeNone = false) {
  const control = textInput(String(value ?? ""), { inputmode: "numeric", class: "short" });
  return setting(name, label, hint, control,
    () => (mayBeNone && !control.value.trim() ? null : readWhole(control, `/${name}`, bounds)));
}

/** Return a setting of minutes, which is written in whichever unit is whole. */
export function durationSetting(name, label, hint, minutes, most) {
  const [size] = UNITS.find(([each]) => minutes && minutes % each === 0) ?? UNITS[1];
  const control = textInput(String(minutes / size), { inputmode: "numeric" });
  const unit = select(UNITS.map(([each, text]) => [String(each), text]), String(size), { "aria-label": `${label}, in` });
  const made = field(label, control, { hint, pointer: `/${name}` });
  const beside = element("div", { class: "with-unit" });
  control.before(beside);
  beside.append(control, unit);
  const read = () => {
    const factor = Number(unit.value);
    return factor * readWhole(control, `/${name}`, [0, Math.floor(most / factor)]);
  };
  return { name, pointer: `/${name}`, control, read, made };
}

/** Return a setting that is an amount; empty is 0. */
export function amountSetting(name, label, hint, minor, currency) {
  const control = textInput(minor ? writeAmount(minor, currency) : "", { inputmode: "decimal", class: "short" });
  return setting(name, `${label} (${currency.toUpperCase()})`, hint, control, () => {
    const read = control.value.trim() ? readAmount(control.value, currency) : 0;
    if (read === null) throw new Mistake(`/${name}`, "Write an amount such as 100.00.");
    return read;
  });
}

/** Return a setting that is on or off. */
export function switchSetting(name, label, hint, isOn) {
  const { control, made } = tick(label, isOn, { role: "switch" });
  made.classList.add("switch");
  const about = element("p", { class: "small soft", id: `about-${name}` }, hint);
  control.setAttribute("aria-describedby", about.id);
  return {
    name, pointer: `/${name}`, control, read: () => control.checked,
    made: element("div", { class: "setting", "data-pointer": `/${name}` }, made, about, element("p", { class: "error" })),
  };
}

/** Return boxes of which some are ticked: `choices` are `[value, text]`, an error stands below them. */
export function ticksSetting(name, title, hint, choices, chosen) {
  const boxes = choices.map(([value, text]) => ({ value, ...tick(text, chosen.includes(value)) }));
  return {
    name, pointer: `/${name}`, boxes,
    read: () => boxes.filter((box) => box.control.checked).map((box) => box.value),
    made: element("fieldset", { class: "setting", "data-pointer": `/${name}` },
      element("legend", { class: "strong" }, title), hint && element("p", { class: "small soft" }, hint),
      element("div", { class: "ticks" }, boxes.map((box) => box.made)), element("p", { class: "error" })),
  };
}

/** Return a form that sends the settings that were changed: `save` gets them, `report/hour` nested.
 *
 * `parts` is what the form shows, the settings' fields among it. What is typed and not saved is
 * said beside the button, and asked about before the page is left.
 */
export function settingsForm(parts, settings, save, { label = "Save", kind = "narrow-form" } = {}) {
  const told = element("div", { class: "told" });
  const { bar, watch, submit } = saveBar(label);
  const form = element("form", { class: `stack ${kind}`.trim(), novalidate: true }, parts, told, bar);
  const saved = watch(form);
  let before = settings.map((each) => JSON.stringify(each.read()));
  saving(form, submit, told, async () => {
    const now = settings.map((each) => JSON.stringify(each.read()));
    const changed = settings.filter((_, at) => now[at] !== before[at]);
    if (changed.length) await save(nested(changed), told);
    else toast("Nothing has changed.");
    before = now;
    saved();
  });
  return form;
}

/** Return the bar below a form, with its button, and what watches the form for changes. */
export function saveBar(label = "Save") {
  const state = element("p", { class: "small soft", role: "status" });
  const submit = element("button", { type: "submit", class: "button main" }, label);
  const watch = (form) => watchChanges(form, (isChanged) => { state.textContent = isChanged ? "Not saved yet" : ""; });
  return { bar: element("div", { class: "save-bar" }, state, submit), watch, submit };
}

function nested(settings) {
  const body = {};
  for (const { name, read } of settings) {
    const [first, second] = name.split("/");
    if (second) body[first] = { ...body[first], [second]: read() };
    else body[first] = read();
  }
  return body;
}
