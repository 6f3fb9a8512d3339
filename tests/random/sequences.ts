// How what came out can relate to what must: the same sequence, a part of it, the same items in some
// order, sequences that went into each other.

/** More states than this are not told apart: then the items are compared without their order. */
const MOST_STATES = 20_000;

/** An item as a text that is the same for equal items. */
export function textOf(item: unknown): string {
  return JSON.stringify(item, (_, value) => value === undefined ? "undefined" : value) ??
    "undefined";
}

/** What is wrong where `output` is not `expected`, or where it may end before, its beginning. */
export function differs(
  output: readonly unknown[],
  expected: readonly unknown[],
  isComplete: boolean,
): string | undefined {
  for (const [at, item] of output.entries()) {
    if (at < expected.length && textOf(item) === textOf(expected[at])) continue;
    return `item ${at} is ${textOf(item)}, expected ${
      at < expected.length ? textOf(expected[at]) : "no more"
    }; all: ${show(output)}, expected: ${show(expected)}`;
  }
  if (!isComplete || output.length === expected.length) return undefined;
  return `it ends after ${show(output)}, expected: ${show(expected)}`;
}

/** What is wrong where `output` has other items than `expected`, or more of one. */
export function differsInItems(
  output: readonly unknown[],
  expected: readonly unknown[],
  isComplete: boolean,
): string | undefined {
  const left = new Map<string, number>();
  for (const item of expected) left.set(textOf(item), (left.get(textOf(item)) ?? 0) + 1);
  for (const item of output) {
    const count = left.get(textOf(item)) ?? 0;
    if (count === 0) return `${textOf(item)} is one too many of ${show(expected)}`;
    left.set(textOf(item), count - 1);
  }
  if (!isComplete || output.length === expected.length) return undefined;
  return `items are missing: ${show(output)} of ${show(expected)}`;
}

/** What is wrong where `output` is not all `sequences`, each in its own order, gone into each other. */
export function differsFromShuffle(
  output: readonly unknown[],
  sequences: readonly (readonly unknown[])[],
  isComplete: boolean,
): string | undefined {
  const parts = sequences.filter(({ length }) => length > 0).map((items) => items.map(textOf));
  /** How far each sequence can have been taken from, after each item. */
  let places = new Map([["", parts.map(() => 0)]]);
  for (const [at, item] of output.entries()) {
    const text = textOf(item);
    const next = new Map<string, number[]>();
    for (const place of places.values()) {
      for (const [which, part] of parts.entries()) {
        if (part[place[which]!] !== text) continue;
        const moved = place.with(which, place[which]! + 1);
        next.set(moved.join(), moved);
      }
    }
    if (next.size === 0) {
      return `item ${at} of ${show(output)} is out of order: ${sequences.map(show).join(" and ")}`;
    }
    if (next.size > MOST_STATES) return differsInItems(output, sequences.flat(), isComplete);
    places = next;
  }
  return differsInItems(output, sequences.flat(), isComplete);
}

/** What is wrong where `output` is not `input` with items left out. */
export function differsFromSelection(
  output: readonly unknown[],
  input: readonly unknown[],
): string | undefined {
  let at = 0;
  for (const item of output) {
    while (at < input.length && textOf(input[at]) !== textOf(item)) at++;
    if (at++ === input.length) return `${show(output)} is no selection of ${show(input)}`;
  }
  return undefined;
}

function show(items: readonly unknown[]): string {
  return textOf(items);
}
