/** Checks of numbers that only operators have. */
import { complaint, requireNumber, type Subject } from "../internal/validation.ts";

/** The longest time that a timer of any runtime can be set to: 32 bits. */
export const MAX_TIMER_MS = 2_147_483_647;

/** Throws a `RangeError` unless `value` is a positive number. */
export function requirePositive(subject: Subject, option: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value < Infinity) return;
  throw new RangeError(complaint(subject, option, "a positive number", value));
}

/** Throws a `RangeError` unless `value` is a time that a timer can be set to. */
export function requireTimeMs(
  subject: Subject,
  option: string,
  value: unknown,
  minimum: 0 | 1,
): asserts value is number {
  requireNumber(subject, option, value, minimum, MAX_TIMER_MS);
}
