import { complaint, type Subject } from "../internal/validation.ts";

/** Throws a `RangeError` unless `value` is a share: from 0, or above it, up to 1. */
export function requireShare(
  subject: Subject,
  option: string,
  value: unknown,
  isZeroAllowed: boolean,
): asserts value is number {
  const isLarge = typeof value === "number" && (isZeroAllowed ? value >= 0 : value > 0);
  if (isLarge && value <= 1) return;
  const rule = isZeroAllowed ? "a number from 0 to 1" : "a number above 0, up to 1";
  throw new RangeError(complaint(subject, option, rule, value));
}
