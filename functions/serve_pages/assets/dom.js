// Elements are made, never parsed: no text of anybody's becomes markup.

/** Return an element; `on...` are listeners, `true` is an empty attribute, null and false none. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Return an address that came from outside where a browser may be led to it, else null.
 *
 * It may by https, and by http where the page itself came so, which is on this machine alone.
 */
export function webAddress(text) {
  let scheme;
  try {
    scheme = new URL(text).protocol;
  } catch {
    return null;
  }
  return scheme === "https:" || (scheme === "http:" && location.protocol === "http:") ? text : null;
}

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 7v5l3.5 2M12 3a9 9 0 100 18 9 9 0 000-18z",
  alert: "M12 8v5m0 3.5v.01M12 3a9 9 0 100 18 9 9 0 000-18z",
  info: "M12 11v5m0-8.5v.01M12 3a9 9 0 100 18 9 9 0 000-18z",
  edit: "M4 20h4L19 9l-4-4L4 16v4z",
  move: "M7 7h13m0 0l-4-4m4 4l-4 4M17 17H4m0 0l4-4m-4 4l4 4",
  cross: "M6 6l12 12M18 6L6 18",
};

/** Return an element of a drawing. */
export function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Return a picture that says nothing to a screen reader; `size` is in pixels. */
export function icon(name, size = 20) {
  return shape("svg", {
    viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  }, shape("path", { d: SHAPES[name] }));
}

/** Return a list of `[name, value, class, more]`; rows without a value are left out. */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", { class: "facts" }, shown.map(([name, value, kind, more]) =>
    element("div", { class: kind || null }, element("dt", {}, name),
      element("dd", {}, element("span", { dir: "auto" }, value), more))));
}

/** Return a box that says something; `kind` is "", "warn" or "bad", which is said at once. */
export function notice(kind, text, more = null) {
  const picture = { "": "info", warn: "clock", bad: "alert" }[kind];
  const role = kind === "bad" ? "alert" : null;
  return element("div", { class: `notice ${kind}`.trim(), role }, icon(picture),
    element("p", {}, text), more);
}

/** Return a form that acts on its button, and on Enter in a field: a sandboxed frame submits none. */
export function acting(attributes, button, act) {
  button.type = "button";
  button.addEventListener("click", act);
  return element("form", { novalidate: true, ...attributes, onsubmit: (event) => event.preventDefault(), onkeydown: (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input:not([type=checkbox], [type=radio])")) return;
    event.preventDefault();
    act();
  } });
}

/** Mark a button as at work, with `text` in it, and return what ends that. */
export function setBusy(button, text) {
  const before = [...button.childNodes];
  button.setAttribute("aria-disabled", "true");
  button.replaceChildren(element("span", { class: "spinner", "aria-hidden": "true" }), text);
  return () => {
    button.removeAttribute("aria-disabled");
    button.replaceChildren(...before);
  };
}

/** Let arrow keys walk the buttons of a group, which are one stop of the Tab key; and return it. */
export function walked(group, selector) {
  const buttons = () => [...group.querySelectorAll(selector)];
  const settle = () => {
    const all = buttons();
    const stop = all.find((each) => each.getAttribute("aria-pressed") === "true") || all[0];
    for (const each of all) each.tabIndex = each === stop ? 0 : -1;
  };
  group.addEventListener("keydown", (event) => {
    const to = next(buttons(), event.target, event.key);
    if (!to) return;
    event.preventDefault();
    for (const each of buttons()) each.tabIndex = each === to ? 0 : -1;
    to.focus();
  });
  new MutationObserver(settle).observe(group, { childList: true, subtree: true, attributeFilter: ["aria-pressed"] });
  return group;
}

// Up and down lead to what is seen there, whatever row or part of the day it is in.
function next(all, from, key) {
  const at = all.indexOf(from);
  if (at < 0) return null;
  const sideways = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 };
  if (key in sideways) return all[sideways[key]];
  const way = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!way) return null;
  const { top, left } = from.getBoundingClientRect();
  const rows = all.map((each) => ({ each, box: each.getBoundingClientRect() }))
    .filter(({ box }) => (box.top - top) * way > 1);
  const nearest = Math.min(...rows.map(({ box }) => (box.top - top) * way));
  const row = rows.filter(({ box }) => (box.top - top) * way <= nearest + 1);
  row.sort((one, other) => Math.abs(one.box.left - left) - Math.abs(other.box.left - left));
  return row[0]?.each;
}
