// The console: who is signed in, which location, which page. Addresses are
// `#/<location>/<page>/<id>?<filters>`, so that the browser's own buttons work; what is secret, or
// names a person, is never in one.

import { element, icon } from "./dom.js";
import { Formatter } from "./format.js";
import { StaffApi } from "./console_api.js";
import { showAgenda } from "./console_agenda.js";
import { showAudit } from "./console_audit.js";
import { showClient } from "./console_clients.js";
import { showClientsData } from "./console_clients_data.js";
import { showBooking } from "./console_booking.js";
import { showBookings } from "./console_bookings.js";
import { showDisputes, showNeeded } from "./console_cases.js";
import { showFactor } from "./console_factor.js";
import { showEmployees } from "./console_employees.js";
import { showFlow } from "./console_flow.js";
import { showFlowDay } from "./console_flow_day.js";
import { showInvitation, takeInvitation } from "./console_invitation.js";
import { showEntries } from "./console_ledger.js";
import { Live } from "./console_live.js";
import { showLogin } from "./console_login.js";
import { drawFrame } from "./console_frame.js";
import { followMoves } from "./console_leaving.js";
import { showLocation } from "./console_location.js";
import { showMembers } from "./console_members.js";
import { askForLocation } from "./console_new_location.js";
import { showOnline } from "./console_online.js";
import { empty, fill, skeleton, trouble } from "./console_parts.js";
import { showPayout, showPayouts } from "./console_payouts.js";
import { showServices } from "./console_services.js";
import { Session } from "./console_session.js";
import { needsSetup, showSetup } from "./console_setup.js";
import { showStripe } from "./console_stripe.js";
import { showTerms } from "./console_terms.js";
import { showTimeOff } from "./console_time_off.js";

const ALL = ["owner", "manager", "finance"];
const DESK = ["owner", "manager"];
const BOOKS = ["owner", "finance"];
// Who sees what; the API decides, and says 403 to who calls it in another way.
const PAGES = [
  { id: "setup", name: "Getting started", roles: ["owner"], show: showSetup, isFirst: true },
  { id: "agenda", name: "Agenda", roles: ALL, show: showAgenda },
  { id: "bookings", name: "Bookings", roles: ALL, show: showBookings, one: showBooking },
  { id: "clients", name: "Client", roles: ALL, one: showClient, isHidden: true },
  { id: "needs-action", name: "Needs action", roles: DESK, show: showNeeded },
  { id: "money-flow", name: "Money flow", roles: BOOKS, show: showFlow, one: showFlowDay },
  { id: "payouts", name: "Payouts", roles: BOOKS, show: showPayouts, one: showPayout },
  { id: "entries", name: "Entries", roles: BOOKS, show: showEntries, isHidden: true },
  { id: "disputes", name: "Disputes", roles: ALL, show: showDisputes },
  { id: "location", name: "Location", roles: ["owner"], show: showLocation, settings: true },
  { id: "services", name: "Services", roles: DESK, show: showServices, settings: true },
  { id: "employees", name: "Employees", roles: DESK, show: showEmployees, settings: true },
  { id: "time-off", name: "Time off", roles: DESK, show: showTimeOff, settings: true },
  { id: "online-booking", name: "Online booking", roles: ["owner"], show: showOnline, settings: true },
  { id: "payments", name: "Online payments", roles: ["owner"], show: showStripe, settings: true },
  { id: "terms", name: "Payment terms", roles: DESK, show: showTerms, settings: true },
  { id: "members", name: "Members", roles: ["owner"], show: showMembers, settings: true },
  { id: "client-data", name: "Clients' data", roles: ["owner"], show: showClientsData, settings: true },
  { id: "audit", name: "Audit", roles: ["owner"], show: showAudit, settings: true },
];

/** The signed-in console of one person; pages get it, and find API, location and words in it. */
class Console {
  constructor(place) {
    this.place = place;
    this.session = new Session(document.body.dataset);
    this.api = new StaffApi(this.session, () => this.signInAgain(),
      () => this.askForFactor("This location asks for a second factor."));
    this.locations = [];
    this.location = null;
    this.person = "";
    // What a list shows, for the way back to it: its address, its page's name, and what it keeps.
    this.list = null;
    // The visit that was taken up in the agenda, to be put down elsewhere.
    this.moving = null;
    followMoves(() => (location.hash.startsWith("#invitation=") ? this.start() : this.show()));
  }

  async start() {
    const invitation = takeInvitation();
    // The link of a mail may be opened while the console is still loading: the newest start counts.
    const begun = this.begun = {};
    if (invitation) {
      return showInvitation(this.place, this.session, this.api, invitation, () => {
        history.replaceState(null, "", `#/${invitation.location}/agenda`);
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
    closeDialogs();
    this.locations = [];
    this.person = "";
    showLogin(this.place, this.session, () => this.open(), said);
  }

  /** Ask who was signed in to do so again, above what they are at; promises whether they are. */
  signInAgain() {
    if (!this.person) {
      this.askToSignIn("Your session has ended. Sign in again.");
      return false;
    }
    this.signing ??= new Promise((done) => {
      const title = document.title;
      const dialog = element("dialog", { "aria-label": "Sign in again", oncancel: (event) => event.preventDefault(), onclose: () => end(false) });
      const end = (isSame) => {
        dialog.remove();
        document.title = title;
        this.signing = null;
        done(isSame);
      };
      document.body.append(dialog);
      dialog.showModal();
      showLogin(dialog, this.session, () => {
        const isSame = this.session.email === this.person;
        end(isSame);
        if (!isSame) this.open();
      }, "Your session has ended. Sign in again: what you have typed stays.", this.person);
    });
    return this.signing;
  }

  /** Show how a second factor is enrolled, because it is needed or wanted; the login ends with it. */
  askForFactor(about = "") {
    closeDialogs();
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
    closeDialogs();
    this.person = "";
    this.place.replaceChildren(element("main", { class: "login" }, skeleton(3)));
    try {
      this.locations = await this.api.all("/locations");
      if (this.begun !== begun) return;
      this.person = this.session.email;
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

  /** Return the names of what can be booked: `{services, employees}`, each by its id.
   *
   * They are read once; a settings page has them read anew.
   */
  catalogue() {
    this.named ??= Promise.all(["services", "employees"].map((each) => this.api.all(this.path(each))))
      .then(([services, employees]) => ({
        services: new Map(services.map((each) => [each.service_id, each])),
        employees: new Map(employees.map((each) => [each.employee_id, each])),
      })).catch((failed) => {
        this.named = null;
        throw failed;
      });
    return this.named;
  }

  /** Put a page's filters into its address; what is empty is left out. */
  keepQuery(query) {
    const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
    const [path] = location.hash.split("?");
    history.replaceState(history.state, "", given ? `${path}?${given}` : path);
    this.list.hash = location.hash;
  }

  /** Return the link from one thing back to the list that it was found in. */
  backLink() {
    const { hash, name } = this.list ?? { hash: this.link("bookings"), name: "bookings" };
    return this.linkTo(hash, name);
  }

  linkTo(hash, name) {
    return element("a", { class: "back-link", href: hash }, icon("back", 18), `Back to ${name}`);
  }

  /** Let what a page lists lead back to it, by `name`; return the link to where it was found itself, else to `otherwise`. */
  within(name, otherwise, otherwiseName) {
    if (this.list?.hash !== location.hash) {
      const isBeside = this.list?.show === this.shown;
      this.list = { hash: location.hash, name, show: this.shown, up: isBeside ? this.list.up : this.list };
    }
    const { up } = this.list;
    return this.linkTo(up?.hash ?? otherwise, up?.name ?? otherwiseName);
  }

  /** Return an instant on the location's clock, with the year where that is another one. */
  moment(at, format = this.format) {
    const [now, year] = [Date.now(), at].map((each) => format.dayOf(each).slice(0, 4));
    return format.moment(at, year === now ? undefined : "numeric");
  }

  /** Return a visit's start as its client reads it; where that is another zone, with its name. */
  visit(booking) {
    const format = this.format.of(booking);
    const zone = format === this.format ? "" : ` (${booking.timezone})`;
    return this.moment(booking.starts_at, format) + zone;
  }

  money(minor, currency = this.location.currency) { return this.format.money(minor, currency); }

  show() {
    if (!this.person) return;
    if (!this.locations.length) return this.showNothing();
    const [path, asked = ""] = location.hash.replace(/^#\//, "").split("?");
    const [wanted, pageId, ...rest] = path.split("/").map(decoded);
    this.query = new URLSearchParams(asked);
    const known = this.locations.find((each) => each.location_id === wanted);
    const before = this.location;
    this.enter(known ?? this.locations[0]);
    const allowed = PAGES.filter((page) => this.is(...page.roles));
    const page = known && allowed.find((each) => each.id === pageId);
    if (!page && known && PAGES.some((each) => each.id === pageId)) {
      return drawFrame(this, allowed, null, (main) => main.append(
        element("h1", { tabindex: -1 }, "Not for your role"),
        empty("Your role does not open this page", "The owner of the location can give you another role.")));
    }
    const show = this.shown = page && (rest[0] && page.one ? page.one : page.show);
    if (!show) return this.toFirst(allowed);
    if (page.settings) this.named = null;
    if (show !== page.one && !page.isHidden && this.list?.hash !== location.hash) {
      this.list = { hash: location.hash, name: page.name.toLowerCase() };
    }
    return drawFrame(this, allowed, page, (main) => show(this, main, ...rest), before !== null);
  }

  // Another location has other names, lists and cases.
  enter(chosen) {
    if (this.location?.location_id !== chosen.location_id) this.named = this.list = this.cases = this.moving = null;
    this.location = chosen;
    this.format = new Formatter("en", chosen.country, chosen.timezone);
    if (this.is(...DESK)) this.cases ??= new Live(this.api, this.path("needs-action", "count"));
  }

  // Who has steps left before the first booking begins with them.
  async toFirst(allowed) {
    const first = await needsSetup(this) ? "setup" : allowed.find((page) => !page.isFirst).id;
    location.replace(this.link(first));
  }

  showNothing() {
    this.place.replaceChildren(element("main", { class: "login" }, element("h1", {}, "Bookpay"),
      empty("You belong to no location yet", "Ask the owner of a location to invite you.",
        element("div", { class: "row" },
          element("button", { type: "button", class: "button", onclick: () => this.signOut() }, "Sign out"),
          element("button", { type: "button", class: "button quiet", onclick: () => askForLocation(this, () => this.open()) },
            "I run this deployment: make a location")))));
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

function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
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
