import { guardCall } from "../parts/guard.ts";
import type { Accepted, Late, Predicate, Rejected, StageWork } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND, type Outcome, REPLACE } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { closeUnread, OwnIterator, requireResult, toMany } from "../internal/many.ts";
import { openPort, type Port } from "../internal/port.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { resolveRetry } from "../internal/retry_options.ts";
import { toStepFailure } from "../internal/step_failure.ts";
import { refuseItems, requireFunction, type Subject } from "../internal/validation.ts";
import type { StageOptions } from "../base/options.ts";
import { callStreamingStep, toWork, type Work } from "./_calls.ts";
import { keepAnswer } from "./_kept.ts";
import { resolveStageOptions } from "./_options.ts";

/**
 * Runs one of two pieces of work on each item, as `predicate` decides. A type guard narrows the type
 * of the item for both.
 *
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param whenTrue A function or a step; a streaming step runs once per item.
 * @param whenFalse A function or a step; a streaming step runs once per item.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Each item
 *
 * @example Folders and files
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { branch } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const size = branch((path: string) => path.endsWith("/"), () => "folder", (path) => path.length);
 * const pipeline = StreamingPipeline.start<string>().use("size", size);
 *
 * assertEquals(await pipeline.executeToArray(["docs/", "mod.ts"]), ["folder", 6]);
 * ```
 */
export function branch<
  TInput,
  TTrue,
  TFalse,
  TAccumulated = unknown,
  TContext = unknown,
  TGuarded extends TInput = never,
  TLate extends Late = object,
  TAccepted = Accepted<TInput, TGuarded>,
  TRejected = Rejected<TInput, TGuarded>,
>(
  predicate: Predicate<TInput, TGuarded, TAccumulated, TContext, TLate>,
  whenTrue: StageWork<TInput, TTrue, TAccumulated, TContext, TLate, unknown, NoInfer<TAccepted>>,
  whenFalse: StageWork<TInput, TFalse, TAccumulated, TContext, TLate, unknown, NoInfer<TRejected>>,
  options?: StageOptions<NoInfer<TInput>>,
): Operator<TInput, TTrue | TFalse, TAccumulated, TContext> {
  return createOperator("branch", (place) => {
    requireFunction(place, "its predicate", predicate);
    const works = [whenTrue, whenFalse].map((work) => toWork(place, work));
    const settings = resolveStageOptions(place, options);
    // A streaming step gives any number of items for one, so both sides answer with a list then.
    const expands = works.some((work) => work.kind === "streaming");
    const outcome: Outcome = expands ? EXPAND : REPLACE;
    const sides = works.map((work) => ({
      call: toCall(place, work, expands),
      outcome,
      // The step's own, where the stage has none.
      retry: settings.retry || work.retry === undefined
        ? undefined
        : resolveRetry(place, work.retry),
    }));
    return {
      kind: "item",
      ...place,
      outcome,
      isWork: expands,
      ...settings,
      open(control) {
        const [onTrue, onFalse] = sides.map((side) => guardCall(side.call, side, control.run));
        return {
          call(item, index, context) {
            const decide = (isTrue: unknown) => (isTrue ? onTrue : onFalse)!(item, index, context);
            return keepAnswer((predicate as ItemFunction)(item, index, context), context, decide);
          },
        };
      },
    };
  });
}

function toCall(subject: Subject, work: Work, expands: boolean): ItemFunction {
  if (work.kind === "streaming") {
    return (item, _index, context) => {
      const items: unknown = callStreamingStep(work.step, item, context);
      return new NamedItems(work.name, items, () => {
        if (toMany(items) !== undefined) return openPort(items);
        refuseItems(subject, items);
      });
    };
  }
  if (!expands) return work.call;
  return async function* (item, index, context) {
    yield await work.call(item, index, context);
  };
}

/** The items of one of two steps, whose failures must name it. */
class NamedItems extends OwnIterator<unknown> {
  readonly #name: string;
  readonly #items: unknown;
  readonly #open: () => Port;
  #port: Port | undefined;
  #isOver = false;

  constructor(name: string, items: unknown, open: () => Port) {
    super();
    this.#name = name;
    this.#items = items;
    this.#open = open;
  }

  override async next(): Promise<IteratorResult<unknown>> {
    try {
      const read = (this.#port ??= this.#open()).read();
      // No wait for a sync iterator: whether it has ended is known at once.
      const result: unknown = isPromiseLike(read) ? await read : read;
      requireResult(result);
      if (!result.done) return { done: false, value: result.value };
    } catch (error) {
      this.#end();
      throw toStepFailure(this.#name, error);
    }
    this.#end();
    return { done: true, value: undefined };
  }

  override async stop(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await (this.#port === undefined ? closeUnread(this.#items, reason) : this.#port.close(reason));
  }

  #end(): void {
    this.#isOver = true;
    this.#port?.release();
  }
}
