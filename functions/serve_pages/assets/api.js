// The widget's API, on the origin that the script came from.

const PROBE_MS = 5_000;
const ANSWER_MS = 20_000;
// A booking opens a payment at Stripe before it is answered.
const BOOKING_MS = 40_000;
const TRIES = 3;
const PAUSE_MS = 700;
const TOO_MANY = 429;

// What nobody mends by trying again.
const FAULTS = new Set(["service_fault"]);

/** A request that came to nothing: `kind` is offline, silent, blocked, busy, unavailable, fault or refused. */
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
  #hasAnswered = false;
  #isForbidden = false;

  constructor(origin, locationId) {
    this.origin = origin;
    this.locationId = locationId;
    this.here = `/public/locations/${encodeURIComponent(locationId)}`;
    // A page's own policy may forbid to ask here: fetch does not say so, this event does.
    document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
      if (blockedURI.startsWith(origin)) this.#isForbidden = true;
    });
  }

  /** Return our own booking page of the location. */
  bookingPage() { return `${this.origin}/book/${encodeURIComponent(this.locationId)}`; }

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

  /** Move the visit for the fee that was shown: once more is the same. */
  move(id, token, wanted) {
    const path = `${bookingPath(id)}/reschedule?${new URLSearchParams({ token })}`;
    const headers = { "content-type": "application/json" };
    return this.#repeat(path, { method: "POST", headers, body: JSON.stringify(wanted) }, BOOKING_MS, mayPass);
  }

  /** Return where a calendar's entry of the visit is. */
  calendar(id, token) {
    return `${this.origin}${bookingPath(id)}/calendar.ics?${new URLSearchParams({ token })}`;
  }

  #read(path) {
    return this.#repeat(path, {}, ANSWER_MS, (failed) => failed.kind !== "refused");
  }

  async #repeat(path, asked, limitMs, mayRepeat) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#send(path, asked, limitMs);
      } catch (failed) {
        // Who was not answered in time has waited long enough to be asked.
        const isOver = tried === TRIES || failed.kind === "silent" || !mayRepeat(failed) || navigator.onLine === false;
        if (isOver) throw failed.kind === "offline" && await this.#isBlocked() ? new RequestFailed("blocked") : failed;
        await pause(PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random()));
      }
    }
  }

  /** Whether we can be reached, but the page may not read what we answer. */
  async #isBlocked() {
    if (this.#isForbidden) return true;
    if (this.#hasAnswered || this.origin === self.origin || navigator.onLine === false) return false;
    try {
      await fetch(`${this.origin}/health`, { mode: "no-cors", signal: AbortSignal.timeout(PROBE_MS) });
      return true;
    } catch {
      return false;
    }
  }

  async #send(path, asked, limitMs) {
    let answer;
    try {
      const signal = AbortSignal.timeout(limitMs);
      answer = await fetch(this.origin + path, { ...asked, signal, credentials: "omit" });
    } catch (failed) {
      throw new RequestFailed(kindOf(failed));
    }
    let document = {};
    try {
      document = await answer.json();
    } catch (failed) {
      // An answer that broke off says nothing; of a refusal its status does.
      if (answer.ok) throw new RequestFailed(kindOf(failed));
    }
    this.#hasAnswered = true;
    if (answer.ok) return document;
    if (answer.status === TOO_MANY) throw new RequestFailed("busy", TOO_MANY, document);
    const isOurs = answer.status >= 500 && document.code !== "payment_unavailable";
    const kind = FAULTS.has(document.code) ? "fault" : isOurs ? "unavailable" : "refused";
    throw new RequestFailed(kind, answer.status, document);
  }
}

function kindOf({ name }) {
  return { TimeoutError: "silent", SyntaxError: "unavailable" }[name] || "offline";
}

/** Whether a moment later the same request may go through. */
function mayPass(failed) {
  return failed.kind === "offline" || failed.code === "request_in_progress";
}

function bookingPath(id) {
  return `/public/bookings/${encodeURIComponent(id)}`;
}
