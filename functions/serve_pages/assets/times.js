// The third step: a week of days, and the free times of one of them.

import { element, icon, notice, walked } from "./dom.js";
import { failure } from "./failures.js";
import { addDays } from "./format.js";
import { waysTo } from "./reach.js";

const WEEK = 7;
const WEEKS_AHEAD = 52;
// How far "the next free day" looks: a request a week.
const SEARCHED_WEEKS = 9;
const NOON = 12;
const EVENING = 17;
const WAITING_TIMES = 8;

export function chooseTime(app) {
  const board = new TimeBoard(app);
  board.show(app.choice.day || board.today);
  return { title: app.t("chooseTime"), body: board.body };
}

/** The days and times on one screen; it changes in place, so that the focus stays where it is. */
export class TimeBoard {
  constructor(app) {
    this.app = app;
    this.today = app.format.dayOf(Date.now());
    this.last = addDays(this.today, WEEKS_AHEAD * WEEK);
    this.weeks = new Map();
    const { t } = app;
    this.month = element("strong", {});
    this.earlier = this.#arrow("back", t("earlier"), -WEEK);
    this.later = this.#arrow("next", t("later"), WEEK);
    this.days = walked(element("div", { class: "days", role: "group" }), ".day:enabled");
    this.times = walked(element("div", { class: "times" }), ".slot");
    this.date = element("input", {
      type: "date", min: this.today, max: this.last, id: "go-to-date",
      onchange: () => { if (this.date.validity.valid && this.date.value) this.show(this.date.value); },
    });
    this.zone = element("p", { class: "soft small", hidden: true });
    this.body = element("div", { class: "stack" },
      app.takeNotice(),
      element("div", { class: "week" },
        element("div", { class: "title" }, this.month, this.earlier, this.later), this.days),
      this.times, this.zone,
      element("div", { class: "field narrow" },
        element("label", { for: "go-to-date" }, t("goToDate")), this.date));
  }

  /** Show the week of a day, and that day's times, or those of the week's first free one. */
  async show(day, isExact = false) {
    const from = this.#weekOf(day);
    this.from = from;
    this.wanted = day;
    this.month.textContent = this.app.format.months(from, addDays(from, WEEK - 1));
    this.days.setAttribute("aria-label", this.month.textContent);
    this.earlier.disabled = from <= this.today;
    this.later.disabled = addDays(from, WEEK) > this.last;
    this.#showWaiting();
    try {
      await this.#load(from);
    } catch (failed) {
      if (this.from === from) this.#showFailure(failed, day);
      return;
    }
    if (this.from !== from) return;
    const free = this.#daysOf(from).find((each) => each >= day && this.#slotsOn(each).length);
    this.#pick(isExact ? day : free || day);
  }

  // Weeks begin today, so that none begins with days that are over.
  #weekOf(day) {
    const passed = (Date.parse(day) - Date.parse(this.today)) / 86_400_000;
    return addDays(this.today, Math.max(0, Math.floor(passed / WEEK)) * WEEK);
  }

  #daysOf(from) {
    return Array.from({ length: WEEK }, (_, number) => addDays(from, number));
  }

  async #load(from) {
    if (this.weeks.has(from)) return this.weeks.get(from);
    const { api, choice, format } = this.app;
    const slots = await api.slots(choice.service.service_id, choice.employeeId, from, WEEK);
    const days = new Map();
    for (const slot of slots) {
      const day = format.dayOf(slot.starts_at);
      if (!days.has(day)) days.set(day, new Map());
      const times = days.get(day);
      times.set(slot.starts_at, [...(times.get(slot.starts_at) || []), slot.employee_id]);
    }
    this.weeks.set(from, days);
    return days;
  }

  #slotsOn(day) {
    return [...(this.weeks.get(this.#weekOf(day))?.get(day) || [])];
  }

  #showWaiting() {
    this.days.replaceChildren(...this.#daysOf(this.from).map((day) => this.#day(day, true)));
    const blocks = Array.from({ length: WAITING_TIMES }, () => element("div", { class: "skeleton" }));
    this.times.setAttribute("aria-busy", "true");
    this.times.replaceChildren(element("div", { class: "slots", "aria-hidden": "true" }, blocks));
  }

  #showFailure(failed, day) {
    // Nothing is known of these days: they are neither free nor taken.
    for (const each of this.days.children) each.classList.replace("skeleton", "unknown");
    this.times.removeAttribute("aria-busy");
    this.times.replaceChildren(failure(this.app, failed, () => this.show(day)));
  }

  #day(day, isWaiting) {
    const { format } = this.app;
    return element("button", {
      type: "button", class: isWaiting ? "day skeleton" : "day", "data-day": day,
      "aria-label": format.longDay(day), "aria-pressed": "false",
      disabled: isWaiting || !this.#slotsOn(day).length, onclick: () => this.#pick(day),
    }, element("span", { class: "weekday" }, format.weekday(day)),
    element("span", { class: "number" }, format.number(day)));
  }

  #pick(day) {
    const { app } = this;
    const { format, t } = app;
    if (this.days.querySelector(".skeleton, .unknown")) {
      this.days.replaceChildren(...this.#daysOf(this.from).map((each) => this.#day(each, false)));
    }
    for (const button of this.days.children) {
      button.setAttribute("aria-pressed", String(button.dataset.day === day));
    }
    this.date.value = day;
    app.choice.day = day;
    app.noteChoice();
    const slots = this.#slotsOn(day);
    this.times.removeAttribute("aria-busy");
    app.say(t("timesOn", { day: format.longDay(day), number: slots.length }));
    if (!slots.length) {
      this.#showNone(day);
      return;
    }
    this.times.replaceChildren(
      element("p", {}, element("strong", {}, format.longDay(day))), ...this.#parts(day, slots));
    const zone = format.otherZone(slots[0][0]);
    this.zone.hidden = !zone;
    this.zone.textContent = zone && t("zone", { zone, name: app.location.name });
  }

  #parts(day, slots) {
    const { format, t } = this.app;
    const parts = { morning: [], afternoon: [], evening: [] };
    for (const slot of slots) {
      const hour = format.hourOf(slot[0]);
      parts[hour < NOON ? "morning" : hour < EVENING ? "afternoon" : "evening"].push(slot);
    }
    return Object.entries(parts).filter(([, part]) => part.length).map(([name, part]) =>
      element("section", { class: "stack tight", "aria-label": t(name) },
        element("h3", {}, t(name)),
        element("ul", { class: "slots" }, part.map((slot) => this.#slot(day, slot)))));
  }

  #slot(day, [startsAt, employeeIds]) {
    const { app } = this;
    return element("li", {}, element("button", {
      type: "button", class: "slot", "data-starts-at": startsAt,
      onclick: () => app.choose({ slot: { startsAt, employeeIds }, day }),
    }, app.format.time(startsAt)));
  }

  #showNone(day) {
    const { t } = this.app;
    const search = element("button", {
      type: "button", class: "button", onclick: () => this.#findNext(day, search),
    }, t("nextFree"));
    this.times.replaceChildren(notice("warn", t("noTimes"),
      element("div", { class: "stack" }, element("p", { class: "soft" }, t("noTimesMore")),
        element("div", {}, search))));
  }

  async #findNext(day, button) {
    if (button.getAttribute("aria-disabled")) return;
    const { t, location } = this.app;
    button.setAttribute("aria-disabled", "true");
    this.app.say(t("searching"));
    try {
      for (let week = 0; week < SEARCHED_WEEKS; week += 1) {
        const from = addDays(this.#weekOf(day), week * WEEK);
        if (from > this.last) break;
        const days = await this.#load(from);
        const found = this.#daysOf(from).find((each) => each > day && days.has(each));
        if (found) {
          await this.show(found, true);
          this.days.querySelector("[aria-pressed=true]").focus();
          return;
        }
      }
      this.times.replaceChildren(notice("warn", t("noneFound", { name: location.name }), waysTo(this.app)));
    } catch (failed) {
      this.#showFailure(failed, day);
    }
  }

  #arrow(shape, label, days) {
    return element("button", {
      type: "button", class: "button square", "aria-label": label,
      onclick: () => this.show(addDays(this.from, days)),
    }, icon(shape));
  }
}
