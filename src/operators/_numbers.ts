/** Checks of numbers that only operators have. */
import { complaint, type Subject } from "../internal/validation.ts";

/** Throws a `RangeError` unless `value` is a positive number. */
export function requirePositive(subject: Subject, option: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value < Infinity) return;
  throw new RangeError(complaint(subject, option, "a positive number", value));
}
