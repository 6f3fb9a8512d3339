/**
 * Reads how long a service asked to wait, in the headers that an error carries.
 *
 * @module
 */

import { clock } from "./clock.ts";
import { attempt, causesOf, readProperty } from "./thrown.ts";

/** How many headers are looked at: they can be an endless iterable. */
export const MAX_HEADERS = 1_000;

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");

/** `Sun, 06 Nov 1994 08:49:37 GMT`, or with `-` and a year of two digits. */
const DATE =
  /^[a-z]{3,9},? +(?<day>\d{1,2})[ -](?<month>[a-z]{3})[ -](?<year>\d{4}|\d{2}) +(?<time>\d\d:\d\d:\d\d) *(?:GMT|UTC|Z)?$/i;
/** `Sun Nov  6 08:49:37 1994`: UTC as well. */
const ASCTIME_DATE =
  /^[a-z]{3,9},? +(?<month>[a-z]{3}) +(?<day>\d{1,2}) +(?<time>\d\d:\d\d:\d\d) +(?<year>\d{4})(?: *(?:GMT|UTC|Z))?$/i;

/**
 * How long the other side asked to wait, in milliseconds: `retryAfterMs`, the header
 * `retry-after-ms`, or `Retry-After` (RFC 9110 section 10.2.3: seconds, or a date) of the error,
 * its response or the errors that caused it.
 */
export function retryAfterMsOf(thrown: unknown): number | undefined {
  for (const error of causesOf(thrown)) {
    const retryAfterMs = readProperty(error, "retryAfterMs");
    if (typeof retryAfterMs === "number" && retryAfterMs >= 0) return retryAfterMs;
    for (const carrier of [error, readProperty(error, "response")]) {
      const waitMs = readHeaders(readProperty(carrier, "headers"));
      if (waitMs !== undefined) return waitMs;
    }
  }
  return undefined;
}

function readHeaders(headers: unknown): number | undefined {
  const milliseconds = readNumber(readHeader(headers, "retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const text = readHeader(headers, "retry-after");
  const seconds = readNumber(text);
  if (seconds !== undefined) return seconds * 1_000;
  const moment = text === undefined ? undefined : readDate(text.trim());
  return moment === undefined ? undefined : Math.max(0, moment - clock.wallTime());
}

/** Of a header that was sent twice, the first value. */
function readNumber(text: string | undefined): number | undefined {
  const digits = text && /^\s*(\d+\.?\d*|\.\d+)\s*(?:,|$)/.exec(text)?.[1];
  return digits ? Number(digits) : undefined;
}

/**
 * A header of `Headers` (of any realm), a `Map`, a plain object, pairs in an array, or names and
 * values in turn, as Node has them in `rawHeaders`. Names have no case.
 */
function readHeader(headers: unknown, name: string): string | undefined {
  // Headers that cannot be read say nothing, and neither does what is no object.
  return attempt(() => {
    const { get } = headers as { get?: unknown };
    const found = typeof get === "function" ? toText(get.call(headers, name)) : undefined;
    return found ?? findHeader(headers as object, name);
  }, undefined);
}

function findHeader(headers: object, name: string): string | undefined {
  if (!(Symbol.iterator in headers)) {
    const key = Object.keys(headers).find((key) => isName(key, name));
    return key === undefined ? undefined : toText((headers as Record<string, unknown>)[key]);
  }
  let count = 0;
  let isNext = false;
  for (const part of headers as Iterable<unknown>) {
    if (isNext) return toText(part);
    if (Array.isArray(part) && isName(part[0], name)) return toText(part[1]);
    isNext = count % 2 === 0 && isName(part, name);
    if (++count === MAX_HEADERS) return undefined;
  }
  return undefined;
}

function isName(given: unknown, name: string): boolean {
  return typeof given === "string" && given.toLowerCase() === name;
}

/** Values are texts, numbers, or lists of them, of which the first counts. */
export function toText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" || typeof first === "number" ? String(first) : undefined;
}

/** The moment of a date in one of the three forms of RFC 9110 section 5.6.7. */
function readDate(text: string): number | undefined {
  const groups = (DATE.exec(text) ?? ASCTIME_DATE.exec(text))?.groups;
  if (groups === undefined) return undefined;
  const month = MONTHS.indexOf(groups.month!.toLowerCase());
  const [hour, minute, second] = groups.time!.split(":").map(Number) as [number, number, number];
  const day = Number(groups.day);
  const moment = Date.UTC(readYear(groups.year!), month, day, hour, minute, second);
  const isDate = month >= 0 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60;
  return isDate && !Number.isNaN(moment) ? moment : undefined;
}

/** A year of two digits is the one that is nearest, and never more than 50 years ahead. */
function readYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  const thisYear = new Date(clock.wallTime()).getUTCFullYear();
  return thisYear - 49 + (year - thisYear % 100 + 149) % 100;
}
