// The location itself, its members, and who changed what.

import { element } from "./dom.js";
import {
  Mistake, PAGE_LIMIT, ask, badge, button, card, empty, field, growing, natural, readAmount, saving, select, table, textInput,
  tick, toast, touchedInWords, writeAmount,
} from "./console_parts.js";
import { readable } from "./console_words.js";

const MEMBER_ROLES = [
  ["manager", "Manager: bookings, refunds, catalogue, terms"], ["finance", "Finance: reads, and reports"],
  ["owner", "Owner: everything, keys and members too"],
];

/** Show what the location has set. */
export function showLocation(app, main) {
  app.heading(main, "Location", "Name, clock, report and safety");
  app.section(main, () => app.api.get(app.path()), (found) => locationForm(app, found), 8);
}

function locationForm(app, found) {
  const { currency } = found;
  const name = textInput(found.name, { maxlength: 120, dir: "auto" });
  const zone = textInput(found.timezone, { spellcheck: "false" });
  const locale = textInput(found.locale, { spellcheck: "false" });
  const recipients = listArea(found.report.recipients);
  const hours = Array.from({ length: 24 }, (_, hour) => [String(hour), `${String(hour).padStart(2, "0")}:00`]);
  const hour = select(hours, String(found.report.hour));
  const origins = listArea(found.allowed_origins);
  const above = Object.fromEntries(["owner", "manager"].map((role) => [role,
    textInput(found.refund_approval_above[role] ? writeAmount(found.refund_approval_above[role], currency) : "", { inputmode: "decimal" })]));
  const factor = tick("Everybody who works here needs a second factor", found.require_second_factor);
  const perAddress = textInput(String(found.holds_per_address), { inputmode: "numeric" });
  const perClient = textInput(String(found.holds_per_client), { inputmode: "numeric" });
  const told = element("div", {});
  const submit = element("button", { type: "submit", class: "button main" }, "Save");
  const form = element("form", { class: "stack narrow-form", novalidate: true },
    card("The location",
      field("Name", name, { pointer: "/name" }),
      field("Time zone", zone, { pointer: "/timezone", hint: "e.g. Europe/Berlin" }),
      field("Clients' language", locale, { pointer: "/locale", hint: "Such as en, de or de-AT" }),
      element("p", { class: "small soft" }, `Country ${found.country} and currency ${currency.toUpperCase()} stay for good.`)),
    card("Morning report",
      field("Recipients", recipients, { pointer: "/report/recipients", hint: "One email address per line" }),
      field("Sent at", hour, { pointer: "/report/hour" })),
    card("Refunds that a second person approves",
      element("p", { class: "small soft" }, "Refunds of one booking are added up, and so are one person's refunds of a day, up to ten times the amount. "
        + "If you raise a limit that applies to you, the old one applies to you for another 24 hours."),
      ...Object.entries(above).map(([role, control]) => field(`Above, asked for by ${role === "owner" ? "an owner" : "a manager"} (${currency.toUpperCase()})`,
        control, { pointer: `/refund_approval_above/${role}`, hint: "Empty: never" }))),
    card("Unpaid slots that may wait at once",
      field("From one address on the net", perAddress, { pointer: "/holds_per_address", hint: "Higher where all clients share one, such as a tablet in the salon" }),
      field("With one email address", perClient, { pointer: "/holds_per_client" })),
    card("Websites that may embed the booking",
      field("Origins", origins, { pointer: "/allowed_origins", hint: "One per line, e.g. https://salon.example" })),
    card("Signing in", factor.made,
      element("p", { class: "small soft" }, "Whoever has none, you too, is shown how to set one up before they get in.")),
    told, element("div", { class: "row" }, submit));
  saving(form, submit, told, async () => {
    const approval = Object.fromEntries(Object.entries(above).map(([role, control]) => {
      const minor = control.value.trim() ? readAmount(control.value, currency) : 0;
      if (minor === null) throw new Mistake(`/refund_approval_above/${role}`, "Write an amount such as 100.00.");
      return [role, minor];
    }));
    await tellOfMove(app, zone);
    const saved = await app.api.patch(app.path(), {
      name: name.value, timezone: zone.value.trim(), locale: locale.value.trim(),
      report: { recipients: linesOf(recipients), hour: Number(hour.value) },
      allowed_origins: linesOf(origins), refund_approval_above: approval,
      require_second_factor: factor.control.checked,
      holds_per_address: readCount(perAddress, "/holds_per_address"),
      holds_per_client: readCount(perClient, "/holds_per_client"),
    });
    Object.assign(app.location, saved);
    toast("The location is saved.");
  });
  return form;
}

// What is booked keeps its zone, and what comes has another: who means it saves a second time.
async function tellOfMove(app, zone) {
  const timezone = zone.value.trim();
  if (timezone === app.location.timezone || timezone === zone.dataset.told) return;
  const { touches } = await app.api.patch(`${app.path()}?dry_run=true`, { timezone });
  const touched = touchedInWords(touches);
  if (!touched) return;
  zone.dataset.told = timezone;
  throw new Mistake("/timezone", `${touched} They stay on the clock that they were booked by. Save again if you mean it.`);
}

function readCount(control, pointer) {
  const text = control.value.trim();
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Mistake(pointer, "Write a number such as 60.");
  return Number(text);
}

function listArea(lines) {
  const made = element("textarea", { rows: 3, spellcheck: "false", dir: "ltr" });
  made.value = lines.join("\n");
  return made;
}

function linesOf(area) {
  return area.value.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);
}

/** Show who belongs to the location. */
export function showMembers(app, main) {
  const add = button("Invite somebody", () => askToInvite(app, again), "main");
  app.heading(main, "Members", "Who may sign in for this location, and as what", add);
  const again = app.section(main, () => app.api.all(app.path("members")), (members) => (members.length
    ? table("Members", [
      { name: "Member", cell: (each) => element("bdi", { class: "strong" }, each.email) },
      { name: "Role", cell: (each) => each.roles.map(readable).join(", ") },
      { name: "State", cell: (each) => memberState(app, each) },
      { name: "Change", cell: (each) => memberButtons(app, each, again) },
    ], members)
    : empty("No members", "Invite who works with you.")));
}

function memberState(app, member) {
  if (member.status === "joined") return `Since ${app.moment(member.added_at)}`;
  const isExpired = member.status === "expired";
  return element("span", {}, badge(isExpired ? ["Invitation expired", "bad"] : ["Invited", "plain"]),
    ` ${isExpired ? "on" : "until"} ${app.moment(member.expires_at)}`);
}

function memberButtons(app, member, again) {
  const isJoined = member.status === "joined";
  const change = isJoined ? button("Change role", () => askToInvite(app, again, member))
    : button("Send again", () => askToResend(app, again, member));
  const remove = button("Remove", () => ask({
    title: isJoined ? "Remove this member?" : "Take the invitation back?",
    body: [element("p", {}, ...(isJoined
      ? [natural(member.email), " can do nothing here from their next click on."]
      : ["The link in the mail to ", natural(member.email), " does nothing any more."]))],
    label: "Remove",
    kind: "danger",
    go: async () => {
      await app.api.remove(app.path("members", member.member_id));
      toast(isJoined ? "The member is removed." : "The invitation is withdrawn.");
      again();
    },
  }), "quiet");
  change.setAttribute("aria-label", isJoined
    ? `Change the role of ${member.email}` : `Send the invitation to ${member.email} again`);
  remove.setAttribute("aria-label", `Remove ${member.email}`);
  return element("div", { class: "row tight" }, change, remove);
}

function askToResend(app, again, member) {
  ask({
    title: "Send the invitation again?",
    body: [element("p", {}, natural(member.email), " gets another mail. Its link is valid for seven days, and the former one ends.")],
    label: "Send again",
    go: async () => {
      await app.api.post(app.path("members", member.member_id, "resend"));
      toast("The invitation is on its way.");
      again();
    },
  });
}

function askToInvite(app, again, member = null) {
  const email = textInput(member?.email, { type: "email", maxlength: 254, readonly: member !== null });
  const role = select(MEMBER_ROLES, member?.roles[0] ?? "manager");
  ask({
    title: member ? "Change the role" : "Invite somebody",
    label: member ? "Save" : "Invite",
    body: [
      field("Email", email, { pointer: "/email", hint: member ? "" : "They get an email with a link, and belong here once they have accepted." }),
      field("Role", role, { pointer: "/role" }),
    ],
    go: async () => {
      await app.api.post(app.path("members"), { email: email.value.trim(), role: role.value });
      toast(member ? "The role is changed." : "The invitation is on its way.");
      again();
    },
  });
}

/** Show who changed or fetched what. */
export function showAudit(app, main) {
  app.heading(main, "Audit", "Who changed or fetched what, newest first");
  const load = (cursor) => app.api.get(app.path("audit"), { limit: PAGE_LIMIT, cursor });
  app.section(main, () => load(""), (first) => growing(first, load, (items) => auditList(app, items)));
}

function auditList(app, items) {
  return items.length ? table("Audit", [
    { name: "When", cell: (each) => app.moment(each.at) },
    { name: "Who", cell: (each) => natural(each.by.email || "Bookpay") },
    { name: "What", cell: (each) => badge([readable(each.what), "plain"]) },
    { name: "About", cell: (each) => natural(Object.entries(each.ids).map(([key, value]) => `${readable(key)}: ${value.replaceAll(",", ", ")}`).join(" · ") || "—") },
  ], items) : empty("Nothing yet", "Changes of settings, refunds and downloads stand here.");
}
