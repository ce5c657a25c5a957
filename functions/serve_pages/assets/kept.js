// What the page remembers of a booking while the client is at Stripe, and afterwards: in the
// browser's storage, and under a name of chance in the address. The booking's token is never in a
// query, which servers log.

import { home, isFramed } from "./place.js";

const NAME = "bookpay";
const RETURNED = "returned";
const OPEN = "bookpay:open";
const CHANCE_BYTES = 12;
// The API takes 1000 characters, the name among them.
const LONGEST = 850;
const KEPT_MS = 30 * 86_400_000;
const LINKED = /^#bookpay=([\w-]{1,64})\.([\w-]{1,64})$/;

/** Return letters and digits that nobody can guess: a request's key, or part of a kept name. */
export function chance() {
  const bytes = crypto.getRandomValues(new Uint8Array(CHANCE_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return a new name for a booking of a location: a page may hold widgets of several. */
export function newName(locationId) {
  return `${locationId}.${chance()}`;
}

/** Return whether the page's address names a booking of some widget's. */
export function isKeeping() {
  return new URL(home.location.href).searchParams.has(NAME);
}

/** Return whether the client has just come back from paying. */
export function isBackFromPaying() {
  return isKeeping() && new URL(home.location.href).searchParams.get(RETURNED) === "paid";
}

/** Return the page's address with the name under which a booking is kept; null in a frame, whose
 * address is nothing to come back to: our own page shows then how the payment stands. */
export function addressOf(name) {
  if (isFramed) return null;
  const address = new URL(home.location.href);
  // What advertising adds can be longer than an address to come back to may be.
  if (address.href.length > LONGEST) address.search = address.hash = "";
  address.searchParams.delete(RETURNED);
  address.searchParams.set(NAME, name);
  return address.href;
}

/** Keep a booking, put its name into the address, and return whether a reload finds it again. */
export function keep(locationId, name, booking) {
  const key = keyOf(locationId, name);
  const text = JSON.stringify({ ...booking, keptAt: Date.now() });
  attempt(() => localStorage.setItem(key, text));
  const isStored = attempt(() => localStorage.getItem(key)) === text;
  if (isFramed) attempt(() => sessionStorage.setItem(openIn(locationId), name));
  // Where storage is forbidden, a reload of this very page still has its history's state.
  const open = isStored ? null : { locationId, name, booking };
  const address = isFramed ? home.location.href : addressOf(name);
  attempt(() => home.history.replaceState({ ...home.history.state, [OPEN]: open }, "", address));
  return isStored;
}

/** Return what this page's history has of a location's booking that no storage took. */
function openInHistory(locationId) {
  const open = attempt(() => home.history.state?.[OPEN]);
  return open?.locationId === locationId ? open : null;
}

/** Return the page's address without any booking, and let go of a frame's. */
export function addressWithout(locationId) {
  attempt(() => sessionStorage.removeItem(openIn(locationId)));
  if (openInHistory(locationId)) attempt(() => home.history.replaceState({ ...home.history.state, [OPEN]: null }, ""));
  const address = new URL(home.location.href);
  address.searchParams.delete(NAME);
  address.searchParams.delete(RETURNED);
  return address.href;
}

/** Return `{name, booking, returned}` of the address, or null; `booking` is null where this
 * browser does not know it, and `returned` how the client came back from Stripe.
 *
 * A link may lead here with `#bookpay=<id>.<token>`: a fragment, which no server sees.
 */
export function recall(locationId) {
  const address = new URL(home.location.href);
  const linked = address.hash.match(LINKED);
  if (linked) {
    address.hash = "";
    attempt(() => home.history.replaceState(home.history.state, "", address.href));
    const booking = { id: linked[1], token: linked[2] };
    const name = newName(locationId);
    keep(locationId, name, booking);
    return { name, booking, returned: null };
  }
  const open = openInHistory(locationId);
  const name = isFramed
    ? attempt(() => sessionStorage.getItem(openIn(locationId))) ?? open?.name : address.searchParams.get(NAME);
  if (!name?.startsWith(`${locationId}.`)) return null;
  const booking = attempt(() => JSON.parse(localStorage.getItem(keyOf(locationId, name))))
    ?? (open?.name === name ? { ...open.booking } : null);
  const returned = address.searchParams.get(RETURNED);
  if (booking && returned) {
    booking.returned = returned;
    keep(locationId, name, booking);
  }
  return { name, booking, returned: returned || booking?.returned };
}

/** Forget what was kept so long ago that nobody comes back to it. */
export function forgetOld() {
  attempt(() => {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith(`${NAME}:`))) {
      const { keptAt } = JSON.parse(localStorage.getItem(key));
      if (!(keptAt > Date.now() - KEPT_MS)) localStorage.removeItem(key);
    }
  });
}

/** Keep, or return, what the client has entered, as long as the tab is open. */
export function draft(locationId, client) {
  const key = `${NAME}:${locationId}:client`;
  if (client) attempt(() => sessionStorage.setItem(key, JSON.stringify(client)));
  return attempt(() => JSON.parse(sessionStorage.getItem(key))) || undefined;
}

function openIn(locationId) {
  return `${NAME}:${locationId}:open`;
}

function keyOf(locationId, name) {
  return `${NAME}:${locationId}:${name}`;
}

/** Do what a browser may forbid, as storage or an address in a frame; null where it does. */
export function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
