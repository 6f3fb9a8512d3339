/**
 * The stages that read another source beside the stream.
 *
 * @module
 */

import type { StreamContext, StreamStage } from "../engine/stage.ts";
import { complaint, requireKey } from "../internal/validation.ts";
import type { Many } from "../types.ts";

/** What the caller of such a method gave, and what makes one stream of the two. */
export interface OtherSourceParts {
  readonly operator: string;
  readonly key: string;
  /** Many items, or a function that gives them, called once per run. */
  readonly other: unknown;
  readonly combine: (
    input: AsyncIterable<unknown>,
    other: Many<unknown>,
  ) => AsyncIterable<unknown>;
}

/** A stage over the stream and another source. */
export function createOtherSourceStage(
  { operator, key, other, combine }: OtherSourceParts,
): StreamStage {
  requireKey(operator, key);
  if (typeof other !== "function" && !isMany(other)) {
    const rule = "an iterable, an async iterable, a web stream or a function that returns one";
    throw new TypeError(complaint({ operator, key }, "other", rule, other));
  }
  const open = typeof other === "function"
    ? other as (context: StreamContext) => unknown
    : () => other;
  return {
    kind: "stream",
    key,
    name: key,
    operator,
    open(context) {
      const many = open(context);
      if (isMany(many)) return combine(context.input, many);
      const rule = "an iterable, an async iterable or a web stream";
      throw new TypeError(complaint({ operator, key }, "what other returns", rule, many));
    },
  };
}

function isMany(value: unknown): value is Many<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value || "getReader" in value;
}
