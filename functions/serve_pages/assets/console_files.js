// Files and pictures that the API makes.

import { element, webAddress } from "./dom.js";

/** Hand a file to the person, under a name. */
export function download(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Have the browser download from an address of elsewhere, which says itself that it is a file. */
export function downloadFrom(url) {
  const link = element("a", { href: webAddress(url), rel: "noreferrer" });
  document.body.append(link);
  link.click();
  link.remove();
}

/** Return a picture that the API drew, as an address that the page's policy lets in. */
export async function pictureOf(blob) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Return a table as CSV: rows of texts and numbers, the first names the columns.
 *
 * A text that a spreadsheet would take for a formula has an apostrophe before it
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csvOf(rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = typeof value !== "number" && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  // The mark tells Excel that it is UTF-8.
  return new Blob(["\ufeff", rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")], { type: "text/csv" });
}
