// The agenda by keyboard: one stop for Tab, arrows from one entry to the next, M to move a visit.

/** Leads the focus through the entries of a place: elements with `data-key`, in groups with `data-group`. */
export class AgendaKeys {
  /** `pick` is called with the visit whose entry has the focus when M is pressed. */
  constructor(place, pick) {
    this.place = place;
    place.addEventListener("keydown", (event) => this.#pressed(event, pick));
    place.addEventListener("focusin", (event) => this.#mark(event.target.closest("[data-key]")));
  }

  get #entries() { return [...this.place.querySelectorAll("[data-key]")]; }

  /** Draw anew with `draw`; whoever is at an entry stays there. */
  keeping(draw) {
    const key = this.place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    draw();
    const found = this.#entries.find((each) => each.dataset.key === (key ?? this.last));
    this.#mark(found ?? this.#entries[0]);
    if (key && found) found.focus({ preventScroll: true });
  }

  /** Go to the first free time. */
  focusFree() { (this.place.querySelector(".free[data-key]") ?? this.#entries[0])?.focus(); }

  // Only one entry is a stop for Tab.
  #mark(entry) {
    if (!entry) return;
    this.last = entry.dataset.key;
    for (const each of this.#entries) each.tabIndex = each === entry ? 0 : -1;
  }

  #pressed(event, pick) {
    const entry = event.target.closest("[data-key]");
    if (!entry || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "m" && entry.visit) {
      event.preventDefault();
      pick(entry.visit);
      return;
    }
    const next = this.#next(entry, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #next(entry, key) {
    const groups = [...this.place.querySelectorAll("[data-group]")].filter((each) => each.querySelector("[data-key]"));
    const group = entry.closest("[data-group]");
    const own = [...group.querySelectorAll("[data-key]")];
    const at = own.indexOf(entry);
    if (key === "ArrowDown") return own[at + 1];
    if (key === "ArrowUp") return own[at - 1];
    if (key === "Home") return own[0];
    if (key === "End") return own.at(-1);
    const aside = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const other = aside && groups[groups.indexOf(group) + aside];
    if (!other) return null;
    // The one at about the same time.
    const time = Number(entry.dataset.at);
    return [...other.querySelectorAll("[data-key]")]
      .sort((one, two) => Math.abs(one.dataset.at - time) - Math.abs(two.dataset.at - time))[0];
  }
}
