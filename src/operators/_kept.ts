/**
 * What stages with a memory do with an answer that comes late.
 *
 * @module
 */

import type { FunctionContext } from "../core/context.ts";
import { chain, isPromiseLike, toPromise } from "../internal/promises.ts";

/**
 * What `keep` makes of `answer`, and `fail` of what fails. Where the answer comes when its call was
 * aborted, neither is called: the answer is not used, and what is kept stays as it is.
 */
export function keepAnswer<TValue, T>(
  answer: TValue | PromiseLike<TValue>,
  context: FunctionContext,
  keep: (value: TValue) => T,
  fail?: (error: unknown) => T,
): T | Promise<T> {
  if (!isPromiseLike(answer)) return keep(answer);
  const kept = chain(toPromise(answer), (value) => {
    throwIfAborted(context);
    return keep(value as TValue);
  });
  if (fail === undefined) return kept;
  return kept.catch((error) => {
    if (isAborted(context)) throw error;
    return fail(error);
  });
}

/** Nothing more is begun for an item whose call was aborted while it waited. */
export function throwIfAborted(context: FunctionContext): void {
  if (isAborted(context)) throw context.signal.reason;
}

function isAborted(context: FunctionContext): boolean {
  return context.isAborted ?? context.signal.aborted;
}
