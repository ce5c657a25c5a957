// What the page remembers while the client is at Stripe: in the tab's own storage, and under a name
// of chance in the address. The booking's token is never in a query, which servers log.

const NAME = "bookpay";
const RETURNED = "returned";
const CHANCE_BYTES = 12;
// The API takes 1000 characters, the name among them.
const LONGEST = 850;

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
  return new URL(location.href).searchParams.has(NAME);
}

/** Return the page's address with the name under which a booking is kept. */
export function addressOf(name) {
  const address = new URL(location.href);
  // What advertising adds can be longer than an address to come back to may be.
  if (address.href.length > LONGEST) address.search = address.hash = "";
  address.searchParams.delete(RETURNED);
  address.searchParams.set(NAME, name);
  return address.href;
}

/** Keep a booking and put its name into the address, for a reload and for the way back. */
export function keep(locationId, name, booking) {
  write(locationId, name, booking);
  history.replaceState(history.state, "", addressOf(name));
}

/** Forget a booking, in the storage and in the address. */
export function forget(locationId, name) {
  attempt(() => sessionStorage.removeItem(keyOf(locationId, name)));
  const address = new URL(location.href);
  address.searchParams.delete(NAME);
  history.replaceState(history.state, "", address.href);
}

/** Return `{name, booking}` of the address, with `booking` null where it is another tab's, or null.
 *
 * A mail may lead here with `#bookpay=<id>.<token>`: a fragment, which no server sees.
 */
export function recall(locationId) {
  const address = new URL(location.href);
  const linked = address.hash.match(/^#bookpay=([\w-]{1,64})\.([\w-]{1,64})$/);
  if (linked) {
    address.hash = "";
    history.replaceState(history.state, "", address.href);
    const name = newName(locationId);
    keep(locationId, name, { id: linked[1], token: linked[2] });
    return recall(locationId);
  }
  const name = address.searchParams.get(NAME);
  if (!name?.startsWith(`${locationId}.`)) return null;
  const booking = read(locationId, name);
  const returned = address.searchParams.get(RETURNED);
  if (booking && returned) {
    booking.returned = returned;
    keep(locationId, name, booking);
  }
  return { name, booking };
}

function keyOf(locationId, name) {
  return `${NAME}:${locationId}:${name}`;
}

function read(locationId, name) {
  return attempt(() => JSON.parse(sessionStorage.getItem(keyOf(locationId, name))));
}

function write(locationId, name, booking) {
  attempt(() => sessionStorage.setItem(keyOf(locationId, name), JSON.stringify(booking)));
}

// A browser may forbid storage: the booking is then as another tab's.
function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
