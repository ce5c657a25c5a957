// The location itself: what it is called, how clients reach it, who gets its report, who approves.

import { element } from "./dom.js";
import { Mistake, button, card, toast, touchedInWords } from "./console_parts.js";
import {
  amountSetting, choiceSetting, linesSetting, numberSetting, settingsForm, switchSetting, textSetting,
} from "./console_form.js";
import { languageChoices, nameOfA, zoneChoices } from "./console_lists.js";
import { askForLocation } from "./console_new_location.js";

const CONTACT = [
  ["address", "Address", "In one line. It is on your booking page, in emails and in calendar entries.", {}],
  ["phone", "Phone", "Where clients can call you.", { type: "tel" }],
  ["email", "Email", "Replies to your emails go here.", { type: "email" }],
  ["website", "Website", "e.g. https://salon.example", { type: "url" }],
  ["imprint_url", "Imprint", "The address of the page that says who you are, where the law asks for one.", { type: "url" }],
  ["privacy_url", "Privacy policy", "The address of the page that says what you do with clients' data.", { type: "url" }],
];

/** Show what the location has set. */
export function showLocation(app, main) {
  const isAdmin = app.location.roles.includes("admin");
  app.heading(main, "Location", "Your business, its morning report, and who approves refunds", isAdmin && button("New location", () => askForLocation(app, (made) => {
    app.locations.unshift(made);
    location.hash = `#/${encodeURIComponent(made.location_id)}/setup`;
  })));
  app.section(main, () => app.api.get(app.path()), (found) => locationForm(app, found), 8);
}

function locationForm(app, found) {
  const zone = choiceSetting("timezone", "Time zone", "All times here and on your pages are on this clock.",
    zoneChoices(found.timezone), found.timezone);
  const business = [
    textSetting("name", "Name", "What clients know you by.", found.name), zone,
    choiceSetting("locale", "Language", "Of your booking page and of emails to clients.", languageChoices(found.locale), found.locale),
  ];
  const contact = CONTACT.map(([name, label, hint, more]) => textSetting(name, label, hint, found[name], more));
  const reminder = numberSetting("reminder_hours_before", "Hours before the visit",
    "When clients get a reminder by email, 1 to 168. Empty: no reminders. Who books or moves later than that gets none.",
    found.reminder_hours_before, [1, 168], true);
  const report = [
    linesSetting("report/recipients", "Recipients", "Who gets yesterday's money by email: one address per line, up to 20.", found.report.recipients),
    choiceSetting("report/hour", "Sent at", "On the location's clock.", hours(), String(found.report.hour)),
  ];
  const { read } = report[1];
  report[1].read = () => Number(read());
  const approval = approvalSetting(found);
  const factor = switchSetting("require_second_factor", "Everybody who works here needs a second factor",
    "Anyone without one, you included, is asked to set one up before they get in.", found.require_second_factor);
  const country = `${nameOfA("region", found.country)}, ${nameOfA("currency", found.currency)} (${found.currency.toUpperCase()})`;
  const parts = [
    card("The business", business.map(({ made }) => made), element("p", { class: "small soft" }, `Country and currency stay for good: ${country}.`)),
    card("How clients reach you", contact.map(({ made }) => made)),
    card("Reminders", reminder.made),
    card("Morning report", report.map(({ made }) => made)),
    card("Refunds that a second person approves", approval.made),
    card("Signing in", factor.made),
  ];
  return settingsForm(parts, [...business, ...contact, reminder, ...report, approval, factor], async (changed) => {
    if (changed.timezone) await tellOfMove(app, zone);
    Object.assign(app.location, await app.api.patch(app.path(), changed));
    toast("The location is saved.");
  });
}

function hours() {
  return Array.from({ length: 24 }, (_, hour) => [String(hour), `${String(hour).padStart(2, "0")}:00`]);
}

// The API takes both limits together.
function approvalSetting({ refund_approval_above: above, currency }) {
  const limits = [["owner", "Owners: above", "an owner"], ["manager", "Managers: above", "a manager"]].map(([role, label, who]) =>
    amountSetting(`refund_approval_above/${role}`, label, `Refunds that ${who} asks for. Empty: no approval needed.`, above[role], currency));
  return {
    name: "refund_approval_above",
    made: [
      element("p", { class: "small soft" }, "Refunds of one booking are added up, and so are one person's refunds of a day, up to ten times the amount. "
        + "If you raise a limit that applies to you, the old one applies to you for another 24 hours."),
      ...limits.map(({ made }) => made),
    ],
    read: () => ({ owner: limits[0].read(), manager: limits[1].read() }),
  };
}

// What is booked keeps its zone, and what comes has another: who means it saves a second time.
async function tellOfMove(app, { control: zone }) {
  if (zone.value === zone.dataset.told) return;
  const { touches } = await app.api.patch(`${app.path()}?dry_run=true`, { timezone: zone.value });
  const touched = touchedInWords(touches);
  if (!touched) return;
  zone.dataset.told = zone.value;
  throw new Mistake("/timezone", `${touched} They stay on the clock that they were booked by. Save again if you mean it.`);
}
