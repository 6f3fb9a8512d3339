import { createFilterStage } from "../operators/filter.ts";
import { createSkipStage } from "../operators/skip.ts";
import { createSkipWhileStage } from "../operators/skip_while.ts";
import { createTakeStage } from "../operators/take.ts";
import { createTakeWhileStage } from "../operators/take_while.ts";
import { createTapStage } from "../operators/tap.ts";
import type { StageOptions } from "../options.ts";
import type { AddToState, StageContext, StageFunction, ValidateNewKey } from "../types.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";
import { WindowedPipeline } from "./windowed_pipeline.ts";

/**
 * The stages that let items pass as they are, or drop them: the part of `StreamingPipeline` that is
 * about which items go on.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class SelectingPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends WindowedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  /**
   * Lets the items pass for which `predicate` answers with a truthy value. A type guard narrows the
   * type of the items.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  filter<TKey extends string, TOutput extends TCurrentOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: (
      item: TCurrentOutput,
      index: number,
      context: StageContext<TAccumulated, TContext>,
    ) => item is TOutput,
    options?: StageOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  /** Lets the items pass for which `predicate` answers with a truthy value. */
  filter<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  >;
  // A key that is `never`: else the compiler proposes this signature in its messages.
  filter(key: never, predicate: unknown, options?: StageOptions): never {
    return this.append(createFilterStage(key, predicate, options)) as never;
  }

  /**
   * Calls a function for each item and lets the item pass as it is, when the function is done.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async; its result is not used.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  tap<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createTapStage(key, work, options));
  }

  /**
   * Lets the first `count` items pass, then closes what is before it without asking for another
   * item. With 0, the source is never opened.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param count How many items, a non-negative integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `count` is not valid.
   */
  take<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    count: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createTakeStage(key, count));
  }

  /**
   * Drops the first `count` items.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param count How many items, a non-negative integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `count` is not valid.
   */
  skip<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    count: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createSkipStage(key, count));
  }

  /**
   * Lets items pass until `predicate` answers with a falsy value; that item is dropped, and what is
   * before the stage is closed.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  takeWhile<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createTakeWhileStage(key, predicate, options));
  }

  /**
   * Drops items until `predicate` answers with a falsy value; that item and all after it pass.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  skipWhile<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createSkipWhileStage(key, predicate, options));
  }
}
