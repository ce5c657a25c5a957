// Money, days and times in a location's locale and zone. Instants are RFC 3339 in UTC, a day is
// `2026-11-22`, money is an int of Stripe's minor units.

// https://docs.stripe.com/currencies#minor-units; ISK and UGX have two, as Stripe sends them.
const WITHOUT_MINOR = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const WITH_THREE = new Set("bhd jod kwd omr tnd".split(" "));
// Their two decimals are always 00, and never written.
export const WHOLE_UNITS = new Set(["isk", "ugx"]);
const DAY_MS = 86_400_000;
// What Unicode does not take apart, as in the search for bookings (search_words.py).
const PLAIN_LETTERS = {
  ł: "l", ø: "o", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", ŋ: "n", æ: "ae", œ: "oe", þ: "th", ß: "ss",
};

/** Return how many decimals Stripe gives a currency. */
export function exponentOf(currency) {
  if (WITHOUT_MINOR.has(currency)) return 0;
  return WITH_THREE.has(currency) ? 3 : 2;
}

/** Return a locale that this browser knows, else English; `en` in Germany has Germany's clocks. */
export function knownLocale(locale, country) {
  try {
    const [known] = Intl.DateTimeFormat.supportedLocalesOf([locale]);
    const found = new Intl.Locale(known || "en");
    return found.region ? found.baseName : new Intl.Locale(found, { region: country }).baseName;
  } catch {
    return "en";
  }
}

/** Return a text in small letters without marks: "Färben" is found by "farben", "Łódź" by "lodz". */
export function plain(text) {
  const bare = text.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  return bare.replace(/[^\0-\x7f]/g, (letter) => PLAIN_LETTERS[letter] || letter);
}

/** Return the day some days after a day. */
export function addDays(day, number) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + number * DAY_MS).toISOString().slice(0, 10);
}

/** Writes for people, for one location. */
export class Formatter {
  constructor(locale, country, timezone) {
    this.locale = knownLocale(locale, country);
    this.timezone = timezone;
  }

  /** Return one that writes times in the zone in which a booking was made. */
  of(booking) {
    const { timezone } = booking;
    return !timezone || timezone === this.timezone ? this : new Formatter(this.locale, "", timezone);
  }

  #instant(options, at) {
    const all = { timeZone: this.timezone, ...options };
    return new Intl.DateTimeFormat(this.locale, all).format(new Date(at));
  }

  // A day has no zone: it is read and written as if it were UTC's.
  #day(options, day) {
    const format = new Intl.DateTimeFormat(this.locale, { timeZone: "UTC", ...options });
    return format.format(new Date(`${day}T00:00:00Z`));
  }

  /** Write a sum as mails, files and the pages of links do (written.py): Stripe's decimals, not ISO's. */
  money(amountMinor, currency) {
    const exponent = exponentOf(currency);
    const isWhole = WHOLE_UNITS.has(currency) && amountMinor % 100 === 0;
    const decimals = isWhole ? 0 : exponent;
    const options = {
      style: "currency", currency: currency.toUpperCase(), minimumFractionDigits: decimals, maximumFractionDigits: decimals,
    };
    // English has one way everywhere: of some regions a browser's data has other marks, or none.
    const locale = this.locale.startsWith("en") ? "en" : this.locale;
    return new Intl.NumberFormat(locale, options).format(amountMinor / 10 ** exponent);
  }

  percent(number) { return new Intl.NumberFormat(this.locale, { style: "percent" }).format(number / 100); }

  duration(minutes) {
    const unit = (number, name) => new Intl.NumberFormat(
      this.locale, { style: "unit", unit: name, unitDisplay: "short" }).format(number);
    const hours = Math.floor(minutes / 60);
    const parts = [hours && unit(hours, "hour"), minutes % 60 && unit(minutes % 60, "minute")];
    return parts.filter(Boolean).join(" ");
  }

  time(at) { return this.#instant({ timeStyle: "short" }, at); }

  /** Write an instant; `year` is "numeric" where it is to be said. */
  moment(at, year) {
    return `${this.#instant({ weekday: "short", day: "numeric", month: "short", year }, at)}, ${this.time(at)}`;
  }

  /** Return from when to when, on one day; of an unknown end, the beginning. */
  stretch(from, to) { return to ? `${this.moment(from)} – ${this.time(to)}` : this.moment(from); }

  longDay(day) { return this.#day({ weekday: "long", day: "numeric", month: "long" }, day); }

  weekday(day) { return this.#day({ weekday: "short" }, day); }

  number(day) { return this.#day({ day: "numeric" }, day).replace(/[^\p{N}]/gu, ""); }

  /** Return the months of a stretch of days. */
  months(first, last) {
    const options = { timeZone: "UTC", month: "long", year: "numeric" };
    const [from, to] = [first, last].map((day) => new Date(`${day}T00:00:00Z`));
    return new Intl.DateTimeFormat(this.locale, options).formatRange(from, to);
  }

  /** Return the location's own day of an instant. */
  dayOf(at) {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: this.timezone, calendar: "gregory", numberingSystem: "latn",
      year: "numeric", month: "2-digit", day: "2-digit",
    }).formatToParts(new Date(at));
    const found = Object.fromEntries(parts.map((part) => [part.type, part.value]));
    return `${found.year}-${found.month}-${found.day}`;
  }

  /** Return the location's hour, 0 to 23, of an instant. */
  hourOf(at) {
    const options = { timeZone: this.timezone, hour: "2-digit", hourCycle: "h23" };
    return Number(new Intl.DateTimeFormat("en-US", options).format(new Date(at)));
  }

  /** Return the zone's name where the visitor's clock shows another time, else "". */
  otherZone(at) {
    const shown = (timeZone) => new Intl.DateTimeFormat(
      "en-US", { timeZone, dateStyle: "short", timeStyle: "short" }).format(new Date(at));
    if (shown(this.timezone) === shown(undefined)) return "";
    const parts = new Intl.DateTimeFormat(
      this.locale, { timeZone: this.timezone, timeZoneName: "long" }).formatToParts(new Date(at));
    return parts.find((part) => part.type === "timeZoneName").value;
  }
}
