/**
 * Functions that look at what earlier stages made of an item, and not at the item.
 *
 * @module
 */

import { DerivedContext, type FunctionContext, type ItemFunction } from "../core/context.ts";
import type { OpenStage } from "../core/open_stage.ts";
import { describe, refuse, requireOneOf, type Subject } from "../internal/validation.ts";

/** Throws unless `reads` is a list of some of `keys`. */
export function requireReads(
  subject: Subject,
  reads: readonly string[],
  keys: readonly string[],
): void {
  if (!Array.isArray(reads) || reads.length === 0 || keys.length === 0) {
    const some = keys.length === 0 ? "and there are none" : "at least one";
    const given = Array.isArray(reads) && reads.length === 0 ? "[]" : describe(reads);
    const rule = `an array of keys of earlier stages, ${some}, got ${given}`;
    refuse(subject, `reads must be ${rule}`);
  }
  for (const key of reads) requireOneOf(subject, "reads", key, keys);
}

/** Calls `predicate` with what the stages of `keys` made. */
export function reading(predicate: ItemFunction, keys: readonly string[]): OpenStage {
  const ask = predicate as unknown as (read: unknown, context: FunctionContext) => unknown;
  return {
    call(_item, _index, context) {
      const values = context.state.accumulated as Readonly<Record<string, unknown>>;
      const read = Object.fromEntries(keys.map((key) => [key, values[key]]));
      return ask(read, new ItemlessContext(context));
    },
  };
}

/** The context of a function that is called for no one item. */
export class ItemlessContext extends DerivedContext {
  override get state(): never {
    throw new TypeError("State is that of one item: a function that gets no item has none");
  }
}
