// How to reach the business, and a link to take along.

import { element, webAddress } from "./dom.js";
import { attempt } from "./kept.js";

const COPIED_MS = 2_000;

/** Return the links that reach the business, or null where it names none. */
export function waysTo(app, place = app.location || {}) {
  const { phone, email, website } = place;
  const ways = [
    phone && element("a", { href: `tel:${phone.replace(/[^+\d]/g, "")}` }, phone),
    email && element("a", { href: `mailto:${email}` }, email),
    webAddress(website) && outside(website, new URL(website).host),
  ].filter(Boolean);
  return ways.length ? element("p", { class: "ways" }, ways) : null;
}

/** Return rows for a list of facts: where a visit is, on a map if it is known, and how to call. */
export function placeRows(app, place = app.location) {
  const { address, map_url: map } = place;
  const where = address && webAddress(map) ? outside(map, address) : address;
  return [[app.t("where"), where], [app.t("contact"), waysTo(app, place)]];
}

/** Return the business's own pages about itself, or null. */
export function legalLinks(app) {
  const { imprint_url: imprint, privacy_url: privacy } = app.location;
  const links = [
    webAddress(imprint) && outside(imprint, app.t("imprint")),
    webAddress(privacy) && outside(privacy, app.t("privacy")),
  ].filter(Boolean);
  return links.length ? element("p", { class: "ways small" }, links) : null;
}

/** Return a link to another site: it opens beside the page, and is told nothing of it. */
export function outside(address, ...content) {
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, content);
}

/** Return a field with an address, and a button that copies it. */
export function copyable(app, address) {
  const field = element("input", {
    type: "text", id: "link", readonly: true, value: address, onfocus: () => field.select(),
  });
  const copy = element("button", { type: "button", class: "button", onclick: async () => {
    await copyFrom(field);
    copy.textContent = app.t("copied");
    setTimeout(() => { copy.textContent = app.t("copyLink"); }, COPIED_MS);
  } }, app.t("copyLink"));
  return element("div", { class: "field" },
    element("label", { for: "link" }, app.t("link")),
    element("div", { class: "row copy" }, field, copy));
}

// What is selected can be copied where a frame may not use the clipboard by itself.
async function copyFrom(field) {
  field.focus();
  if (!attempt(() => document.execCommand("copy"))) await navigator.clipboard?.writeText(field.value);
}
