// The console: who is signed in, which location, which page. Addresses are `#/<location>/<page>/<id>`,
// so that the browser's own buttons work; what is secret is never in one.

import { element } from "./dom.js";
import { Formatter } from "./format.js";
import { StaffApi } from "./console_api.js";
import { showAudit, showLocation, showMembers } from "./console_location.js";
import { showBooking } from "./console_booking.js";
import { showBookings } from "./console_bookings.js";
import { showDisputes, showNeeded } from "./console_cases.js";
import { showFactor } from "./console_factor.js";
import { showEmployees, showServices } from "./console_catalogue.js";
import { showFlow } from "./console_flow.js";
import { showInvitation, takeInvitation } from "./console_invitation.js";
import { showLogin } from "./console_login.js";
import { empty, fill, skeleton, trouble } from "./console_parts.js";
import { showPayments } from "./console_payments.js";
import { Session } from "./console_session.js";
import { showTerms } from "./console_terms.js";

const ALL = ["owner", "manager", "finance"];
const DESK = ["owner", "manager"];
// Who sees what; the API decides, and says 403 to who calls it in another way.
const PAGES = [
  { id: "bookings", name: "Bookings", roles: ALL, show: showBookings, one: showBooking },
  { id: "needs-action", name: "Needs action", roles: DESK, show: showNeeded },
  { id: "money-flow", name: "Money flow", roles: ["owner", "finance"], show: showFlow },
  { id: "disputes", name: "Disputes", roles: ALL, show: showDisputes },
  { id: "payments", name: "Online payments", roles: ["owner"], show: showPayments, settings: true },
  { id: "terms", name: "Payment terms", roles: DESK, show: showTerms, settings: true },
  { id: "services", name: "Services", roles: DESK, show: showServices, settings: true },
  { id: "employees", name: "Employees", roles: DESK, show: showEmployees, settings: true },
  { id: "location", name: "Location", roles: ["owner"], show: showLocation, settings: true },
  { id: "members", name: "Members", roles: ["owner"], show: showMembers, settings: true },
  { id: "audit", name: "Audit", roles: ["owner"], show: showAudit, settings: true },
];

/** The signed-in console of one person; pages get it, and find API, location and words in it. */
class Console {
  constructor(place) {
    this.place = place;
    this.session = new Session(document.body.dataset);
    this.api = new StaffApi(this.session,
      () => this.askToSignIn("Your session has ended. Sign in again."),
      () => this.askForFactor("This location asks for a second factor."));
    this.locations = [];
    this.location = null;
    addEventListener("hashchange", () => (location.hash.startsWith("#invitation=") ? this.start() : this.show()));
  }

  async start() {
    const invitation = takeInvitation();
    // The link of a mail may be opened while the console is still loading: the newest start counts.
    const begun = this.begun = {};
    if (invitation) {
      return showInvitation(this.place, this.session, this.api, invitation, () => {
        history.replaceState(null, "", `#/${invitation.location}/bookings`);
        return this.open();
      }, () => this.askToSignIn());
    }
    this.place.replaceChildren(element("main", { class: "login" }, skeleton(3)));
    try {
      await this.session.token();
    } catch (failed) {
      if (!failed.code) throw failed;
      return this.begun === begun ? this.askToSignIn() : null;
    }
    return this.begun === begun ? this.open() : null;
  }

  askToSignIn(said = "") {
    document.querySelector("dialog")?.close();
    this.locations = [];
    showLogin(this.place, this.session, () => this.open(), said);
  }

  /** Show how a second factor is enrolled, because it is needed or wanted; the login ends with it. */
  askForFactor(about = "") {
    document.querySelector("dialog")?.close();
    const leave = about ? { label: "Sign out", act: () => this.signOut() }
      : { label: "Not now", act: () => this.open() };
    showFactor(this.place, this.session,
      () => this.askToSignIn("Your second factor is set up. Sign in again with a code of your app."), leave, about);
  }

  async signOut() {
    await this.session.signOut();
    this.askToSignIn("You are signed out.");
  }

  async open() {
    const { begun } = this;
    this.place.replaceChildren(element("main", { class: "login" }, skeleton(3)));
    try {
      this.locations = await this.api.all("/locations");
      if (this.begun !== begun) return;
    } catch (failed) {
      if (failed.status === 401) return;
      this.place.replaceChildren(element("main", { class: "login" },
        element("h1", {}, "Bookpay"), trouble(failed, () => this.open())));
      return;
    }
    this.show();
  }

  /** Return the roles of the signed-in person here; the platform's admin acts as owner. */
  get roles() { return this.location.roles.map((role) => (role === "admin" ? "owner" : role)); }

  is(...roles) { return roles.some((role) => this.roles.includes(role)); }

  /** Return a path of the API under the location, of parts that are escaped. */
  path(...parts) {
    return ["/locations", this.location.location_id, ...parts]
      .map((part, at) => (at ? encodeURIComponent(part) : part)).join("/");
  }

  link(...parts) {
    return `#/${[this.location.location_id, ...parts].map(encodeURIComponent).join("/")}`;
  }

  /** Return an instant on the location's clock, with the year where that is another one. */
  moment(at, format = this.format) {
    const [now, year] = [Date.now(), at].map((each) => format.dayOf(each).slice(0, 4));
    return format.moment(at) + (year === now ? "" : ` ${year}`);
  }

  /** Return a visit's start as its client reads it; where that is another zone, with its name. */
  visit(booking) {
    const format = this.format.of(booking);
    const zone = format === this.format ? "" : ` (${booking.timezone})`;
    return this.moment(booking.starts_at, format) + zone;
  }

  money(minor, currency = this.location.currency) { return this.format.money(minor, currency); }

  show() {
    if (!this.session.email) return;
    if (!this.locations.length) return this.showNothing();
    const [wanted, pageId, ...rest] = location.hash.replace(/^#\//, "").split("/").map(decoded);
    const known = this.locations.find((each) => each.location_id === wanted);
    const before = this.location;
    this.location = known ?? this.locations[0];
    this.format = new Formatter("en", this.location.country, this.location.timezone);
    const allowed = PAGES.filter((page) => this.is(...page.roles));
    const page = known && allowed.find((each) => each.id === pageId);
    if (!page && known && PAGES.some((each) => each.id === pageId)) {
      return this.frame(allowed, null, (main) => main.append(
        element("h1", { tabindex: -1 }, "Not for your role"),
        empty("Your role does not open this page", "The owner of the location can give you another role.")));
    }
    if (!page) return location.replace(this.link(allowed[0].id));
    const show = rest[0] && page.one ? page.one : page.show;
    return this.frame(allowed, page, (main) => show(this, main, ...rest), before !== null);
  }

  frame(allowed, page, show, isMove = true) {
    const main = element("main", { id: "main" });
    const menu = element("nav", { id: "menu", "aria-label": "Console" }, navigation(this, allowed, page));
    const toggle = element("button", {
      type: "button", class: "button menu", "aria-expanded": "false", "aria-controls": "menu",
      onclick: () => toggle.setAttribute("aria-expanded", String(document.body.classList.toggle("open"))),
    }, "Menu");
    document.body.classList.remove("open");
    const isTest = this.location.mode === "test";
    this.place.replaceChildren(
      element("a", { class: "skip", href: "#main", onclick: (event) => {
        event.preventDefault();
        main.querySelector("h1")?.focus();
      } }, "Skip to the page"),
      isTest && element("aside", { class: "test-strip", "aria-label": "Mode" },
        element("strong", {}, "TEST MODE"), " no real money moves"),
      element("header", { class: "side" },
        element("div", { class: "side-top" }, element("p", { class: "brand" }, "Bookpay"), toggle),
        switcher(this), menu,
        element("div", { class: "who" }, element("p", { class: "small soft", dir: "auto" }, this.session.email),
          element("button", { type: "button", class: "button quiet", onclick: () => this.askForFactor() }, "Second factor"),
          element("button", { type: "button", class: "button quiet", onclick: () => this.signOut() }, "Sign out"))),
      main);
    show(main);
    const title = main.querySelector("h1");
    document.title = `${title?.textContent ?? "Console"} · ${this.location.name}`;
    if (isMove) title?.focus();
  }

  showNothing() {
    this.place.replaceChildren(element("main", { class: "login" }, element("h1", {}, "Bookpay"),
      empty("You belong to no location yet", "Ask the owner of a location to invite you.",
        element("button", { type: "button", class: "button", onclick: () => this.signOut() }, "Sign out"))));
  }

  /** Put a page's heading into its place, with what stands beside it. */
  heading(main, title, about = "", ...beside) {
    main.append(element("div", { class: "head" },
      element("div", {}, element("h1", { tabindex: -1, dir: "auto" }, title),
        about && element("p", { class: "soft" }, about)),
      element("div", { class: "row" }, beside)));
  }

  /** Make a place in a page that is filled by what `load` promises. */
  section(main, load, show, rows) {
    const place = element("div", { class: "stack" });
    main.append(place);
    const again = () => fill(place, load, show, rows);
    again();
    return again;
  }
}

function switcher(app) {
  if (app.locations.length === 1) return element("p", { class: "where strong", dir: "auto" }, app.location.name);
  const choice = element("select", { "aria-label": "Location", class: "where", onchange: () => {
    location.hash = `#/${encodeURIComponent(choice.value)}/bookings`;
  } }, app.locations.map((each) => element("option", { value: each.location_id }, each.name)));
  choice.value = app.location.location_id;
  return choice;
}

function navigation(app, allowed, current) {
  const entry = (page) => element("li", {}, element("a", {
    href: app.link(page.id), "aria-current": page === current ? "page" : null,
  }, page.name));
  const settings = allowed.filter((page) => page.settings);
  return [
    element("ul", {}, allowed.filter((page) => !page.settings).map(entry)),
    settings.length > 0 && element("p", { class: "nav-title", id: "nav-settings" }, "Settings"),
    settings.length > 0 && element("ul", { "aria-labelledby": "nav-settings" }, settings.map(entry)),
  ].filter(Boolean);
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

const toasts = element("div", { id: "toasts", role: "status", "aria-live": "polite" });
document.body.append(toasts);
new Console(document.getElementById("console")).start();
