// Online booking: the page that clients book on, its rules, and where else it may stand.

import { element } from "./dom.js";
import { button, card, textInput, toast } from "./console_parts.js";
import { durationSetting, linesSetting, numberSetting, settingsForm, switchSetting } from "./console_form.js";

/** Show how clients book by themselves. */
export function showOnline(app, main) {
  app.heading(main, "Online booking", "The page that clients book on, and its rules");
  app.section(main, () => app.api.get(app.path()), (found) => [pageCard(app), onlineForm(app, found)], 8);
}

/** Return the booking page's address. */
export function bookingPage(app) { return `${location.origin}/book/${app.location.location_id}`; }

/** Return a card with the booking page's address, and what puts it into another website. */
export function pageCard(app, title = "Your booking page") {
  const page = bookingPage(app);
  const code = `<script type="module" src="${location.origin}/widget.js"></script>\n`
    + `<bookpay-widget location="${app.location.location_id}"></bookpay-widget>`;
  const snippet = element("textarea", { rows: 4, readonly: true, dir: "ltr", "aria-label": "Code for your website", spellcheck: "false" });
  snippet.value = code;
  return element("div", { class: "narrow-form" }, card(title,
    textInput(page, { readonly: true, dir: "ltr", "aria-label": "Address of your booking page" }),
    element("div", { class: "row" }, button("Copy the link", () => copy(page, "The link is copied.")),
      element("a", { class: "button", href: page, target: "_blank", rel: "noopener" }, "Open the page")),
    element("details", {}, element("summary", {}, "Put it into your own website"),
      element("div", { class: "stack tight" },
        element("p", { class: "small soft" }, "Add this where clients should book, and name the website's address below."),
        snippet, element("div", {}, button("Copy the code", () => copy(code, "The code is copied.")))))));
}

async function copy(text, said) {
  await navigator.clipboard.writeText(text).then(() => toast(said), () => toast("Your browser did not copy it: select it and copy it by hand."));
}

function onlineForm(app, found) {
  const isOn = switchSetting("online_booking_enabled", "Online booking",
    "On: clients book on your page and pay as the terms say. Off: the page says that nothing can be booked.", found.online_booking_enabled);
  const times = [
    durationSetting("min_notice_minutes", "Minimum notice", "Clients book at least this long before the visit. 0: until it begins.",
      found.min_notice_minutes, 43_200),
    numberSetting("max_days_ahead", "Days ahead", "How many days ahead clients can book, up to 366. 0: today only.", found.max_days_ahead, [0, 366]),
    numberSetting("slot_step_minutes", "Minutes between start times", "15 offers 9:00, 9:15, 9:30; counted from when the day opens.",
      found.slot_step_minutes, [5, 240]),
  ];
  const limits = [
    numberSetting("holds_per_address", "Unpaid bookings from one internet connection",
      "How many may wait for their payment at once. Raise it where all clients share one connection, such as a tablet in the salon.",
      found.holds_per_address, [1, 10_000]),
    numberSetting("holds_per_client", "Unpaid bookings with one email address", "How many may wait for their payment at once.", found.holds_per_client, [1, 10_000]),
  ];
  const origins = linesSetting("allowed_origins", "Websites", "Whose pages may show your booking form: one address per line, e.g. https://salon.example",
    found.allowed_origins);
  const parts = [
    card("Open for booking", isOn.made), card("Times", times.map(({ made }) => made)),
    card("Protection against abuse", limits.map(({ made }) => made)), card("Your own website", origins.made),
  ];
  return settingsForm(parts, [isOn, ...times, ...limits, origins], async (changed) => {
    Object.assign(app.location, await app.api.patch(app.path(), changed));
    toast("Online booking is saved.");
  });
}
