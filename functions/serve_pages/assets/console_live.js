// What is open on a page follows what happens elsewhere: it asks again, only for what has changed.

const FIRST_MS = 8_000;
const LONGEST_MS = 60_000;
const MOVING_MS = 1_500;
const MOVING_TIMES = 20;

/** What a path of the API answers, now and later; the answer's own tag is kept here. */
export class Live {
  #asked;
  #etag = "";
  #timer;
  #wait = FIRST_MS;
  #quick = MOVING_TIMES;

  /** `path` and `query` are the API's; `isMoving` tells of an answer that more is to come at once. */
  constructor(api, path, query = {}, isMoving = () => false) {
    this.api = api;
    this.#asked = [path, query];
    this.isMoving = isMoving;
    this.body = null;
  }

  /** Return what is there now; throws `CallFailed`. */
  async load() {
    const answer = await this.api.read(...this.#asked, this.#etag);
    if (answer) {
      this.#etag = answer.etag;
      this.body = answer.body;
    }
    return this.body;
  }

  /** Call `changed` with each new answer, while `place` is on the page and the page is seen. */
  follow(place, changed) {
    this.place = place;
    this.changed = changed;
    this.#schedule();
    const seen = () => {
      if (!place.isConnected) document.removeEventListener("visibilitychange", seen);
      else if (!document.hidden) this.tryLook();
    };
    document.addEventListener("visibilitychange", seen);
  }

  /** Look now, as after something was done here, and then often while it is under way. */
  async look() {
    this.#wait = FIRST_MS;
    this.#quick = MOVING_TIMES;
    await this.#look();
  }

  async #look() {
    clearTimeout(this.#timer);
    const before = this.body;
    try {
      await this.load();
      this.#wait = this.body === before ? Math.min(this.#wait * 1.5, LONGEST_MS) : FIRST_MS;
    } catch (failed) {
      this.#wait = LONGEST_MS;
      throw failed;
    } finally {
      this.#schedule();
    }
    if (this.body !== before && this.place?.isConnected) this.changed?.(this.body);
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.place) return;
    const isQuick = this.body && this.isMoving(this.body) && this.#quick-- > 0;
    this.#timer = setTimeout(() => this.tryLook(), isQuick ? MOVING_MS : this.#wait);
  }

  /** Look, if anybody sees the page. What is shown stays where that fails; the next look is later. */
  async tryLook() {
    if (!this.place.isConnected || document.hidden) return;
    try {
      await this.#look();
    } catch (failed) {
      if (!failed.text) throw failed;
    }
  }
}
