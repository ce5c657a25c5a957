// The widget's API, on the origin that the script came from.

const ANSWER_MS = 20_000;
// A booking opens a payment at Stripe before it is answered.
const BOOKING_MS = 40_000;
const TRIES = 3;
const PAUSE_MS = 700;
const TOO_MANY = 429;

/** A request that came to nothing: `kind` is offline, busy, unavailable or refused. */
export class RequestFailed extends Error {
  constructor(kind, status = 0, problem = {}) {
    super(kind);
    this.kind = kind;
    this.status = status;
    this.code = problem.code || "";
    this.pointers = (problem.errors || []).map((each) => each.pointer);
    this.problem = problem;
  }
}

/** Wait for some milliseconds. */
export function pause(milliseconds) {
  return new Promise((done) => { setTimeout(done, milliseconds); });
}

/** Asks for one location. Every method throws `RequestFailed`. */
export class Api {
  constructor(origin, locationId) {
    this.origin = origin;
    this.here = `/public/locations/${encodeURIComponent(locationId)}`;
  }

  location() { return this.#read(this.here); }

  /** Return the free slots of `days` local days from `date` on. */
  async slots(serviceId, employeeId, date, days) {
    const query = new URLSearchParams({ service_id: serviceId, date, days });
    if (employeeId) query.set("employee_id", employeeId);
    return (await this.#read(`${this.here}/slots?${query}`)).slots;
  }

  booking(id, token) { return this.#read(`${bookingPath(id)}?${new URLSearchParams({ token })}`); }

  /** Book: a repetition under the same key is the same booking, so that it may be tried again. */
  async book(body, key) {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const asked = { method: "POST", headers, body: JSON.stringify(body) };
    return this.#repeat(`${this.here}/bookings`, asked, BOOKING_MS, mayPass);
  }

  /** Cancel for the fee that was shown, in minor units: once more is the same. */
  cancel(id, token, fee) {
    const path = `${bookingPath(id)}/cancel?${new URLSearchParams({ token })}`;
    const headers = { "content-type": "application/json" };
    const asked = { method: "POST", headers, body: JSON.stringify({ accepted_fee: fee }) };
    return this.#repeat(path, asked, BOOKING_MS, mayPass);
  }

  #read(path) {
    return this.#repeat(path, {}, ANSWER_MS, (failed) => failed.kind !== "refused");
  }

  async #repeat(path, asked, limitMs, mayRepeat) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#send(path, asked, limitMs);
      } catch (failed) {
        const isOver = tried === TRIES || !mayRepeat(failed) || navigator.onLine === false;
        if (isOver) throw failed;
        await pause(PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random()));
      }
    }
  }

  async #send(path, asked, limitMs) {
    let answer;
    try {
      const signal = AbortSignal.timeout(limitMs);
      answer = await fetch(this.origin + path, { ...asked, signal, credentials: "omit" });
    } catch {
      throw new RequestFailed("offline");
    }
    let document;
    try {
      document = await answer.json();
    } catch {
      document = {};
    }
    if (answer.ok) return document;
    if (answer.status === TOO_MANY) throw new RequestFailed("busy", TOO_MANY, document);
    const kind = answer.status >= 500 ? "unavailable" : "refused";
    throw new RequestFailed(kind, answer.status, document);
  }
}

/** Whether a moment later the same request may go through. */
function mayPass(failed) {
  return failed.kind === "offline" || failed.code === "request_in_progress";
}

function bookingPath(id) {
  return `/public/bookings/${encodeURIComponent(id)}`;
}
