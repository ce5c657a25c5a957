// The staff API, as every other client of it: JSON with the login's token.

import { SignInFailed } from "./console_session.js";

// API Gateway waits 30 s for an answer.
const STAFF_MS = 32_000;
const UNAUTHORIZED = 401;
const UNCHANGED = 304;
const TOO_MANY = 429;

/** A request that came to nothing: `code` and `errors` are the problem's, `text` is for people. */
export class CallFailed extends Error {
  constructor(status, problem) {
    super(problem.code || String(status));
    this.status = status;
    this.code = problem.code || "";
    this.errors = problem.errors || [];
    this.text = sentenceOf(status, problem);
    /** Whether the same request may work a little later. */
    this.mayPass = [0, UNAUTHORIZED, TOO_MANY].includes(status) || (status >= 500 && this.code !== "service_fault");
  }
}

/** Calls the API as the signed-in person.
 *
 * `onSignedOut` is called where that has ended, and promises whether they are signed in again: the
 * request is then repeated. `onNoFactor` is called where the location asks for a second factor that
 * they do not have.
 */
export class StaffApi {
  constructor(session, onSignedOut, onNoFactor) {
    this.session = session;
    this.onSignedOut = onSignedOut;
    this.onNoFactor = onNoFactor;
  }

  get(path, query = {}) { return this.call("GET", withQuery(path, query)); }

  /** Return `{etag, body}`, or null where what has the tag `etag` is unchanged. */
  async read(path, query = {}, etag = "") {
    const headers = etag ? { "if-none-match": etag } : {};
    const answer = await this.send("GET", withQuery(path, query), undefined, headers);
    if (answer.status === UNCHANGED) return null;
    return { etag: answer.headers.get("etag") ?? "", body: await answer.json() };
  }

  post(path, body = {}, headers = {}) { return this.call("POST", path, body, headers); }

  put(path, body) { return this.call("PUT", path, body); }

  patch(path, body) { return this.call("PATCH", path, body); }

  remove(path) { return this.call("DELETE", path); }

  async call(method, path, body, headers = {}) {
    const answer = await this.send(method, path, body, headers);
    return answer.status === 204 ? null : answer.json().catch(() => ({}));
  }

  /** Return a file as a Blob. */
  async file(path) {
    return (await this.send("GET", path)).blob();
  }

  /** Return a report's file as `{blob}`, or as `{url}` where it is too large for an answer. */
  async reportFile(path, query) {
    const answer = await this.send("GET", withQuery(path, { ...query, redirect: false }));
    const isAddress = answer.headers.get("content-type")?.startsWith("application/json");
    return isAddress ? answer.json() : { blob: await answer.blob() };
  }

  /** Return every item of a list that is short by nature. */
  async all(path) {
    const items = [];
    let cursor = "";
    do {
      const page = await this.get(path, { limit: 100, cursor });
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && items.length < 1000);
    return items;
  }

  async send(method, path, body, headers = {}, isAgain = false) {
    const answer = await this.#fetch(method, path, body, headers);
    if (answer?.ok || answer?.status === UNCHANGED) return answer;
    if (answer?.status === UNAUTHORIZED && !isAgain) {
      this.session.expire();
      return this.send(method, path, body, headers, true);
    }
    if (!answer || answer.status === UNAUTHORIZED) {
      if (await this.onSignedOut()) return this.send(method, path, body, headers, true);
      throw new CallFailed(UNAUTHORIZED, {});
    }
    const failed = new CallFailed(answer.status, await answer.json().catch(() => ({})));
    if (failed.code === "second_factor_required") this.onNoFactor();
    throw failed;
  }

  // Return the answer, or null where nobody is signed in.
  async #fetch(method, path, body, headers) {
    try {
      const token = await this.session.token();
      const sent = body === undefined ? {} : { "content-type": "application/json" };
      return await fetch(`/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...sent, ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: AbortSignal.timeout(STAFF_MS),
      });
    } catch (failed) {
      if (failed instanceof SignInFailed && failed.code !== "offline") return null;
      throw new CallFailed(0, {});
    }
  }
}

function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const asked = new URLSearchParams(given).toString();
  return asked ? `${path}?${asked}` : path;
}

// What 5xx and refusals of the gateway mean; API Gateway's own answers have no code.
const FAULTS = {
  service_fault: "Bookpay's setup on AWS refuses this. Trying again does not help: tell whoever runs Bookpay for you, with the time.",
  internal_error: "This is an error in Bookpay. If it happens again, tell whoever runs Bookpay for you, with the time.",
  stripe_unavailable: "Stripe does not answer at the moment. Try again in a minute: nothing is done twice.",
  range_not_ready: "These days are being added up for the first time. Try again in a moment.",
  unavailable: "Bookpay could not finish this. Try again: nothing is done twice.",
};

function sentenceOf(status, problem) {
  if (status === 0) return "There is no connection. Check it and try again.";
  if (status === UNAUTHORIZED) return "Your session has ended. Sign in again.";
  if (status === 403 && problem.code === "forbidden") {
    return "Your role does not allow this. Ask an owner of this location.";
  }
  if (status === TOO_MANY) return "Too many requests at once. Wait a few seconds, then try again.";
  if (status >= 500) {
    return FAULTS[problem.code] ?? "Bookpay did not answer in time. Try again in a minute: nothing is done twice.";
  }
  return problem.detail || problem.title || "This was refused.";
}
