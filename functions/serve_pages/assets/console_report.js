// What pages on money have in common: files, categories, how a comparison went in words.

import { element } from "./dom.js";
import { download, downloadFrom } from "./console_files.js";
import { button, card, table, trouble } from "./console_parts.js";
import { lineName } from "./console_words.js";

/** The lines that add up to the activity, in the order of the report. */
export const FLOWS = [
  "payments", "refunds", "refund_reversals", "disputes", "dispute_reversals", "adjustments", "stripe_fees",
];
/** What is said where nothing has moved. */
export const APPEAR = "Payments, refunds and fees appear here as soon as Stripe has booked them.";
const COMPARED = {
  reconciled: ["No difference", "good"],
  pending: ["Not compared yet", "warn"],
  differences: ["Difference", "bad"],
};

/** Return how a comparison with Stripe went, and its colour. */
export function compared(status) { return COMPARED[status]; }

/** Return buttons that download a report as files of `[format, name]`; `more` stand beside them. */
export function fileRow(app, path, query, fileName, files, ...more) {
  const told = element("div", { class: "wide-row" });
  const fetch = ([format, name]) => {
    const made = button(name, async () => {
      told.replaceChildren();
      made.setAttribute("aria-disabled", "true");
      try {
        const { blob, url } = await app.api.reportFile(path, { ...query, format });
        if (url) downloadFrom(url);
        else download(blob, `${fileName}.${format}`);
      } catch (failed) {
        told.replaceChildren(trouble(failed, () => made.click()));
      } finally {
        made.removeAttribute("aria-disabled");
      }
    });
    made.setAttribute("aria-label", `Download as ${name}`);
    return made;
  };
  return element("div", { class: "row actions", role: "group", "aria-label": "Files" }, files.map(fetch), more, told);
}

/** Return sums by Stripe's categories; `link` leads from a category to its entries. */
export function categories(flow, money, link) {
  if (!flow.by_category.length) return null;
  return card("By Stripe's categories", table("Categories", [
    { name: "Category", cell: (each) => element("a", { class: "strong", href: link(each.category) }, lineName(each.category)) },
    { name: "Number", kind: "number", cell: (each) => String(each.count) },
    { name: "Gross", kind: "number", cell: (each) => money(each.gross) },
    { name: "Fees", kind: "number", cell: (each) => money(0 - each.fee) },
    { name: "Net", kind: "number", cell: (each) => money(each.net) },
  ], flow.by_category));
}
