// Who may sign in for a location, and as what: members and invitations.

import { element } from "./dom.js";
import { ask, badge, button, empty, field, natural, select, table, textInput, toast } from "./console_parts.js";
import { ticksSetting } from "./console_form.js";
import { readable } from "./console_words.js";

const MEMBER_ROLES = [
  ["manager", "Manager: bookings, refunds, services, employees, terms"], ["finance", "Finance: sees bookings and reports"],
  ["owner", "Owner: everything, keys and members too"],
];

// Of which bookings a member is told by email.
const MEMBER_MAILS = [
  ["new", "A booking is confirmed", "New"], ["moved", "A visit is moved", "Moved"], ["cancelled", "A booking is cancelled", "Cancelled"],
];

/** Show who belongs to the location. */
export function showMembers(app, main) {
  const add = button("Invite somebody", () => askToInvite(app, again), "main");
  app.heading(main, "Members", "Who may sign in for this location, and as what", add);
  const again = app.section(main, () => app.api.all(app.path("members")), (members) => (members.length
    ? table("Members", [
      { name: "Member", cell: (each) => element("bdi", { class: "strong" }, each.email) },
      { name: "Role", cell: (each) => each.roles.map(readable).join(", ") },
      { name: "Emails", cell: (each) => MEMBER_MAILS.filter(([kind]) => each.mails.includes(kind)).map(([, , short]) => short).join(", ") || "None" },
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
  const remove = button(isJoined ? "Remove" : "Withdraw", () => ask({
    title: isJoined ? "Remove this member?" : "Withdraw the invitation?",
    body: [element("p", {}, ...(isJoined
      ? [natural(member.email), " can do nothing here from their next click on."]
      : ["The link in the email to ", natural(member.email), " does nothing any more."]))],
    label: isJoined ? "Remove" : "Withdraw",
    kind: "danger",
    go: async () => {
      await app.api.remove(app.path("members", member.member_id));
      toast(isJoined ? "The member is removed." : "The invitation is withdrawn.");
      again();
    },
  }), "quiet bad");
  change.setAttribute("aria-label", isJoined
    ? `Change the role of ${member.email}` : `Send the invitation to ${member.email} again`);
  remove.setAttribute("aria-label", isJoined ? `Remove ${member.email}` : `Withdraw the invitation to ${member.email}`);
  const mails = isJoined && button("Emails", () => askForMails(app, again, member));
  if (mails) mails.setAttribute("aria-label", `Emails to ${member.email}`);
  return element("div", { class: "row tight" }, change, mails, remove);
}

function askForMails(app, again, member) {
  const boxes = ticksSetting("mails", "Email them when", "Not of what your team enters without payment terms.",
    MEMBER_MAILS.map(([kind, text]) => [kind, text]), member.mails);
  ask({
    title: "Emails about bookings",
    label: "Save",
    guards: true,
    body: [element("p", {}, natural(member.email)), boxes.made],
    go: async () => {
      await app.api.patch(app.path("members", member.member_id), { mails: boxes.read() });
      toast("The emails are saved.");
      again();
    },
  });
}

function askToResend(app, again, member) {
  ask({
    title: "Send the invitation again?",
    body: [element("p", {}, natural(member.email), " gets another email. Its link is valid for seven days, and the former one ends.")],
    label: "Send again",
    go: async () => {
      await app.api.post(app.path("members", member.member_id, "resend"));
      toast("The invitation is on its way.");
      again();
    },
  });
}

function askToInvite(app, again, member = null) {
  const email = textInput(member?.email, { type: "email", readonly: member !== null });
  const role = select(MEMBER_ROLES, member?.roles[0] ?? "manager");
  ask({
    title: member ? "Change the role" : "Invite somebody",
    label: member ? "Save" : "Invite",
    guards: true,
    body: [
      field("Email", email, { pointer: "/email", hint: member ? "" : "They get an email with a link, and belong here once they have accepted." }),
      field("Role", role, { pointer: "/role", hint: "What they may see and do here." }),
    ],
    go: async () => {
      await app.api.post(app.path("members"), { email: email.value.trim(), role: role.value });
      toast(member ? "The role is changed." : "The invitation is on its way.");
      again();
    },
  });
}
