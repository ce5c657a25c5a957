// A picture of money: columns above and below nothing, in one currency, with an axis of its own.
// It is drawn as wide as its place is, so that its letters are never smaller than the page's.

import { element, shape } from "./dom.js";

const PLOT_HEIGHT = 220;
const PLOT_TOP = 10;
const PLOT_BELOW = 26;
const GRID_LINES = 4;
const LETTER_WIDTH = 7;
// What a column is made of, and in which order the legend names it.
const FLOW_PARTS = [
  ["payments", "Payments"], ["in", "In"], ["back", "Refunds and disputes"], ["out", "Out"], ["fees", "Fees"], ["other", "Adjustments"],
];
const SHOWN_PARTS = [...FLOW_PARTS, ["net", "Net"]];

/** Return a picture of columns `{name, short, payments, back, fees, other, net}`, sums signed in minor units.
 *
 * `money` writes a sum; the caption has the sums of all columns as text.
 */
export function chart(title, columns, money) {
  const place = element("div", { class: "plot" });
  const sum = (part) => columns.reduce((all, each) => all + (each[part] ?? 0), 0);
  const legend = SHOWN_PARTS.filter(([part]) => columns.some((each) => each[part]))
    .map(([part, name]) => element("li", {}, element("span", { class: `key-${part}`, "aria-hidden": "true" }), `${name} ${money(sum(part))}`));
  const made = element("figure", { class: "chart" }, element("figcaption", {}, element("span", { class: "small soft" }, title), element("ul", { class: "legend small" }, legend)), place);
  new ResizeObserver(() => {
    // Who leaves the page takes its width away.
    if (place.clientWidth) place.replaceChildren(drawnChart(title, columns, money, place.clientWidth));
  }).observe(place);
  return made;
}

function drawnChart(title, columns, money, width) {
  const stack = (each, sign) => FLOW_PARTS.reduce((all, [part]) => all + Math.max(0, sign * (each[part] ?? 0)), 0);
  const up = Math.max(...columns.map((each) => stack(each, 1)));
  const down = Math.max(...columns.map((each) => stack(each, -1)));
  const step = niceStep((up + down) / GRID_LINES);
  const [low, high] = [-Math.ceil(down / step) * step, Math.ceil(up / step) * step || step];
  const y = (minor) => PLOT_TOP + ((high - minor) / (high - low)) * (PLOT_HEIGHT - PLOT_TOP - PLOT_BELOW);
  const marks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => low + at * step);
  const left = Math.max(...marks.map((each) => money(each).length)) * LETTER_WIDTH + 8;
  const wide = Math.max(width - left, 1) / columns.length;
  const picture = shape("svg", { width, height: PLOT_HEIGHT, role: "img", "aria-label": `${title}. The sums stand above, each line in the table.` });
  for (const each of marks) {
    picture.append(shape("line", { x1: left, x2: width, y1: y(each), y2: y(each), class: each ? "grid" : "zero" }),
      shape("text", { x: left - 6, y: y(each) + 4, "text-anchor": "end" }, money(each)));
  }
  const every = Math.ceil((Math.max(...columns.map((each) => each.short.length)) * LETTER_WIDTH + 10) / wide);
  columns.forEach((each, at) => {
    const from = left + at * wide;
    const bar = { x: from + wide * 0.15, width: Math.max(wide * 0.7, 1) };
    const column = shape("g", {}, shape("title", {}, `${each.name}: ${SHOWN_PARTS.filter(([part]) => each[part]).map(([part, name]) => `${name} ${money(each[part])}`).join(", ") || "nothing"}`),
      shape("rect", { x: from, width: wide, y: PLOT_TOP, height: PLOT_HEIGHT - PLOT_TOP - PLOT_BELOW, class: "touch" }));
    for (const sign of [1, -1]) {
      let at0 = 0;
      for (const [part] of FLOW_PARTS) {
        const size = sign * each[part];
        if (!(size > 0)) continue;
        const [one, other] = [y(sign * at0), y(sign * (at0 + size))];
        column.append(shape("rect", { ...bar, y: Math.min(one, other), height: Math.abs(one - other), class: `key-${part}` }));
        at0 += size;
      }
    }
    if (each.net) column.append(shape("rect", { ...bar, y: y(each.net) - 1.5, height: 3, class: "key-net" }));
    picture.append(column);
    if (at % every === 0) picture.append(shape("text", { x: from + wide / 2, y: PLOT_HEIGHT - 6, "text-anchor": "middle" }, each.short));
  });
  return picture;
}

// The next of 1, 2, 5, 10, 20, 50 … minor units.
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least);
}
