// What is kept about a client: handed out on their demand, or erased.

import { element, notice } from "./dom.js";
import { download } from "./console_files.js";
import { Mistake, ask, button, card, clearMistakes, field, showMistakes, textInput, toast } from "./console_parts.js";

// Twenty-five bookings a page of an export, and as many times what one erasure takes.
const MOST_PAGES = 100;

/** Show how a client's data is exported and erased; `asked` is whose, where a link says so. */
export function showClientsData(app, main, asked = "") {
  app.heading(main, "Clients' data", "What you keep about a client, for them to have or to be erased");
  const email = textInput(asked, { spellcheck: "false", dir: "ltr" });
  const told = element("div", { class: "stack", "aria-live": "polite" });
  const form = element("form", { class: "stack", novalidate: true, onsubmit: (event) => event.preventDefault() });
  const whose = () => {
    clearMistakes(form);
    told.replaceChildren();
    if (!email.value.trim()) throw new Mistake("/path/client", "Write the client's email address.");
    return email.value.trim();
  };
  const doing = (act) => async () => {
    try {
      await act(whose());
    } catch (failed) {
      told.replaceChildren(...showMistakes(form, failed));
    }
  };
  form.append(
    field("Client's email address, or id", email, { pointer: "/path/client", hint: "The address that they book with." }),
    element("div", { class: "row" },
      button("Export", doing((client) => exportClient(app, client, told)), "main"),
      button("Erase", doing((client) => askToErase(app, client, told)), "danger")),
    element("p", { class: "small soft" }, "An export is a file with all their bookings and emails. Both are noted in the audit."), told);
  main.append(element("div", { class: "narrow-form" }, card("One client", form)));
}

async function exportClient(app, client, told) {
  const whole = { items: [] };
  let cursor = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await app.api.get(app.path("clients", client, "export"), { cursor });
    whole.client_id = found.client_id;
    whole.elsewhere = found.elsewhere;
    whole.items.push(...found.items);
    cursor = found.next_cursor;
    if (!cursor) break;
  }
  const number = whole.items.length;
  if (!number) {
    told.replaceChildren(notice("", "Nothing is kept under this address."));
    return;
  }
  download(new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }), `${whole.client_id}.json`);
  told.replaceChildren(notice(cursor ? "warn" : "", `${number} ${number === 1 ? "booking is" : "bookings are"} in the file. ${whole.elsewhere}`));
  toast("The export is downloaded.");
}

function askToErase(app, client, told) {
  ask({
    title: "Erase this client?",
    body: [
      element("p", {}, element("bdi", { class: "strong" }, client), ": name, address and number are taken out of all their bookings here. "
        + "Their own pages and payment links end. This cannot be undone."),
      element("p", {}, "Visits ahead stay booked, without a name. Cancel them first if they should not take place."),
    ],
    label: "Erase for good",
    kind: "danger",
    go: async () => {
      let bookings = 0;
      let last = { complete: false };
      for (let turn = 0; turn < MOST_PAGES && !last.complete; turn += 1) {
        last = await app.api.remove(app.path("clients", client));
        bookings += last.bookings;
      }
      told.replaceChildren(notice(last.complete ? "" : "warn",
        `${bookings} ${bookings === 1 ? "booking was" : "bookings were"} changed. ${last.complete ? last.stays : "There are more: erase once more."}`));
      toast("The client is erased.");
    },
  });
}
