// Moving a visit: another time is chosen as when booking, and what it costs is said and agreed to.

import { employeesOf } from "./choose.js";
import { element, facts, notice, setBusy } from "./dom.js";
import { failure } from "./failures.js";
import { TimeBoard } from "./times.js";

// Another time is to be chosen then; whatever else is refused stays so.
const TAKEN = new Set(["slot_taken", "slot_not_offered"]);

/** Let the client choose another time for the booking that is followed, and move it there. */
export function askToMove(app, follower, said = null, isWithOthers = false) {
  const { t, location } = app;
  const { booking } = follower;
  const service = location.services.find((each) => each.service_id === booking.service_id);
  const others = service ? employeesOf(location, service) : [];
  const isOwn = others.some((each) => each.employee_id === booking.employee_id);
  const employeeId = isWithOthers || !isOwn ? "" : booking.employee_id;
  // The board shows times; here, taking one asks what moving costs.
  const choosing = {
    t, location, name: app.name, api: app.api, format: app.format.of(booking), choice: { service, employeeId },
    choose: ({ slot }) => confirmMove(app, follower, {
      startsAt: slot.startsAt,
      employeeId: slot.employeeIds.includes(booking.employee_id) ? booking.employee_id : slot.employeeIds[0],
    }),
    say: (text) => app.say(text), noteChoice: () => {}, takeNotice: () => said,
  };
  const board = new TimeBoard(choosing);
  board.show(choosing.format.dayOf(booking.starts_at));
  const both = others.length > 1 && isOwn && element("label", { class: "both" },
    element("input", {
      type: "checkbox", checked: isWithOthers,
      onchange: ({ target }) => askToMove(app, follower, null, target.checked),
    }), element("span", {}, t("moveOthers")));
  showMove(app, follower, "moveTitle", element("p", {}, t("movePresent", { moment: choosing.format.moment(booking.starts_at) })),
    both, board.body, keepIt(app, follower));
}

/** Say what moving there costs now, and move on a click. */
async function confirmMove(app, follower, to) {
  const { t, api } = app;
  const { id, token } = follower.kept;
  const place = element("div", { class: "stack" });
  const move = element("button", { type: "button", class: "button main", hidden: true }, t("moveYes"));
  let fee = 0;
  const say = (changed = null) => {
    const { booking } = follower;
    const format = app.format.of(booking);
    const sum = format.money(fee, booking.currency);
    // Who moves late for nothing does not cancel for less than now.
    const keeps = fee > 0 ? 0 : booking.cancelling_now?.fee;
    place.replaceChildren(...[changed, facts([
      [t("moveFrom"), format.moment(booking.starts_at)],
      [t("moveTo"), format.moment(to.startsAt)],
      [t("person"), app.nameOf(to.employeeId)],
    ]), element("p", {}, fee > 0 ? t("moveFee", { sum }) : t("moveFree")),
    keeps > 0 && element("p", {}, t("moveKeeps", { sum: format.money(keeps, booking.currency) }))].filter(Boolean));
    move.hidden = false;
  };
  const look = async () => {
    place.replaceChildren(element("p", { class: "soft" }, t("loading")));
    try {
      follower.booking = await api.booking(id, token);
    } catch (failed) {
      place.replaceChildren(failure(app, failed, look));
      return;
    }
    if (!follower.booking.can_reschedule) {
      follower.begin(follower.booking);
      return;
    }
    fee = follower.booking.reschedule_fee_now;
    say();
  };
  move.addEventListener("click", async () => {
    if (move.getAttribute("aria-disabled")) return;
    const end = setBusy(move, t("moving"));
    try {
      const moved = await api.move(id, token, {
        starts_at: to.startsAt, employee_id: to.employeeId, accepted_fee: fee,
      });
      Object.assign(follower.kept, { employeeId: to.employeeId, hasMoved: true });
      follower.shown = "";
      follower.begin(moved);
    } catch (failed) {
      end();
      if (TAKEN.has(failed.code)) {
        askToMove(app, follower, failure(app, failed), to.employeeId !== follower.booking.employee_id);
      } else if (failed.code === "fee_changed") {
        fee = failed.problem.reschedule_fee_now;
        say(notice("warn", t("moveFeeChanged")));
      } else {
        say();
        move.hidden = failed.kind === "refused";
        place.append(failure(app, failed));
      }
    }
  });
  showMove(app, follower, "moveCheck", place, element("div", { class: "row" }, move,
    element("button", { type: "button", class: "button", onclick: () => askToMove(app, follower) }, t("chooseAnother")),
    keepIt(app, follower)));
  await look();
}

function keepIt(app, follower) {
  return element("button", { type: "button", class: "button", onclick: () => {
    follower.shown = "";
    follower.begin(follower.booking);
  } }, app.t("moveNo"));
}

function showMove(app, follower, title, ...parts) {
  follower.state = title;
  const body = element("div", { class: "stack" }, parts.filter(Boolean));
  app.showOutcome({ title: app.t(title), body }, true);
}
