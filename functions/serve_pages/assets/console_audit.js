// Who changed or fetched what.

import { element } from "./dom.js";
import { PAGE_LIMIT, badge, empty, growing, natural, table } from "./console_parts.js";
import { readable } from "./console_words.js";

/** Show who changed or fetched what. */
export function showAudit(app, main) {
  app.heading(main, "Audit", "Who changed or fetched what, newest first");
  const load = (cursor) => app.api.get(app.path("audit"), { limit: PAGE_LIMIT, cursor });
  app.section(main, () => load(""), (first) => growing(first, load, (items) => auditList(app, items)));
}

function auditList(app, items) {
  return items.length ? table("Audit", [
    { name: "When", cell: (each) => app.moment(each.at) },
    { name: "Who", cell: (each) => natural(each.by.email || "Bookpay") },
    { name: "What", cell: (each) => badge([readable(each.what), "plain"]) },
    { name: "About", cell: (each) => natural(Object.entries(each.ids).map(([key, value]) => `${readable(key)}: ${value.replaceAll(",", ", ")}`).join(" · ") || "—") },
  ], items) : empty("Nothing yet", "Changes of settings, refunds and downloads stand here.");
}
