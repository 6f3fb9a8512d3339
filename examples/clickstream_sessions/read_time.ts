const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Milliseconds since the Unix epoch of a time in the form of RFC 3339, such as
 * `2026-03-01T00:00:00.000Z` or `2026-03-01T01:00:00+01:00`; `undefined` for any other text.
 * `Date.parse` alone is no check: it takes `foo 7`, days that no month has, and times without a
 * zone, which it reads in the zone of the machine. `t` and `z` may be small, and a second may have any number
 * of decimals.
 */
export function readTime(text: string): number | undefined {
  const [, seconds, fraction = "", zone] = TIME.exec(text.toUpperCase()) ?? [];
  if (seconds === undefined) return undefined;
  const local = `${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}`;
  const milliseconds = Date.parse(`${local}Z`);
  // The 30th of February becomes another day, or none.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== `${local}Z`) {
    return undefined;
  }
  const at = Date.parse(local + zone);
  // An offset may lead out of the four digits of a year, and it could not be read again.
  return new Date(at).toISOString().length === local.length + 1 ? at : undefined;
}
