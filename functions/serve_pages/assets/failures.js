// What went wrong, in a sentence with its true cause, and the way on.

import { RequestFailed } from "./api.js";
import { element, notice } from "./dom.js";
import { copyable, waysTo } from "./reach.js";
import { isFramed } from "./place.js";

// What the API refuses a request with, in sentences; what is not here may be tried again.
const REFUSALS = {
  slot_taken: "slotTaken", slot_not_offered: "slotGone", online_booking_disabled: "switchedOff",
  service_not_found: "changed", employee_not_found: "changed", location_not_found: "notFound",
  payment_unavailable: "paymentUnavailable", visit_started: "visitStarted",
  not_reschedulable: "notMovable", too_many_moves: "movedOften",
};
// Where the business is who can help.
const THEIRS = new Set([
  "fault", "switchedOff", "notFound", "visitStarted", "notMovable", "movedOften", "paymentUnavailable",
]);

/** Return the name of the sentence for a failure; an error of ours is thrown on. */
function sentenceFor(failed) {
  if (!(failed instanceof RequestFailed)) throw failed;
  return REFUSALS[failed.code] || (failed.kind === "refused" ? "unavailable" : failed.kind);
}

/** Return a failure in a sentence that says what to do. */
export function explain(app, failed) {
  return app.t(sentenceFor(failed), { name: app.name || app.t("theBusiness") });
}

/** Return a box that says what failed; `again` tries once more, where that may help. */
export function failure(app, failed, again) {
  const sentence = sentenceFor(failed);
  const more = [];
  if (sentence === "blocked") more.push(...bookElsewhere(app));
  else if (again && !THEIRS.has(sentence)) {
    more.push(element("button", { type: "button", class: "button", onclick: again }, app.t("tryAgain")));
  }
  const ways = THEIRS.has(sentence) && waysTo(app);
  if (ways) more.push(ways);
  const body = more.length ? element("div", { class: "stack tight" }, more) : null;
  return notice(sentence === "changed" ? "warn" : "bad", explain(app, failed), body);
}

// Whoever built the page finds the reason in the browser's console.
function bookElsewhere(app) {
  const { api, t } = app;
  console.warn(`Bookpay: ${self.origin} may not ask ${api.origin}. Add it to the location's allowed`
    + " origins, and let the page's own policy and frame allow it.");
  const address = api.bookingPage();
  const link = element("a", { class: "button main", href: address, target: "_blank" }, t("openBookingPage"));
  return [link, isFramed && copyable(app, address)].filter(Boolean);
}
