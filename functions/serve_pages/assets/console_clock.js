// A location's clock in fields: `2026-12-24T09:00` there is one instant, wherever the browser is.

/** Return the instant of a local time in a zone, as `2026-12-24T08:00:00Z`.
 *
 * Of a time that comes twice it is the first, of one that the clocks skip the hour after it.
 */
export function instantOf(local, timezone) {
  const asIfUtc = Date.parse(`${local}Z`);
  const offsets = [asIfUtc - 86_400_000, asIfUtc + 86_400_000].map((at) => offsetAt(at, timezone));
  const found = offsets.map((offset) => asIfUtc - offset).filter((at) => at + offsetAt(at, timezone) === asIfUtc);
  const at = found.length ? Math.min(...found) : asIfUtc - Math.min(...offsets);
  return new Date(at).toISOString().replace(".000", "");
}

/** Return an instant, RFC 3339 or milliseconds, as a local time in a zone. */
export function localOf(at, timezone) {
  const instant = new Date(at).getTime();
  return new Date(instant + offsetAt(instant, timezone)).toISOString().slice(0, 16);
}

// How far a zone's clock is ahead of UTC at an instant, in milliseconds.
function offsetAt(at, timezone) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", second: "numeric",
  });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - at;
}
