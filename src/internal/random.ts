/**
 * The one place where the library takes its randomness from: ids and jitter.
 *
 * @module
 */

/** A number from 0 up to, not including, 1. */
export function randomFraction(): number {
  return Math.random();
}

/** `bytes` random bytes as lower-case hex; never all zero, which W3C Trace Context forbids. */
export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  values[0]! |= 1;
  let hex = "";
  for (const value of values) hex += value.toString(16).padStart(2, "0");
  return hex;
}
