// What stands around every step and every outcome: the way back, the progress, the heading.

import { element, icon } from "./dom.js";

const WAITING_CHOICES = 4;
const REM_PX = 16;
const SMALL_REM_PX = 13;

/** Draws into the widget's root. */
export class Shell {
  constructor(root, goBack) {
    this.root = root;
    this.step = element("p", { class: "step" });
    this.test = element("p", { class: "test-mode", hidden: true });
    this.back = element("button", { type: "button", class: "button quiet back", hidden: true, onclick: goBack });
    this.mark = element("div", { class: "mark", "aria-hidden": "true", hidden: true });
    this.bar = element("div", {});
    this.progress = element("div", { class: "bar", "aria-hidden": "true" }, this.bar);
    this.heading = element("h2", { tabindex: "-1" });
    this.chosen = element("div", { class: "chosen", role: "group" });
    this.body = element("div", { class: "body" });
    this.said = element("p", { class: "unseen", role: "status" });
    this.foot = element("div", {});
    this.box = element("div", { class: "widget" },
      element("div", { class: "top" }, this.back, this.mark, this.step, this.test),
      this.progress, this.heading, this.chosen, this.body, this.said, this.foot);
    // On sites that make a rem 10 px, so that they count easily, everything here would be tiny.
    const remPx = parseFloat(getComputedStyle(document.documentElement).fontSize);
    if (remPx < SMALL_REM_PX) this.box.style.zoom = REM_PX / remPx;
    root.append(this.box);
  }

  /** Say something to a screen reader alone. */
  say(text) { this.said.textContent = text; }

  /** Say that no real money moves. */
  warnOfTest(t, isTest) {
    this.test.textContent = t("testMode");
    this.test.title = t("testModeMore");
    this.test.hidden = !isTest;
  }

  /** Show that something is on its way. */
  showWaiting(t, isKeeping) {
    const blocks = Array.from({ length: WAITING_CHOICES }, () => element("div", { class: "choice skeleton" }));
    for (const part of [this.chosen, this.back, this.mark]) part.hidden = true;
    this.step.textContent = isKeeping ? "" : t("loading");
    this.bar.style.inlineSize = 0;
    this.heading.textContent = t(isKeeping ? "loading" : "chooseService");
    this.body.replaceChildren(element("div", { class: "choices stack tight waiting", "aria-hidden": "true" }, blocks));
  }

  /** Show a step: its number of how many, and what was chosen before, each as a button. */
  showStep(t, { number, total, chips, title, body }, isMoved) {
    for (const part of [this.step, this.progress]) part.hidden = false;
    this.mark.hidden = true;
    this.back.hidden = number === 1;
    this.back.replaceChildren(icon("back", 18), t("back"));
    this.step.textContent = t("step", { at: number, of: total });
    this.bar.style.inlineSize = `${(100 * number) / total}%`;
    // The last step shows everything, each with its own way back.
    this.chosen.hidden = number === 1 || number === total;
    this.chosen.setAttribute("aria-label", t("chosen"));
    this.chosen.replaceChildren(...chips);
    this.#draw(title, body, isMoved);
  }

  /** Show how a booking stands, with a picture; `isNew` moves the focus to it. */
  showOutcome({ title, body, picture, kind = "" }, isNew) {
    for (const part of [this.back, this.step, this.progress, this.chosen]) part.hidden = true;
    this.mark.hidden = !picture;
    this.mark.className = `mark ${kind}`.trim();
    this.mark.replaceChildren(picture || "");
    this.#draw(title, body, isNew);
  }

  #draw(title, body, isMoved) {
    this.heading.textContent = title;
    this.body.replaceChildren(body);
    if (!isMoved) return;
    this.heading.focus({ preventScroll: true });
    const { host } = this.root;
    if (host.getBoundingClientRect().top < 0) host.scrollIntoView();
  }
}
