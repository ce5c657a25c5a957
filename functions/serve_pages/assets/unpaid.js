// A booking that waits for its payment: it can be paid, exchanged for another time, or let go.

import { element, setBusy, webAddress } from "./dom.js";
import { failure } from "./failures.js";
import { copyable } from "./reach.js";

/** Return what is shown of it; `name` is `declined` or `notPaid`. */
export function waiting(app, booking, follower, name, about) {
  const { t } = app;
  const { way } = follower.kept;
  const sum = app.format.money(booking.amount_due, booking.currency);
  const time = app.format.of(booking).time(booking.expires_at);
  const isOpened = way === "opened" && name !== "declined";
  const address = webAddress(booking.checkout_url);
  const pay = address && way !== "stuck" && element("button", {
    type: "button", class: isOpened ? "button" : "button main", onclick: () => follower.pay(),
  }, isOpened ? t("payAgain") : booking.amount_due > 0 ? t("paySum", { sum }) : t("pay"));
  const problem = element("div", {});
  const free = (sentence, then) => element("button", {
    type: "button", class: "button", onclick: (event) => letGo(app, follower, event.currentTarget, problem, then),
  }, t(sentence));
  return {
    title: t(isOpened ? "payInWindow" : name),
    parts: [
      element("p", { role: isOpened ? "status" : null }, t(isOpened ? "payInWindowMore" : `${name}More`, { time })),
      address && way === "stuck" && element("div", { class: "stack tight" },
        element("p", {}, t("payStuck")), copyable(app, address)),
      about, problem,
      element("div", { class: "row" }, [
        pay,
        free("chooseAnother", () => app.startAgain(follower.kept, booking.starts_at)),
        free("letGo", (cancelled) => follower.begin(cancelled)),
      ].filter(Boolean)),
    ],
  };
}

/** Give an unpaid time back; a booking that was paid meanwhile is shown instead. */
async function letGo(app, follower, pressed, problem, then) {
  if (pressed.getAttribute("aria-disabled")) return;
  const { id, token } = follower.kept;
  const end = setBusy(pressed, app.t("loading"));
  problem.replaceChildren();
  try {
    const booking = await app.api.booking(id, token);
    if (booking.status !== "awaiting_payment") {
      follower.show(booking);
      return;
    }
    then(await app.api.cancel(id, token, booking.cancellation_fee_now));
  } catch (failed) {
    end();
    problem.replaceChildren(failure(app, failed));
  }
}
