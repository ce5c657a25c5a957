// What is chosen from a list: zones, languages, and for new locations countries and currencies.

// Where Stripe serves businesses, and what its cards pay in: a test holds both to the API's own.
const COUNTRIES = ("AE AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU ID IE IN IT JP LI LT LU LV MT "
  + "MX MY NL NO NZ PL PT RO SE SG SI SK TH US").split(" ");
const CURRENCIES = ("aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad "
  + "cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr "
  + "ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk "
  + "mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle "
  + "sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw").split(" ");
// Those in which pages and emails are written.
const LANGUAGES_WRITTEN = ["en", "de"];

/** Return the time zones as groups by region; the one that is set is among them. */
export function zoneChoices(current) {
  const groups = new Map();
  for (const zone of new Set([...Intl.supportedValuesOf("timeZone"), "UTC", current])) {
    if (!zone.includes("/") && zone !== "UTC" && zone !== current) continue;
    const [region, ...place] = zone.split("/");
    const name = place.join("/") || zone;
    groups.set(region, [...(groups.get(region) ?? []), [zone, name.replaceAll("_", " ")]]);
  }
  return [...groups].sort();
}

/** Return the languages; another one that is set stays among them. */
export function languageChoices(current) {
  return [...new Set([...LANGUAGES_WRITTEN, current])].map((each) => [each, nameOfA("language", each)]);
}

/** Return the countries in which Stripe serves businesses, by name. */
export function countryChoices() {
  return byName(COUNTRIES.map((each) => [each, nameOfA("region", each)]));
}

/** Return the currencies that Stripe charges, by name. */
export function currencyChoices() {
  return byName(CURRENCIES.map((each) => [each, `${nameOfA("currency", each)} (${each.toUpperCase()})`]));
}

/** Return what a language, region or currency is called, else its code. */
export function nameOfA(type, code) {
  try {
    return new Intl.DisplayNames("en", { type }).of(type === "language" ? code : code.toUpperCase());
  } catch {
    return code;
  }
}

function byName(choices) { return choices.sort(([, one], [, other]) => one.localeCompare(other)); }
