/**
 * Reads how long a service asks all its callers to wait.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { MAX_HEADERS, retryAfterMsOf, toText } from "../internal/retry_after.ts";
import { causesOf, readProperty } from "../internal/thrown.ts";

/** Some services have a pair of them for each of their limits. */
const HINT = /^x-ratelimit-(reset|remaining)(?:-(.+))?$/;

/** As Go prints a span of time: `1h2m3.5s`, `120ms`. */
const SPAN = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+\.?\d*)s)?(?:(\d+\.?\d*)ms)?$/;

/** Numbers from here on are seconds since 1970, and from there on milliseconds. */
const LEAST_EPOCH_SECONDS = 1e9;
const LEAST_EPOCH_MS = 1e12;

/** The longest pause that a service can ask for: no common limit is counted over a longer time. */
const MAX_PAUSE_MS = 3_600_000;

/** What is known of the attempt that the hints came with. */
export interface HintedAttempt {
  readonly hasFailed: boolean;
  readonly isOverload: boolean;
}

/**
 * How long all calls are to pause, in milliseconds, an hour at most: `Retry-After` and its kin where
 * the attempt has failed, else the longest `x-ratelimit-reset-*` of a limit that is used up. A refusal
 * that does not say which limit it is for counts for the one that takes longest.
 */
export function readPauseMs(
  outcome: unknown,
  attempt: HintedAttempt,
): number | undefined {
  const askedMs = findPauseMs(outcome, attempt);
  return askedMs === undefined ? undefined : Math.min(askedMs, MAX_PAUSE_MS);
}

function findPauseMs(
  outcome: unknown,
  { hasFailed, isOverload }: HintedAttempt,
): number | undefined {
  const asked = hasFailed ? retryAfterMsOf(outcome) : undefined;
  if (asked !== undefined) return asked;
  for (const error of causesOf(outcome)) {
    for (const carrier of [error, readProperty(error, "response")]) {
      const pauseMs = readResets(readProperty(carrier, "headers"), isOverload);
      if (pauseMs !== undefined) return pauseMs;
    }
  }
  return undefined;
}

function readResets(headers: unknown, isOverload: boolean): number | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const resets = new Map<string, number>();
  const usedUp = new Set<string>();
  try {
    for (const [name, value] of listHeaders(headers)) {
      const [, about, limit = ""] = HINT.exec(name) ?? [];
      if (about === undefined) continue;
      const text = firstOf(toText(value)?.trim() ?? "");
      if (about === "reset") resets.set(limit, readReset(text));
      else if (text !== "" && Number(text) <= 0) usedUp.add(limit);
    }
  } catch {
    // Headers that cannot be read are ignored.
    return undefined;
  }
  const all = [...resets];
  const empty = all.filter(([limit]) => usedUp.has(limit));
  const waits = (empty.length > 0 || !isOverload ? empty : all).map(([, waitMs]) => waitMs)
    .filter((waitMs) => !Number.isNaN(waitMs));
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** Of a header that was sent twice, the first value. Dates in words have a comma of their own. */
function firstOf(text: string): string {
  return /^[-\d]/.test(text) ? text.split(",", 1)[0]!.trim() : text;
}

/** The names, in lower case, and values of headers in any form that `Retry-After` is read in. */
function* listHeaders(headers: object): Generator<readonly [string, unknown], void, undefined> {
  if (!(Symbol.iterator in headers)) {
    for (const [name, value] of Object.entries(headers)) yield [name.toLowerCase(), value];
    return;
  }
  let count = 0;
  let before: unknown;
  for (const part of headers as Iterable<unknown>) {
    const isValue = count % 2 === 1 && typeof before === "string";
    const [name, value] = isValue ? [before, part] : Array.isArray(part) ? part : [];
    if (typeof name === "string") yield [name.toLowerCase(), value];
    before = part;
    if (++count === MAX_HEADERS) return;
  }
}

/** Milliseconds from now: a span, seconds, or a moment in seconds or milliseconds since 1970. */
function readReset(text: string): number {
  const span = SPAN.exec(text);
  if (span !== null && text !== "") {
    const [hours, minutes, seconds, milliseconds] = span.slice(1).map((part) => Number(part ?? 0));
    return ((hours! * 60 + minutes!) * 60 + seconds!) * 1_000 + milliseconds!;
  }
  const number = text === "" ? NaN : Number(text);
  if (number >= LEAST_EPOCH_MS) return Math.max(number - clock.wallTime(), 0);
  if (number >= LEAST_EPOCH_SECONDS) return Math.max(number * 1_000 - clock.wallTime(), 0);
  if (number >= 0) return number * 1_000;
  return Math.max(Date.parse(text) - clock.wallTime(), 0);
}
