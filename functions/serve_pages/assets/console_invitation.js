// Accepting an invitation: the link of the mail leads here. Somebody new chooses a password; who has
// an account signs in with it, which shows that the address is theirs.

import { element, notice } from "./dom.js";
import { CallFailed } from "./console_api.js";
import { PASSWORD_HINT, newPassword, showLogin, showStep } from "./console_login.js";
import { field, skeleton, textInput } from "./console_parts.js";
import { readable } from "./console_words.js";

const ASKED_MS = 32_000;
const MAILED = /^#invitation=([a-z0-9-]+)\.([\w-]+)$/;

/** Return the invitation that the address names, `{location, token}`, or null; it is taken out. */
export function takeInvitation() {
  const found = location.hash.match(MAILED);
  if (!found) return null;
  // What is secret stays neither in the address nor in the history.
  history.replaceState(null, "", location.pathname);
  return { location: found[1], token: found[2] };
}

/** Show an invitation until it is accepted, then call `done`, or `leave` where it cannot be. */
export async function showInvitation(place, session, api, invitation, done, leave) {
  place.replaceChildren(element("main", { class: "login" }, skeleton(3)));
  let shown;
  try {
    shown = await askPublic(invitation, "", { token: invitation.token });
  } catch (failed) {
    if (!failed.text) throw failed;
    return showStep(place, {
      title: "Your invitation", parts: [notice("bad", failed.text)], label: "Sign in", act: leave,
    });
  }
  return shown.has_account
    ? askToAccept(place, session, api, invitation, shown, done)
    : askForPassword(place, session, invitation, shown, done);
}

function askForPassword(place, session, invitation, shown, done) {
  // A password manager keeps the password under this address.
  const email = textInput(shown.email, { type: "email", autocomplete: "username", readonly: true });
  const chosen = newPassword();
  const parts = [said(shown), field("Email", email),
    field("Choose a password", chosen, { hint: PASSWORD_HINT, pointer: "/password" })];
  showStep(place, { title: titleOf(shown), parts, label: "Accept and sign in", act: async () => {
    await askPublic(invitation, "/accept", { token: invitation.token, password: chosen.value });
    await session.signIn(shown.email, chosen.value);
    done(shown);
  } });
}

async function askToAccept(place, session, api, invitation, shown, done) {
  const signedIn = await session.token().then(() => session.email.toLowerCase(), () => "");
  const accept = async () => {
    await api.post(`/locations/${invitation.location}/invitation/accept`, { token: invitation.token });
    done(shown);
  };
  if (signedIn === shown.email) {
    return showStep(place, { title: titleOf(shown), parts: [said(shown)], label: "Accept", act: accept });
  }
  if (signedIn) await session.signOut();
  const confirm = () => showStep(place,
    { title: titleOf(shown), parts: [said(shown)], label: "Accept", act: accept });
  return showLogin(place, session, confirm,
    `${shown.email} has an account. Sign in with it to accept the invitation to ${shown.location}.`, shown.email);
}

function titleOf(shown) { return `Join ${shown.location}`; }

function said(shown) {
  const by = shown.invited_by ? [element("bdi", {}, shown.invited_by), " invites you"] : ["You are invited"];
  return element("p", {}, ...by, ` as ${shown.roles.map(readable).join(", ").toLowerCase()}.`);
}

async function askPublic(invitation, path, body) {
  let answer;
  try {
    answer = await fetch(`/public/locations/${invitation.location}/invitation${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(ASKED_MS),
    });
  } catch {
    throw new CallFailed(0, {});
  }
  const document = await answer.json().catch(() => ({}));
  if (answer.ok) return document;
  const [mistake] = document.errors ?? [];
  throw new CallFailed(answer.status, mistake?.pointer === "/password"
    ? { ...document, detail: `The password ${mistake.detail}.` } : document);
}
