// Another location of the deployment, which its admin makes.

import { element } from "./dom.js";
import { ask, field, select, textInput, toast } from "./console_parts.js";
import { choiceSetting } from "./console_form.js";
import { idOf } from "./console_entries.js";
import { countryChoices, currencyChoices, languageChoices, zoneChoices } from "./console_lists.js";

/** Ask for a new location; `made` gets it. */
export function askForLocation(app, made) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const name = textInput("", { dir: "auto" });
  const id = textInput("", { maxlength: 63, dir: "ltr", spellcheck: "false" });
  const zone = choiceSetting("timezone", "Time zone", "Its clock.", zoneChoices(here), here);
  const country = select(countryChoices(), "DE");
  const currency = select(currencyChoices(), "eur");
  const language = select(languageChoices("en"), "en");
  let isOwnId = false;
  id.addEventListener("input", () => { isOwnId = true; });
  name.addEventListener("input", () => {
    if (!isOwnId) id.value = idOf(name.value, 63);
  });
  ask({
    title: "New location",
    label: "Make the location",
    guards: true,
    body: [
      field("Name", name, { pointer: "/name", hint: "What clients know it by." }),
      field("Short name", id, { pointer: "/location_id", hint: "The end of its booking page's address, for good: a-z, 0-9 and -." }),
      zone.made,
      element("div", { class: "pair" },
        field("Country", country, { pointer: "/country", hint: "Of its Stripe account, for good." }),
        field("Currency", currency, { pointer: "/currency", hint: "Of all its prices, for good." })),
      field("Language", language, { pointer: "/locale", hint: "Of its booking page and emails." }),
    ],
    go: async () => {
      const saved = await app.api.post("/locations", {
        location_id: id.value.trim(), name: name.value.trim(), timezone: zone.control.value,
        country: country.value, currency: currency.value, locale: language.value,
      });
      toast("The location is made. Next: connect Stripe, and invite its owner under Members.");
      made(saved);
    },
  });
}
