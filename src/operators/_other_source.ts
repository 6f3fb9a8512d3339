/**
 * The stages that read another source beside the stream.
 *
 * @module
 */

import { openStep } from "../parts/step_feed.ts";
import type { StreamStage } from "../core/stage.ts";
import { toMany } from "../internal/many.ts";
import { andThen } from "../internal/promises.ts";
import { complaint, requireKey } from "../internal/validation.ts";
import { LazySource } from "../sources/_reader.ts";

/** What the caller of such a method gave, and what makes one stream of the two. */
export interface OtherSourceParts {
  readonly operator: string;
  readonly key: string;
  /** Many items, or a function that gives them, called once per run, when the first is needed. */
  readonly other: unknown;
  readonly combine: (
    input: AsyncIterable<unknown>,
    other: unknown,
  ) => AsyncIterable<unknown>;
}

/** A stage over the stream and another source. */
export function createOtherSourceStage(
  { operator, key, other, combine }: OtherSourceParts,
): StreamStage {
  requireKey(operator, key);
  const base = { kind: "stream", openHead: openStep, key, name: key, operator } as const;
  // A function is one that opens the other source, also where it is iterable.
  if (typeof other !== "function" && toMany(other) !== undefined) {
    return { ...base, given: other, open: ({ input }) => combine(input, other) };
  }
  if (typeof other !== "function") {
    const rule = "an iterable, an async iterable, a web stream or a function that returns one";
    throw new TypeError(complaint({ operator, key }, "other", rule, other));
  }
  const check = (many: unknown) => {
    if (toMany(many) !== undefined) return many;
    const rule = "an iterable, an async iterable or a web stream";
    throw new TypeError(complaint({ operator, key }, "what other returns", rule, many));
  };
  return {
    ...base,
    open(context) {
      return combine(context.input, new LazySource(() => andThen(other(context), check)));
    },
  };
}
