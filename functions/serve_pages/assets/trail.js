// The way through the steps as the browser keeps it: Back and a reload lead to the step before, or
// the same one, and an address may begin with a service, an employee and a day.

import { attempt } from "./kept.js";
import { home } from "./place.js";

const MARK = "bookpay";
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Note a step in the browser's history, as the next entry or instead of the present one. */
export function note(locationId, step, address, isNext) {
  const { history } = home;
  const before = history.state?.[MARK]?.[locationId];
  const depth = (before?.depth || 0) + (isNext ? 1 : 0);
  const marks = { ...history.state?.[MARK], [locationId]: { ...step, depth } };
  const state = { ...history.state, [MARK]: marks };
  attempt(() => history[isNext ? "pushState" : "replaceState"](state, "", address));
}

/** Return the step of the present entry, or null. */
export function noted(locationId) {
  return attempt(() => home.history.state?.[MARK]?.[locationId]) || null;
}

/** Return what an address asks for: `{serviceId, employeeId, day}`, each if it is there. */
export function askedFor(address) {
  const { searchParams } = new URL(address);
  const day = searchParams.get("day") || "";
  return {
    serviceId: searchParams.get("service"), employeeId: searchParams.get("employee"),
    day: A_DAY.test(day) ? day : undefined,
  };
}

/** Return our own page's address with what was chosen; another site's address stays as it is. */
export function addressFor(origin, address, { service, employeeId, day }) {
  const made = new URL(address);
  if (made.origin !== origin) return made.href;
  const chosen = { service: service?.service_id, employee: employeeId, day };
  for (const [name, value] of Object.entries(chosen)) {
    if (value) made.searchParams.set(name, value);
    else made.searchParams.delete(name);
  }
  return made.href;
}
