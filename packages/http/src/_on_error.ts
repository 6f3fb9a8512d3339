import type { Many } from "@headrace/pipeline/core";
import type { Failure } from "./_response_body.ts";
import { runOf } from "./_run_of.ts";

/** The option `onError`, and whether it has replaced a failure before there was an item. */
export class OnError {
  /** What the run has failed with before its first item, where an item was returned for it. */
  early: Failure | undefined;
  readonly #call: ((error: unknown) => unknown) | undefined;

  constructor(call: ((error: unknown) => unknown) | undefined) {
    this.#call = call;
  }

  /** The items, and in place of a failure what the option returns. */
  replaceFailure(items: Many<unknown>): Many<unknown> {
    const call = this.#call;
    if (call === undefined) return items;
    const run = runOf(items);
    let isFirst = true;
    let isOver = false;
    const replaced: AsyncIterableIterator<unknown> = {
      next: async () => {
        if (isOver) return { done: true, value: undefined };
        try {
          const result = await run.next();
          isFirst = false;
          return result;
        } catch (error) {
          isOver = true;
          const last = call(error);
          if (last === undefined) throw error;
          if (isFirst) this.early = { error };
          return { done: false, value: last };
        }
      },
      return: () => run.return(),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    return replaced;
  }
}
