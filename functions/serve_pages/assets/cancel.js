// Cancelling: what it costs is said before, of this very moment, and asked once.

import { element, notice, setBusy } from "./dom.js";

/** Ask whether a booking is to be cancelled, and cancel it. */
export async function askToCancel(app, follower) {
  const { t, api } = app;
  const { id, token } = follower.kept;
  const place = element("div", { class: "stack" });
  const keepIt = element("button", { type: "button", class: "button", onclick: () => dialog.close() },
    t("cancelNo"));
  const cancel = element("button", { type: "button", class: "button danger", onclick: async () => {
    if (cancel.getAttribute("aria-disabled")) return;
    const end = setBusy(cancel, t("cancelling"));
    try {
      const cancelled = await api.cancel(id, token, booking.cancellation_fee_now);
      follower.kept.fee = booking.cancellation_fee_now;
      dialog.close();
      follower.begin(cancelled);
    } catch (failed) {
      end();
      if (failed.code === "fee_changed") {
        booking = { ...booking, cancellation_fee_now: failed.problem.cancellation_fee_now };
        place.replaceChildren(notice("warn", t("cancelFeeChanged")), ...costs(app, booking));
        return;
      }
      place.replaceChildren(notice("bad", reason(app, failed)));
    }
  } }, t("cancelYes"));
  const dialog = element("dialog", { "aria-labelledby": "cancel-title", onclose: () => dialog.remove() },
    element("div", { class: "stack" },
      element("h2", { id: "cancel-title" }, t("cancelTitle")), place,
      element("div", { class: "row" }, keepIt, cancel)));
  // The fee grows with time, and this page may have been open for days: nobody says yes unseen.
  let booking = follower.booking;
  cancel.hidden = true;
  app.body.append(dialog);
  dialog.showModal();
  keepIt.focus();
  const look = async () => {
    place.replaceChildren(element("p", { class: "soft" }, t("loading")));
    try {
      booking = await api.booking(id, token);
      place.replaceChildren(...costs(app, booking));
      cancel.hidden = false;
    } catch (failed) {
      const again = element("button", { type: "button", class: "button", onclick: look }, t("tryAgain"));
      place.replaceChildren(notice("bad", app.explain(failed), again));
    }
  };
  await look();
}

function costs(app, booking) {
  const { t, format } = app;
  const money = (minor) => format.money(minor, booking.currency);
  const fee = booking.cancellation_fee_now;
  const paid = booking.amount_paid - booking.amount_refunded;
  const said = [fee > 0 ? t("cancelFee", { sum: money(fee) }) : t("cancelFree")];
  if (paid > fee) said.push(t("cancelBack", { sum: money(paid - fee) }));
  else if (paid > 0) said.push(t("cancelNothingBack"));
  if (fee > paid && fee > 0) said.push(t("cancelCharged", { sum: money(fee - paid) }));
  return said.map((sentence) => element("p", {}, sentence));
}

function reason(app, failed) {
  if (failed.kind !== "refused") return app.explain(failed);
  return app.t("cancelRefused", { name: app.location.name });
}
