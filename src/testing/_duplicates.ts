/**
 * Holds what came out of the processes of a killed job against what comes out of one that is not
 * killed.
 *
 * @module
 */

import { hasForm, writeNumber } from "../durable/saved.ts";
import { describe } from "../internal/validation.ts";
import { plural } from "./_same.ts";

/** What must come out, and how items are compared. */
export interface CompareSettings<TOutput> {
  /** Whether each item must come out once, and not at least once. */
  readonly isTransactional: boolean;
  /** Whether items come out in the same order each time. */
  readonly isOrdered: boolean;
  readonly compare: (outputs: readonly TOutput[]) => readonly unknown[];
}

/** How many items came out twice; throws where one is missing, wrong or out of its place. */
export function countDuplicates<TOutput>(
  { isTransactional, isOrdered, compare }: CompareSettings<TOutput>,
  whole: readonly (readonly TOutput[])[],
  lives: readonly (readonly TOutput[])[],
  killAt: readonly number[],
): number {
  const expected = compare(whole.flat()).map(toText);
  const found = lives.map((outputs) => compare(outputs).map(toText));
  const where = `killed at ${killAt.join(" and ")}`;
  if (!isOrdered) {
    const duplicates = countInAnyOrder(expected, found.flat(), where);
    if (!isTransactional || duplicates === 0) return duplicates;
    throw new Error(`${where}: ${plural(duplicates)} came out twice`);
  }
  let made = 0;
  for (const outputs of found) {
    // A process goes on at an item that came out before, or at the next one.
    const isNext = (from: number) => outputs.every((text, at) => expected[from + at] === text);
    let from = made;
    while (!isTransactional && from > 0 && !isNext(from)) from--;
    if (!isNext(from)) {
      throw new Error(`${where}: [${outputs}] came out after ${made} of [${expected}]`);
    }
    made = Math.max(made, from + outputs.length);
  }
  if (made < expected.length) throw new Error(`${where}: only ${made} of [${expected}] came out`);
  return found.flat().length - expected.length;
}

function countInAnyOrder(
  expected: readonly string[],
  found: readonly string[],
  where: string,
): number {
  const left = [...found];
  for (const text of expected) {
    const at = left.indexOf(text);
    if (at < 0) throw new Error(`${where}: ${text} did not come out`);
    left.splice(at, 1);
  }
  const wrong = left.find((text) => !expected.includes(text));
  if (wrong !== undefined) throw new Error(`${where}: ${wrong} came out, and is not expected`);
  return left.length;
}

/** The text of an item, for comparisons: values that differ have texts that differ. */
function toText(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => {
    if (typeof value === "number") {
      return hasForm(value) ? value : tag("number", writeNumber(value));
    }
    if (typeof value === "bigint") return tag("bigint", String(value));
    if (value === undefined || typeof value === "symbol") return tag(typeof value, String(value));
    if (value instanceof Map) return tag("Map", [...value]);
    if (value instanceof Set) return tag("Set", [...value]);
    if (value instanceof Error) return tag("Error", [value.name, value.message]);
    return value;
  }) ?? describe(item);
}

function tag(kind: string, of: unknown): object {
  return { $: kind, of };
}
