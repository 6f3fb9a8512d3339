/**
 * The stages that read another source beside the stream.
 *
 * @module
 */

import { createStreamStage } from "./_stream_stage.ts";
import type { StagePlace } from "../core/operator.ts";
import type { StreamStage } from "../core/stage.ts";
import { toMany } from "../internal/many.ts";
import { andThen } from "../internal/promises.ts";
import { refuseReturned, refuseValue } from "../internal/validation.ts";
import type { SourceIterator } from "../sources/_iterator.ts";
import { LazySource } from "../sources/_reader.ts";

/** Makes one stream of two. */
type Combine = (input: AsyncIterable<unknown>, other: never) => AsyncIterable<unknown>;

/**
 * As {@linkcode createOtherSourceStage}, where the other source gives items of its own: it ends as
 * well when the run is stopped.
 */
export function createOpenEndedStage(
  place: StagePlace,
  other: unknown,
  combine: Combine,
): StreamStage {
  const stage = createOtherSourceStage(place, other, combine);
  return {
    ...stage,
    open(context, control) {
      const items = stage.open(context, control) as SourceIterator<unknown>;
      control.onStop((reason) => items.endOthers(reason));
      return items;
    },
  };
}

/** A stage over the stream and another source, which `combine` makes one stream of. */
export function createOtherSourceStage(
  place: StagePlace,
  other: unknown,
  combine: Combine,
): StreamStage {
  // A function is one that opens the other source, also where it is iterable.
  if (typeof other !== "function") {
    if (toMany(other) !== undefined) {
      return createStreamStage(place, ({ input }) => combine(input, other as never), {
        given: other,
      });
    }
    const rule = "an iterable, an async iterable, a web stream or a function that returns one";
    refuseValue(place, "other", rule, other);
  }
  const check = (many: unknown) => {
    if (toMany(many) !== undefined) return many;
    const rule = "an iterable, an async iterable or a web stream";
    refuseReturned(place, "other", rule, many);
  };
  const open: StreamStage["open"] = (context) => {
    const source = new LazySource(() => andThen(other(context), check));
    return combine(context.input, source as never);
  };
  return createStreamStage(place, open, { readsStreams: true });
}
