// The staff API, as every other client of it: JSON with the login's token.

import { SignInFailed } from "./console_session.js";

// API Gateway waits 30 s for an answer.
const STAFF_MS = 32_000;
const UNAUTHORIZED = 401;

/** A request that came to nothing: `code` and `errors` are the problem's, `text` is for people. */
export class CallFailed extends Error {
  constructor(status, problem) {
    super(problem.code || String(status));
    this.status = status;
    this.code = problem.code || "";
    this.errors = problem.errors || [];
    this.text = sentenceOf(status, problem);
  }
}

/** Calls the API as the signed-in person; `onSignedOut` is called where that has ended, `onNoFactor`
 * where the location asks for a second factor that they do not have. */
export class StaffApi {
  constructor(session, onSignedOut, onNoFactor) {
    this.session = session;
    this.onSignedOut = onSignedOut;
    this.onNoFactor = onNoFactor;
  }

  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
    const asked = new URLSearchParams(given).toString();
    return this.call("GET", asked ? `${path}?${asked}` : path);
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
  async reportFile(path, format) {
    const answer = await this.send("GET", `${path}?format=${format}&redirect=false`);
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
    if (answer.ok) return answer;
    if (answer.status === UNAUTHORIZED && !isAgain) {
      this.session.expire();
      return this.send(method, path, body, headers, true);
    }
    if (answer.status === UNAUTHORIZED) this.onSignedOut();
    const failed = new CallFailed(answer.status, await answer.json().catch(() => ({})));
    if (failed.code === "second_factor_required") this.onNoFactor();
    throw failed;
  }

  async #fetch(method, path, body, headers) {
    try {
      const token = await this.session.token();
      const sent = body === undefined ? {} : { "content-type": "application/json" };
      return await fetch(`/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...sent, ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.timeout(STAFF_MS),
      });
    } catch (failed) {
      if (failed instanceof SignInFailed && failed.code !== "offline") {
        this.onSignedOut();
        throw new CallFailed(UNAUTHORIZED, {});
      }
      throw new CallFailed(0, {});
    }
  }
}

function sentenceOf(status, problem) {
  if (status === 0) return "There is no connection. Check it and try again.";
  if (status === UNAUTHORIZED) return "Your session has ended. Sign in again.";
  if (status === 403 && problem.code === "forbidden") {
    return "Your role may not do this. Ask the owner of this location.";
  }
  if (status === 429) return "Too much at once. Wait a moment and try again.";
  if (status >= 500) {
    return problem.code === "stripe_unavailable" ? problem.detail
      : "This does not work at the moment. Try again in a minute.";
  }
  return problem.detail || problem.title || "This was refused.";
}
