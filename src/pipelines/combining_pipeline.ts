import { createCombineLatestWithStage } from "../operators/combine_latest_with.ts";
import { createConcatWithStage } from "../operators/concat_with.ts";
import { createInterleaveWithStage } from "../operators/interleave_with.ts";
import { createJoinWithStage } from "../operators/join_with.ts";
import { createMergeWithStage } from "../operators/merge_with.ts";
import { createZipWithStage } from "../operators/zip_with.ts";
import type { JoinOptions, JoinRow } from "../sources/join.ts";
import type { AddToState, Many, StageContext, ValidateNewKey } from "../types.ts";
import { SelectingPipeline } from "./selecting_pipeline.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";

/**
 * Another source that a stage reads beside the stream: many items, or a function that gives them,
 * called once per run. What can be read only once, such as a generator, serves one run only: then it
 * wants a function.
 */
export type OtherSource<T, TAccumulated = unknown, TContext = unknown> =
  | Many<T>
  | ((context: StageContext<TAccumulated, TContext>) => Many<T>);

/**
 * The stages that read another source beside the stream: the part of `StreamingPipeline` that is
 * about several streams.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class CombiningPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends SelectingPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  /**
   * Reads another source beside the stream; the items of both come out as they come.
   *
   * Each source keeps its own order. Both are read while somebody asks, and at most one item of each
   * waits; an idle one does not hold the other up. It ends when both have ended. When one fails, the
   * failure surfaces at once and the other is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   *
   * @example Events of two sources
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .mergeWith("events", ["c"]);
   *
   * const events = await pipeline.executeToArray(["a", "b"]);
   * assertEquals(events.toSorted(), ["a", "b", "c"]);
   * ```
   */
  mergeWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    AddToState<TAccumulated, TKey, TCurrentOutput | TOther>,
    TContext
  > {
    return this.append(createMergeWithStage(key, other));
  }

  /**
   * Hands out the stream and then another source, which is opened when the stream has ended.
   *
   * Nothing is read ahead. A failure of the stream surfaces, and the other source is never opened.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   *
   * @example A last line
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .concatWith("end", [-1]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [1, 2, -1]);
   * ```
   */
  concatWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    AddToState<TAccumulated, TKey, TCurrentOutput | TOther>,
    TContext
  > {
    return this.append(createConcatWithStage(key, other));
  }

  /**
   * Takes an item of the stream and one of another source in turns; when one has ended, the other goes
   * on alone.
   *
   * Nothing is read ahead. A failure surfaces in its turn, and the other source is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   *
   * @example In turns
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .interleaveWith("both", [10, 20, 30]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [1, 10, 2, 20, 30]);
   * ```
   */
  interleaveWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    AddToState<TAccumulated, TKey, TCurrentOutput | TOther>,
    TContext
  > {
    return this.append(createInterleaveWithStage(key, other));
  }

  /**
   * Pairs each item of the stream with one of another source. It ends with the shorter one, and closes
   * the other.
   *
   * Both are read when a pair is asked for, and no further. A failure surfaces after the pairs before
   * it, and the other source is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   *
   * @example Numbered items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .zipWith("numbered", ["a", "b", "c"]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [[1, "a"], [2, "b"]]);
   * ```
   */
  zipWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    [TCurrentOutput, TOther],
    AddToState<TAccumulated, TKey, [TCurrentOutput, TOther]>,
    TContext
  > {
    return this.append(createZipWithStage(key, other));
  }

  /**
   * Pairs the latest item of the stream with the latest of another source, each time that one of them
   * has a new item and both have had one.
   *
   * Both are read while somebody asks, and at most one item of each waits. It ends when both have ended,
   * or one without an item. When one fails, the failure surfaces at once and the other is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   *
   * @example A price in the latest currency
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .combineLatestWith("priced", ["EUR"]);
   *
   * assertEquals((await pipeline.executeToArray([1, 2])).at(-1), [2, "EUR"]);
   * ```
   */
  combineLatestWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    [TCurrentOutput, TOther],
    AddToState<TAccumulated, TKey, [TCurrentOutput, TOther]>,
    TContext
  > {
    return this.append(createCombineLatestWithStage(key, other));
  }

  /**
   * Pairs each item of the stream, on the left, with the items of another source that have its key.
   *
   * With `strategy: "hash"`, the side named by `build`, the other source by default, is read to its
   * end and held in memory, up to `maxItems`; then the stream flows past it. With `"sorted"`, both
   * sides come sorted by key, and only the items of one key are held. With `kind: "left"`, items of
   * the stream without a match come out as well. A failure surfaces after the pairs before it, and
   * the other side is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @typeParam TJoinKey The type of the keys that are compared.
   * @typeParam TKind Which rows come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @param options How they are joined.
   * @throws {TypeError | RangeError} If `key` is taken, or `other` or an option is not valid.
   *
   * @example Orders with the cities of their customers
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const customers = [{ name: "ada", city: "London" }];
   * const pipeline = StreamingPipeline.start<{ id: number; customer: string }>()
   *   .joinWith("rows", customers, {
   *     leftKey: (order) => order.customer,
   *     rightKey: (customer) => customer.name,
   *     kind: "inner",
   *     strategy: "hash",
   *   })
   *   .map("line", ([order, customer]) => `${order.id} to ${customer.city}`);
   *
   * const orders = [{ id: 1, customer: "ada" }, { id: 2, customer: "bob" }];
   * assertEquals(await pipeline.executeToArray(orders), ["1 to London"]);
   * ```
   */
  joinWith<TKey extends string, TOther, TJoinKey, TKind extends "inner" | "left">(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
    options: JoinOptions<TCurrentOutput, TOther, TJoinKey, TKind>,
  ): StreamingPipeline<
    TInitialInput,
    JoinRow<TCurrentOutput, TOther, TKind>,
    AddToState<TAccumulated, TKey, JoinRow<TCurrentOutput, TOther, TKind>>,
    TContext
  > {
    return this.append(createJoinWithStage(key, other, options as never));
  }
}
