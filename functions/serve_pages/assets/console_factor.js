// The second factor: an authenticator app is given a secret, and shows with a first code that it has it.

import { element } from "./dom.js";
import { showStep, sixDigits } from "./console_login.js";
import { button, field } from "./console_parts.js";

const GROUP = /.{1,4}/g;

/** Show how a second factor is enrolled; `done` is called when the login has ended with it.
 *
 * `leave` is the button of who does not want to: `{label, act}`.
 */
export function showFactor(place, session, done, leave, about = "") {
  const title = "Set up a second factor";
  let secret;
  const begin = async () => {
    secret = await session.beginFactor();
    ask();
  };
  const ask = () => {
    const code = sixDigits();
    const link = `otpauth://totp/Bookpay:${encodeURIComponent(session.email)}?secret=${secret}&issuer=Bookpay`;
    showStep(place, {
      title,
      parts: [
        element("p", {}, "Enter this key in your authenticator app:"),
        element("p", { class: "key", translate: "no" }, secret.match(GROUP).join(" ")),
        element("p", { class: "small" }, "On this device: ",
          element("a", { href: link }, "open the app with the key")),
        field("Code", code, { hint: "Six digits that the app then shows." }),
      ],
      label: "Confirm",
      more: button(leave.label, leave.act, "quiet"),
      act: async () => {
        await session.finishFactor(code.value);
        done();
      },
    });
  };
  showStep(place, {
    title,
    about,
    parts: [element("p", {}, "With it, a password alone lets nobody in: an authenticator app on your phone gives a new code every half minute."),
      element("p", { class: "small soft" }, "All your sessions end, and you sign in again with a code.")],
    label: "Begin",
    more: button(leave.label, leave.act, "quiet"),
    act: begin,
  });
}
