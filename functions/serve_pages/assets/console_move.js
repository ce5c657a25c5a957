// A visit is moved: the same booking and the same payment, at another time.

import { element, notice } from "./dom.js";
import { MINUTE_MS, TimeChoice, stretchOf } from "./console_free.js";
import { hashOf } from "./console_keys.js";
import { Mistake, ask, button, natural, tick, toast } from "./console_parts.js";
import { chance } from "./kept.js";

const MOVABLE = ["confirmed", "awaiting_payment", "awaiting_confirmation"];

/** Whether a visit can still be moved: until it begins. */
export function canMove(visit) {
  return MOVABLE.includes(visit.status) && Boolean(visit.starts_at) && Date.parse(visit.starts_at) > Date.now();
}

/** Ask where a visit goes, and say what becomes of its money; `to` is `{startsAt, employeeId}` where that is chosen. */
export async function askToMove(app, visit, again, to = null) {
  const names = await app.catalogue();
  const { from, to: end } = stretchOf(visit);
  const service = names.services.get(visit.service_id);
  const choice = new TimeChoice(app, names, {
    startsAt: to?.startsAt ?? visit.starts_at, employeeId: to?.employeeId || visit.employee_id || "",
    minutes: Math.round((end - from) / MINUTE_MS), own: visit,
    isAble: (id) => service?.employee_ids?.includes(id) ?? true,
  });
  const notify = tick("Email the client the new time", Boolean(visit.client));
  const overlap = tick("Move it there although that time is not free", false);
  overlap.made.hidden = true;
  const key = chance();
  const path = app.path("bookings", visit.booking_id, "reschedule");
  ask({
    title: "Move this visit?",
    body: [
      element("p", {}, natural(visit.client?.name ?? visit.description), `: from ${app.visit(visit)}`,
        visit.employee_id && ` with ${names.employees.get(visit.employee_id)?.name ?? visit.employee_id}`),
      choice.parts,
      notice("", "Price and payment stay as they are. The client pays no fee for it, and the time to cancel counts from the new start."),
      visit.client && notify.made, overlap.made,
    ],
    label: "Move the visit",
    doing: "Moving",
    go: async () => {
      const { starts_at, employee_id } = choice.value;
      if (!starts_at) throw new Mistake("/starts_at", "Choose a day and a time.");
      const body = { starts_at, allow_overlap: overlap.control.checked, notify: Boolean(visit.client) && notify.control.checked };
      if (employee_id) body.employee_id = employee_id;
      try {
        await app.api.post(path, body, { "idempotency-key": `${key}-${hashOf(body)}` });
      } catch (failed) {
        overlap.made.hidden = failed.code !== "slot_taken";
        throw failed;
      }
      offerUndo(app, visit, path, body, again);
      await again();
    },
  });
  choice.load();
}

function offerUndo(app, visit, path, { starts_at: at, notify }, again) {
  const undo = button("Undo", async () => {
    const body = { starts_at: visit.starts_at, allow_overlap: true, notify };
    if (visit.employee_id) body.employee_id = visit.employee_id;
    try {
      await app.api.post(path, body, { "idempotency-key": chance() });
      toast("The visit is back at its former time.");
      await again();
    } catch (failed) {
      if (!failed.text) throw failed;
      toast(failed.text);
    }
  });
  toast(`Moved to ${app.moment(at)}.`, undo);
}
