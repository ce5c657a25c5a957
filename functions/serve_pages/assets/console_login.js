// Signing in: address and password, a first password of one's own, the app's six digits.

import { element, notice, setBusy } from "./dom.js";
import { field, textInput } from "./console_parts.js";

const REFUSALS = {
  NotAuthorizedException: "The e-mail address or the password is not right.",
  UserNotFoundException: "The e-mail address or the password is not right.",
  PasswordResetRequiredException: "Your password has to be reset: ask the owner to invite you again.",
  InvalidPasswordException: "Choose a password of at least 12 characters with a capital letter, a small one and a digit.",
  CodeMismatchException: "This code is not right. Take the newest one of your app.",
  ExpiredCodeException: "This code has expired. Take the newest one of your app.",
  TooManyRequestsException: "Too many tries. Wait a minute.",
  LimitExceededException: "Too many tries. Wait a minute.",
  offline: "The login cannot be reached. Check the connection and try again.",
};

/** Show the login in a place until somebody is signed in, then call `done`. */
export function showLogin(place, session, done, said = "") {
  document.title = "Sign in · Bookpay";
  const email = textInput("", { type: "email", autocomplete: "username", name: "email", required: true });
  const password = textInput("", { type: "password", autocomplete: "current-password", name: "password", required: true });
  const step = (title, parts, label, act, about = "") => {
    const told = element("div", { role: "status" }, about && notice("", about));
    const submit = element("button", { type: "submit", class: "button main wide" }, label);
    const form = element("form", { class: "stack", onsubmit: async (event) => {
      event.preventDefault();
      if (submit.getAttribute("aria-disabled")) return;
      const end = setBusy(submit, "Signing in");
      try {
        await go(await act());
      } catch (failed) {
        if (!failed.code) throw failed;
        told.replaceChildren(notice("bad", REFUSALS[failed.code]
          ?? "You could not be signed in. Try again in a minute."));
        parts[parts.length - 1].querySelector("input").focus();
      } finally {
        end();
      }
    } }, parts, told, submit);
    place.replaceChildren(element("main", { class: "login" },
      element("p", { class: "brand" }, "Bookpay"),
      element("div", { class: "card stack" }, element("h1", {}, title), form)));
    form.querySelector("input").focus();
  };
  const go = async (challenge) => {
    if (challenge === null) return done();
    if (challenge.name === "NEW_PASSWORD_REQUIRED") return askForNewPassword(session, challenge, step);
    if (challenge.name === "SOFTWARE_TOKEN_MFA") return askForCode(session, challenge, step);
    return step("Sign in", parts, "Sign in", enter,
      "This account asks for a proof that the console does not know. Ask the owner.");
  };
  const enter = () => session.signIn(email.value.trim(), password.value);
  const parts = [field("E-mail", email), field("Password", password)];
  step("Sign in", parts, "Sign in", enter, said);
}

function askForNewPassword(session, challenge, step) {
  const chosen = textInput("", { type: "password", autocomplete: "new-password", required: true, minlength: 12 });
  const hint = "At least 12 characters, with a capital letter, a small one and a digit.";
  step("Choose your password", [field("New password", chosen, { hint })], "Save and sign in",
    () => session.answer(challenge, { NEW_PASSWORD: chosen.value }));
}

function askForCode(session, challenge, step) {
  const code = textInput("", {
    inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", maxlength: 6, required: true,
  });
  step("One more step", [field("Code", code, { hint: "Six digits of your authenticator app." })], "Sign in",
    () => session.answer(challenge, { SOFTWARE_TOKEN_MFA_CODE: code.value }));
}
