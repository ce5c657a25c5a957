// What stands around each page of the console: the test strip, the menu with its count, who is signed in.

import { element } from "./dom.js";
import { leaving } from "./console_leaving.js";
import { needsSetup } from "./console_setup.js";

/** Draw a page of the console with what stands around it; `isMove` says that somebody came from another. */
export function drawFrame(app, allowed, page, show, isMove = true) {
  const main = element("main", { id: "main" });
  const menu = element("nav", { id: "menu", "aria-label": "Console" }, navigation(app, allowed, page));
  const toggle = element("button", {
    type: "button", class: "button menu", "aria-expanded": "false", "aria-controls": "menu",
    onclick: () => toggle.setAttribute("aria-expanded", String(document.body.classList.toggle("open"))),
  }, "Menu");
  document.body.classList.remove("open");
  const isTest = app.location.mode === "test";
  app.place.replaceChildren(...[
    element("a", { class: "skip", href: "#main", onclick: (event) => {
      event.preventDefault();
      main.querySelector("h1")?.focus();
    } }, "Skip to the page"),
    isTest && element("aside", { class: "test-strip", "aria-label": "Mode" },
      element("strong", {}, "TEST MODE"), " no real money moves"),
    element("header", { class: "side" },
      element("div", { class: "side-top" }, element("p", { class: "brand" }, "Bookpay"), toggle),
      switcher(app), menu,
      element("div", { class: "who" }, element("p", { class: "small soft", dir: "auto" }, app.person),
        element("button", { type: "button", class: "button quiet", onclick: () => leaving(() => app.askForFactor()) }, "Second factor"),
        element("button", { type: "button", class: "button quiet", onclick: () => leaving(() => app.signOut()) }, "Sign out"))),
    main].filter(Boolean));
  const hasPlaced = show(main) === true;
  const title = main.querySelector("h1");
  document.title = `${title?.textContent ?? "Console"} · ${app.location.name}`;
  if (isMove && !hasPlaced) title?.focus();
  countCases(app, menu);
}

function switcher(app) {
  if (app.locations.length === 1) return element("p", { class: "where strong", dir: "auto" }, app.location.name);
  const choice = element("select", { "aria-label": "Location", class: "where", onchange: () => {
    location.hash = `#/${encodeURIComponent(choice.value)}/agenda`;
  } }, app.locations.map((each) => element("option", { value: each.location_id }, each.name)));
  choice.value = app.location.location_id;
  return choice;
}

function navigation(app, allowed, current) {
  const entry = (page) => {
    const made = element("li", { hidden: page.isFirst && page !== current }, element("a", {
      href: app.link(page.id), "aria-current": page === current ? "page" : null, "data-page": page.id,
      // The menu leads to a list as it is at first.
      onclick: () => { app.list = null; },
    }, page.name));
    if (page.isFirst) needsSetup(app).then((isNeeded) => { made.hidden = !isNeeded && page !== current; });
    return made;
  };
  const shown = allowed.filter((page) => !page.isHidden);
  const settings = shown.filter((page) => page.settings);
  return [
    element("ul", {}, shown.filter((page) => !page.settings).map(entry)),
    settings.length > 0 && element("p", { class: "nav-title", id: "nav-settings" }, "Settings"),
    settings.length > 0 && element("ul", { "aria-labelledby": "nav-settings" }, settings.map(entry)),
  ].filter(Boolean);
}

// Show beside "Needs action" how many things do, and keep that true.
function countCases(app, menu) {
  const link = menu.querySelector('[data-page="needs-action"]');
  if (!link) return;
  const count = element("span", { class: "badge warn count" });
  link.append(count);
  const draw = ({ count: number, complete }) => {
    count.replaceChildren(...(number ? [`${number}${complete ? "" : "+"}`, element("span", { class: "unseen" }, " open")] : []));
  };
  if (app.cases.body) draw(app.cases.body);
  app.cases.follow(count, draw);
  if (!app.cases.body) app.cases.tryLook();
}
