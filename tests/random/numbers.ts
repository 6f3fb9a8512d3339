// The numbers that items stand for, and what functions answer for them.

import type { FailureSpec, StageSpec } from "./program.ts";

/** Keeps numbers small, and different ones apart. */
const PRIME = 10_007;

/** The number of an item: a number itself, or what batches, pairs and windows of numbers add up to. */
export function toNumber(item: unknown): number {
  if (typeof item === "number") return Number.isNaN(item) ? 0 : item;
  if (Array.isArray(item)) {
    return item.reduce((sum: number, each) => sum + toNumber(each), item.length) % PRIME;
  }
  if (typeof item !== "object" || item === null) return 0;
  if ("items" in item) return toNumber(item.items);
  return "item" in item ? toNumber(item.item) : 0;
}

/** Values that pass untouched. */
const ANYTHING: readonly unknown[] = [undefined, null, NaN, "", false, () => {}];

/** What the functions of the stages answer for an item with this number. */
export const ANSWERS = {
  map: (item: number): number => (item * 3 + 1) % PRIME,
  anything: (item: number): unknown => item % 7 in ANYTHING ? ANYTHING[item % 7] : item,
  many: (item: number): number[] => [item, item + 1].slice(0, item % 3),
  filter: (item: number): boolean => item % 3 !== 1,
  takeWhile: (item: number): boolean => item % 11 !== 7,
  skipWhile: (item: number): boolean => item % 5 < 3,
  isOdd: (item: number): boolean => item % 2 === 1,
  whenOdd: (item: number): number => item + 3,
  whenEven: (item: number): number => (item * 2) % PRIME,
  add: (sum: number, item: number): number => (sum + item) % PRIME,
  key: (item: number): number => item % 3,
  isLast: (item: number): boolean => item % 4 === 2,
  weight: (item: number): number => item % 5,
  /** Mostly forward, now and then back. */
  moment: (item: number): number => item % 23,
} as const;

/** Whether the item is one of those that the function fails on. */
export function isHit({ modulus, remainder }: FailureSpec, item: unknown): boolean {
  return toNumber(item) % modulus === remainder;
}

/** How often a stage tries an item, at most, that its function fails on. */
export function attemptsOf({ failure, maxAttempts = 1 }: StageSpec): number {
  return failure?.passes ? maxAttempts : 1;
}

/** Whether the function of `spec` fails on the item, whatever is tried. */
export function failsForGood(spec: StageSpec, item: unknown): boolean {
  const { failure } = spec;
  return failure !== undefined && isHit(failure, item) && failure.times >= attemptsOf(spec);
}
