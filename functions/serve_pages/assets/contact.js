// The fourth step: who comes.

import { acting, element } from "./dom.js";

// As the API checks them: the sentence comes before the request.
const LOOKS_LIKE_EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
// Whatever stands between them, and in whichever script: a number has some digits.
const LOOKS_LIKE_PHONE = /(\p{Nd}\P{Nd}*){4}/u;
const FIELDS = {
  name: { type: "text", autocomplete: "name", required: true },
  email: { type: "email", autocomplete: "email", inputmode: "email", required: true },
  phone: { type: "tel", autocomplete: "tel", inputmode: "tel" },
};
// A `maxlength` would cut what is pasted, and say nothing.
const MOST = { name: 120, email: 254, phone: 32 };

export function enterContact(app) {
  const { t, choice } = app;
  const inputs = {};
  const fields = Object.entries(FIELDS).map(([name, attributes]) => {
    const input = element("input", {
      id: name, name, ...attributes, required: null, "aria-required": attributes.required ? "true" : null,
      "aria-describedby": name === "email" ? "email-hint email-wrong" : `${name}-wrong`,
      oninput: () => { if (input.getAttribute("aria-invalid")) tell(app, inputs, name); },
    });
    input.value = choice.client?.[name] || "";
    inputs[name] = input;
    const more = attributes.required ? null : element("span", { class: "hint" }, ` ${t("optional")}`);
    return element("div", { class: "field" },
      element("label", { for: name }, t(name), more), input,
      name === "email" ? element("p", { class: "hint small soft", id: "email-hint" }, t("emailMore")) : null,
      element("p", { class: "wrong", id: `${name}-wrong`, hidden: true }));
  });
  const button = element("button", { class: "button main wide" }, t("next"));
  const form = acting({ class: "stack narrow" }, button, () => {
    const wrong = Object.keys(FIELDS).filter((name) => tell(app, inputs, name));
    if (wrong.length) inputs[wrong[0]].focus();
    else app.choose({ client: written(inputs) });
  });
  form.append(...[app.takeNotice(), ...fields, button].filter(Boolean));
  for (const name of app.takeRefused()) tellField(inputs[name], t("fieldWrong"));
  return { title: t("yourDetails"), body: form };
}

/** Return the names of the fields that an answer's pointers are about, such as `/client/email`. */
export function refusedFields(pointers) {
  return Object.keys(FIELDS).filter((name) => pointers.includes(`/client/${name}`));
}

/** Show what is wrong with a field, or nothing; and return it. */
function tell(app, inputs, name) {
  const wrong = mistakeIn(name, inputs[name].value.trim());
  tellField(inputs[name], wrong && app.t(wrong, { most: MOST[name] }));
  return wrong;
}

function mistakeIn(name, value) {
  if (!value) return FIELDS[name].required ? `${name}Missing` : "";
  // Characters are counted as the API counts them, an emoji as one.
  if ([...value].length > MOST[name]) return "tooLong";
  if (name === "email" && !LOOKS_LIKE_EMAIL.test(value)) return "emailWrong";
  if (name === "phone" && !LOOKS_LIKE_PHONE.test(value)) return "phoneWrong";
  return "";
}

function tellField(input, text) {
  const place = input.parentElement.querySelector(".wrong");
  place.textContent = text;
  place.hidden = !text;
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function written(inputs) {
  const values = Object.entries(inputs).map(([name, input]) => [name, input.value.trim()]);
  return Object.fromEntries(values.filter(([, value]) => value));
}
