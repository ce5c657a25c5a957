// Cancelling: what it costs is said before, of this very moment, and asked once.

import { RequestFailed } from "./api.js";
import { element, notice, setBusy } from "./dom.js";
import { failure } from "./failures.js";
import { waysTo } from "./reach.js";

/** Ask whether a booking is to be cancelled, and cancel it. */
export async function askToCancel(app, follower) {
  const { t, api } = app;
  const { id, token } = follower.kept;
  const place = element("div", { class: "stack" });
  const keepIt = element("button", { type: "button", class: "button", onclick: () => dialog.close() },
    t("cancelNo"));
  const cancel = element("button", { type: "button", class: "button danger", hidden: true, onclick: async () => {
    if (cancel.getAttribute("aria-disabled")) return;
    const end = setBusy(cancel, t("cancelling"));
    try {
      const cancelled = await api.cancel(id, token, cost.fee);
      follower.kept.cost = cost;
      dialog.close();
      follower.begin(cancelled);
    } catch (failed) {
      end();
      if (failed.code === "fee_changed") {
        await look(notice("warn", t("cancelFeeChanged")));
        return;
      }
      const isOver = failed.kind === "refused";
      cancel.hidden = isOver;
      if (isOver) follower.wake?.();
      // What was agreed to stays in sight, as long as it can still be agreed to.
      place.replaceChildren(...(isOver ? [] : costOf(app, follower.booking, cost)), reason(app, failed));
    }
  } }, t("cancelYes"));
  const dialog = element("dialog", { "aria-labelledby": "cancel-title", onclose: () => dialog.remove() },
    element("div", { class: "stack" },
      element("h2", { id: "cancel-title" }, t("cancelTitle")), place,
      element("div", { class: "row" }, keepIt, cancel)));
  // The fee grows with time, and this page may have been open for days: nobody says yes unseen.
  let cost = null;
  const look = async (changed = null) => {
    cancel.hidden = true;
    place.replaceChildren(element("p", { class: "soft" }, t("loading")));
    try {
      const booking = await api.booking(id, token);
      if (booking.status !== "confirmed") {
        // It was cancelled in another tab, or ended by staff.
        dialog.close();
        follower.begin(booking);
        return;
      }
      if (!booking.cancelling_now) throw new RequestFailed("unavailable");
      follower.booking = booking;
      cost = booking.cancelling_now;
      place.replaceChildren(...[changed].filter(Boolean), ...costOf(app, booking, cost));
      cancel.hidden = false;
    } catch (failed) {
      place.replaceChildren(failure(app, failed, () => look()));
    }
  };
  app.body.append(dialog);
  dialog.showModal();
  keepIt.focus();
  await look();
}

// Outcomes whose sentence also says what is refunded.
const WITH_BACK = new Set(["free", "proposed", "kept"]);

// One sentence says what comes back, what is kept and what is still asked for: none of it can be read
// as a second charge. The client's page without scripts says the same.
function costOf(app, booking, cost) {
  const { t, format } = app;
  const sums = Object.fromEntries(["fee", "kept", "card", "owed", "back"].map(
    (name) => [name, format.money(cost[name], booking.currency)]));
  const { outcome } = cost;
  const names = !cost.back ? [outcome] : WITH_BACK.has(outcome) ? [`${outcome}_back`] : [outcome, "back"];
  return names.map((name) => element("p", {}, t(`cancel_${name}`, { place: app.name, ...sums })));
}

function reason(app, failed) {
  if (failed.kind !== "refused") return failure(app, failed);
  return notice("bad", app.t("cancelRefused", { name: app.name }), waysTo(app));
}
