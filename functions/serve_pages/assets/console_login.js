// Signing in: address and password, a first password of one's own, the app's six digits; and a new
// password for who has forgotten theirs.

import { element, notice, setBusy } from "./dom.js";
import { button, field, textInput } from "./console_parts.js";

const REFUSALS = {
  NotAuthorizedException: "The email address or the password is not right.",
  UserNotFoundException: "The email address or the password is not right.",
  PasswordResetRequiredException: "Your password has to be replaced: choose “Forgot your password?” below.",
  InvalidPasswordException: "Choose a password of at least 12 characters with a capital letter, a small one and a digit.",
  CodeMismatchException: "This code is not right. Take the newest one.",
  EnableSoftwareTokenMFAException: "This code is not right. Take the newest one.",
  ExpiredCodeException: "This code has expired. Take the newest one, or ask for another.",
  TooManyRequestsException: "Too many tries. Wait a minute.",
  TooManyFailedAttemptsException: "Too many tries. Wait an hour.",
  LimitExceededException: "Too many tries. Wait an hour.",
  offline: "The login cannot be reached. Check the connection and try again.",
};
export const PASSWORD_HINT = "At least 12 characters, with a capital letter, a small one and a digit.";

/** Show the login in a place until somebody is signed in, then call `done`. */
export function showLogin(place, session, done, said = "", known = "") {
  const email = textInput(known, { type: "email", autocomplete: "username", name: "email", required: true });
  const password = textInput("", { type: "password", autocomplete: "current-password", name: "password", required: true });
  // A step whose `act` ends in a login, or in what Cognito asks for besides.
  const step = (title, parts, label, act, about = "", more = null) =>
    showStep(place, { title, parts, label, about, more, act: async () => go(await act()) });
  const go = async (challenge) => {
    if (challenge === null) return done();
    if (challenge.name === "NEW_PASSWORD_REQUIRED") return askForNewPassword(session, challenge, step);
    if (challenge.name === "SOFTWARE_TOKEN_MFA") return askForCode(session, challenge, step);
    return signIn("This account asks for a proof that the console does not know. Ask the owner.");
  };
  const signIn = (about) => step("Sign in", [field("Email", email), field("Password", password)], "Sign in",
    () => session.signIn(email.value, password.value), about,
    button("Forgot your password?", () => askWhoForgot(place, session, step, email.value), "quiet"));
  signIn(said);
}

/** Show one step before anybody is signed in: a card with a form that does `act`.
 *
 * What Cognito or the API refuses stands in it. `more` is below the button. `place` is the whole page,
 * or a dialog above one that stays.
 */
export function showStep(place, { title, parts, label, act, about = "", more = null }) {
  const isPage = place.tagName !== "DIALOG";
  if (isPage) document.title = `${title} · Bookpay`;
  const told = element("div", { role: "status" }, about && notice("", about));
  const submit = element("button", { type: "submit", class: "button main wide" }, label);
  const form = element("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-disabled")) return;
    const end = setBusy(submit, "One moment");
    try {
      await act();
    } catch (failed) {
      if (!failed.code && !failed.text) throw failed;
      told.replaceChildren(notice("bad", failed.text ?? REFUSALS[failed.code]
        ?? "This did not work. Try again in a minute."));
      [...form.querySelectorAll("input")].at(-1)?.focus();
    } finally {
      end();
    }
  } }, parts, told, submit, more);
  place.replaceChildren(isPage
    ? element("main", { class: "login" }, element("p", { class: "brand" }, "Bookpay"),
      element("div", { class: "card stack" }, element("h1", {}, title), form))
    : element("div", { class: "stack" }, element("h2", {}, title), form));
  (form.querySelector("input:not([readonly])") ?? submit).focus();
}

/** Return the control of a password that is being chosen. */
export function newPassword() {
  return textInput("", { type: "password", autocomplete: "new-password", required: true, minlength: 12 });
}

/** Return the control of a code of six digits. */
export function sixDigits() {
  return textInput("", {
    inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: 6, required: true,
  });
}

function askForNewPassword(session, challenge, step) {
  const chosen = newPassword();
  step("Choose your password", [field("New password", chosen, { hint: PASSWORD_HINT })], "Save and sign in",
    () => session.answer(challenge, { NEW_PASSWORD: chosen.value }));
}

function askForCode(session, challenge, step) {
  const code = sixDigits();
  step("One more step", [field("Code", code, { hint: "Six digits of your authenticator app." })], "Sign in",
    () => session.answer(challenge, { SOFTWARE_TOKEN_MFA_CODE: code.value }));
}

function askWhoForgot(place, session, step, known) {
  const email = textInput(known, { type: "email", autocomplete: "username", required: true });
  const parts = [field("Email", email, { hint: "We send a code to it." })];
  showStep(place, { title: "Forgot your password?", parts, label: "Send a code", act: async () => {
    await session.forgot(email.value);
    askForReset(session, step, email.value);
  } });
}

function askForReset(session, step, email) {
  const [code, chosen] = [sixDigits(), newPassword()];
  step("Choose a new password", [
    field("Code", code, { hint: "Six digits from the email that we have sent, if the address has an account." }),
    field("New password", chosen, { hint: PASSWORD_HINT }),
  ], "Save and sign in", async () => {
    await session.resetPassword(email, code.value, chosen.value);
    return session.signIn(email, chosen.value);
  });
}
