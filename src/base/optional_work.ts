/**
 * What a stage runs, where an option says what its function gets.
 *
 * @module
 */

import type { AtLast, Late, Predicate, StageContext, StageWork } from "./types.ts";

/**
 * One type where an option is given, and another one where it is not: the compiler infers `TOption`
 * from the option, and from nothing else.
 *
 * @typeParam TOption Something of the option; `never` where it is not given.
 * @category Functions and options
 */
export type ByOption<TOption, TWith, TWithout> = [NoInfer<TOption>] extends [never] ? TWithout
  : TWith;

/**
 * What a function gets that is not called for one item: all of {@linkcode StageContext} but the
 * state, which is that of an item.
 *
 * @typeParam TContext What the context builder given to `start` returns.
 * @category Functions and options
 */
export type ItemlessContext<TContext> = Omit<StageContext<unknown, TContext>, "state">;

/**
 * The function of `map` with the option `batch`: it makes an answer for each of the items, in order.
 * `number` is that of the call, from 0.
 *
 * @typeParam TInput The type of one item.
 * @typeParam TOutput The type of one answer; an `Error` in its place fails the item.
 * @category Functions and options
 */
export type LoadFunction<TInput, TOutput, TContext> = (
  items: readonly TInput[],
  number: number,
  context: ItemlessContext<TContext>,
) => readonly (TOutput | Error)[] | PromiseLike<readonly (TOutput | Error)[]>;

/**
 * What comes out of `map`: with the option `batch` the answers, but for errors of any class, which
 * have a `stack`; else what the function makes of an item.
 *
 * @category Functions and options
 */
export type Loaded<TSize, TOutput, TAnswer> = ByOption<
  TSize,
  TAnswer extends Error ? "stack" extends keyof TAnswer ? never : TAnswer : TAnswer,
  TOutput
>;

/**
 * What `map` runs: a function of one item or a step, or a {@linkcode LoadFunction} where there is the
 * option `batch`.
 *
 * @category Functions and options
 */
export type MapWork<
  TInput,
  TOutput,
  TAccumulated,
  TContext,
  TLate extends Late,
  TSize extends number,
  TItem,
  TAnswer,
> =
  | (ByOption<TSize, never, unknown> & StageWork<TInput, TOutput, TAccumulated, TContext, TLate>)
  | (AtLast<TLate> & ByOption<TSize, unknown, never> & LoadFunction<TItem, TAnswer, TContext>);

/**
 * The function of `filter` with the option `reads`: it gets what the stages of these keys made of the
 * item, and not the item itself.
 *
 * @typeParam TAccumulated The item type of each earlier stage, by its key.
 * @typeParam TRead The keys that it reads.
 * @category Functions and options
 */
export type ReadingPredicate<TAccumulated, TRead extends keyof TAccumulated, TContext> = (
  read: { readonly [TKey in TRead]: TAccumulated[TKey] },
  context: ItemlessContext<TContext>,
) => boolean | PromiseLike<boolean>;

/**
 * What `filter` runs: a predicate, or a {@linkcode ReadingPredicate} where there is the option
 * `reads`.
 *
 * @category Functions and options
 */
export type FilterWork<
  TInput,
  TOutput extends TInput,
  TAccumulated,
  TContext,
  TLate extends Late,
  TRead extends keyof TAccumulated,
> =
  | (ByOption<TRead, never, unknown> & Predicate<TInput, TOutput, TAccumulated, TContext, TLate>)
  | (
    & AtLast<TLate>
    & ByOption<TRead, unknown, never>
    // What a function looks at says nothing of what the option names.
    & ReadingPredicate<TAccumulated, NoInfer<TRead>, TContext>
  );
