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
  cross: "M6 6l12 12M18 6L6 18",
};

/** Return a picture that says nothing to a screen reader; `size` is in pixels. */
export function icon(name, size = 20) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = {
    viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
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
