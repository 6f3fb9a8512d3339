import type { ItemTransform, StageContext } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { ItemPath } from "../core/context.ts";
import { EXPAND, type StageControl } from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import { failure, refuseReturned, requireFunction, type Subject } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import { resolveCallOptions } from "./_call_options.ts";

/**
 * Replaces each item by what an object makes of it that knows the items before: any number of
 * items, and more when no further item comes. For decoders, parsers, and whatever else keeps something
 * between two items.
 *
 * Items come out in order, each when it is asked for. The object is made once per run, when the first
 * item comes or the stream ends, so that runs share nothing. What `transform` answers with is read as the
 * answers of `flatMap` are; an array is the fastest. An item that fails is left out as `errorStrategy`
 * says, and the object is called with the next. Where the source fails, `flush(false)` is called and what
 * it gives comes out first; where `transform` itself ends the run, it is not called.
 *
 * @typeParam TOutput The type of what comes out.
 * @param create Makes the object of a run.
 * @param options What happens when an item fails. With `retry`, `transform` is called again with the
 * item that it has failed on.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Several items together
 *
 * @example Words that chunks of text cut in two
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { transform } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const words = transform(() => {
 *   let rest = "";
 *   return {
 *     transform(chunk: string) {
 *       const words = (rest + chunk).split(" ");
 *       rest = words.pop()!;
 *       return words;
 *     },
 *     flush: () => [rest],
 *   };
 * });
 * const pipeline = StreamingPipeline.start<string>().use("word", words);
 *
 * assertEquals(await pipeline.executeToArray(["a mi", "ll wh", "eel"]), ["a", "mill", "wheel"]);
 * ```
 */
export function transform<TInput, TOutput, TAccumulated = unknown, TContext = unknown>(
  create: () => ItemTransform<TInput, TOutput, StageContext<TAccumulated, TContext>>,
  options?: CallOptions<NoInfer<TInput>>,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("transform", (place) => {
    requireFunction(place, "its function", create);
    const { stage, guard } = resolveCallOptions(place, options);
    return {
      kind: "item",
      ...place,
      remembers: true,
      outcome: EXPAND,
      ...stage,
      ...guard,
      open: (control) => openTransform(place, create, control),
    };
  });
}

function openTransform(
  subject: Subject,
  create: () => unknown,
  control: StageControl,
): OpenStage {
  let opened: AnyTransform | undefined;
  /** The path of the last item, on which what `flush` gives continues. */
  let path: ItemPath;
  const open = () => opened ??= requireTransform(subject, create());
  const openDurable = () => {
    const { snapshot, restore } = open();
    if (typeof snapshot === "function" && typeof restore === "function") return open();
    const problem = "what its function makes must have snapshot and restore in a durable run";
    throw new TypeError(failure(subject, problem));
  };
  control.keep({
    version: 1,
    snapshot: () => openDurable().snapshot!(),
    restore: (saved) => openDurable().restore!(saved),
  });
  return {
    call(item, index, context) {
      path = control.path();
      return open().transform(item, index, context);
    },
    flush(isComplete) {
      const last = open();
      if (last.flush === undefined) return [];
      control.follow(path);
      return last.flush(isComplete);
    },
    bufferedCount: () => 0,
  };
}

type AnyTransform = ItemTransform<unknown, unknown, unknown>;

function requireTransform(subject: Subject, made: unknown): AnyTransform {
  const { transform, flush } = (made ?? {}) as Partial<AnyTransform>;
  const isFine = typeof transform === "function" &&
    (flush === undefined || typeof flush === "function");
  if (isFine) return made as AnyTransform;
  const rule = "an object with transform, and flush where it keeps something";
  refuseReturned(subject, "its function", rule, made);
}
