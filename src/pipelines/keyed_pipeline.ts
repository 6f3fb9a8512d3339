import type { StreamContext } from "../engine/stage.ts";
import type { GroupRunner } from "../operators/_groups.ts";
import { describeKind } from "../internal/validation.ts";
import { createDistinctStage } from "../operators/distinct.ts";
import { createGroupByStage } from "../operators/group_by.ts";
import { createMapPartitionedStage } from "../operators/map_partitioned.ts";
import { createPartitionStage } from "../operators/partition.ts";
import type { DistinctOptions, GroupByOptions, MapPartitionedOptions } from "../options.ts";
import type { AddToState, StageContext, StageFunction, ValidateNewKey } from "../types.ts";
import { PacedPipeline } from "./paced_pipeline.ts";
import { RunnablePipeline } from "./runnable_pipeline.ts";
import type { AnyStreamingPipeline, StreamingPipeline } from "./streaming_pipeline.ts";

/**
 * The stages that look at what an item belongs to: the part of `StreamingPipeline` that is about
 * keys.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class KeyedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends PacedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  /**
   * Begins a pipeline for the items of one key.
   *
   * @internal
   */
  protected abstract startGroup(createContext: () => unknown): AnyStreamingPipeline;

  /**
   * Drops the items that were there before.
   *
   * Items come out in order, each when it is asked for. With `window`, memory is bounded: that many
   * keys are remembered, and one that was forgotten is new again. Without it every key is
   * remembered, and memory grows with their number.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options What items are told apart by, and how many keys are remembered.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   *
   * @example One event per id, among the last thousand
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<{ id: string }>()
   *   .distinct("new", { by: ({ id }) => id, window: 1_000 });
   *
   * const events = [{ id: "a" }, { id: "b" }, { id: "a" }];
   * assertEquals(await pipeline.executeToArray(events), [{ id: "a" }, { id: "b" }]);
   * ```
   */
  distinct<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options?: DistinctOptions<TCurrentOutput, StageContext<TAccumulated, TContext>>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createDistinctStage(key, options));
  }

  /**
   * Puts in each item's place what `work` makes of it, many at a time, but one after the other for
   * each key.
   *
   * One item comes out per item. Those of one key come out in their order; others as they finish,
   * unless `ordered`. At most `concurrencyLimit` calls run; `waitingLimit` more items are read ahead
   * to wait for an earlier one of their key, and `highWaterMark` results wait to be asked for. Keys
   * are compared as those of a `Map` are, and forgotten when nothing of theirs is left. An item that
   * is tried again holds up its key, and no other. A failure aborts what is in flight.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOutput The type of the items that come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param keyOf A function of `(item, index, context)`, sync or async: what an item belongs to.
   * @param work A function of `(item, index, context)`, sync or async.
   * @param options How many are worked on at a time, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   *
   * @example Each account's entries in order
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const balance = new Map<string, number>();
   * const pipeline = StreamingPipeline.start<{ account: string; amount: number }>()
   *   .mapPartitioned("booked", ({ account }) => account, async ({ account, amount }) => {
   *     const before = await Promise.resolve(balance.get(account) ?? 0);
   *     balance.set(account, before + amount);
   *   }, { concurrencyLimit: 8 });
   *
   * await pipeline.executeToArray([{ account: "a", amount: 1 }, { account: "a", amount: 2 }]);
   * assertEquals(balance.get("a"), 3);
   * ```
   */
  mapPartitioned<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    keyOf: StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>,
    work: StageFunction<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: MapPartitionedOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext> {
    return this.append(createMapPartitionedStage({ key, keyOf, work, options }));
  }

  /**
   * Runs a pipeline of its own over the items of each key, and hands out what the pipelines make.
   *
   * `build` is called once for each group, with a pipeline to add stages to and the key; what it
   * adds keeps its state, its batches and its windows per key. What groups make comes out as it
   * comes: in order within a key, in none between keys. State shows the stages of the group alone.
   *
   * An item is read when what was read before has gone into its group, and somebody asks; a group
   * takes its next item when its pipeline asks for it, so that nothing is buffered between. Up to
   * `concurrencyLimit` groups work at a time. A group is ended, and hands out what it keeps, when the
   * source ends or fails, when it has had no item for `idleMs`, or when it must make room for another
   * key; a key that comes again begins a new group. What a group does not read any more, as behind
   * its `take`, is dropped. Over `maxKeys` the stage fails, or ends the group that had its last item
   * longest ago and waits for it; there is one timer at most, and none after the run.
   *
   * A failure of a group's pipeline fails the stage, the other groups are closed, and the group's
   * own error is its `cause`.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TGroup The type of the groups' keys.
   * @typeParam TOutput The type of the items that come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param keyOf A function of `(item, index, context)`, sync or async: what an item belongs to.
   * Keys are compared as those of a `Map` are.
   * @param build Adds the stages of a group.
   * @param options How many groups there are, and for how long.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   *
   * @example Batches per user
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<{ user: string; page: string }>()
   *   .groupBy("visits", ({ user }) => user, (group, user) =>
   *     group.map("page", ({ page }) => page)
   *       .batch("pages", 2)
   *       .map("visit", (pages) => ({ user, pages })));
   *
   * const clicks = [{ user: "a", page: "1" }, { user: "b", page: "2" }, { user: "a", page: "3" }];
   * assertEquals(await pipeline.executeToArray(clicks), [
   *   { user: "a", pages: ["1", "3"] },
   *   { user: "b", pages: ["2"] },
   * ]);
   * ```
   */
  groupBy<TKey extends string, TGroup, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    keyOf: StageFunction<TCurrentOutput, TGroup, TAccumulated, TContext>,
    build: (
      // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
      group: StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>,
      key: TGroup,
    ) => RunnablePipeline<TCurrentOutput, TOutput>,
    options?: GroupByOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext> {
    const run = this.#runGroups(key, (group, groupKey) => build(group, groupKey as TGroup));
    return this.append(createGroupByStage({ key, keyOf, build, run, options }));
  }

  /**
   * Runs one of two pipelines over the items, as `predicate` decides, and hands out what they make.
   *
   * Each of the two sees all of its items as one stream, with batches and windows of its own, as a
   * group of `groupBy` does; `branch` is for work on one item. Either is made when its first item
   * comes. What they make comes out as it comes, in order within each.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TTrue The type of the items that the first makes.
   * @typeParam TFalse The type of the items that the second makes.
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param whenTrue Adds the stages for the items for which it answers with a truthy value.
   * @param whenFalse Adds the stages for the others.
   * @throws {TypeError} If `key` is taken, or an argument is not a function.
   *
   * @example Large orders one by one, small ones together
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().partition(
   *   "orders",
   *   (amount) => amount >= 100,
   *   (large) => large.map("alone", (amount) => [amount]),
   *   (small) => small.batch("together", 2),
   * );
   *
   * assertEquals(await pipeline.executeToArray([5, 100, 7]), [[100], [5, 7]]);
   * ```
   */
  partition<TKey extends string, TTrue, TFalse>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    whenTrue: (
      // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
      group: StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>,
    ) => RunnablePipeline<TCurrentOutput, TTrue>,
    whenFalse: (
      // deno-lint-ignore ban-types -- as above
      group: StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>,
    ) => RunnablePipeline<TCurrentOutput, TFalse>,
  ): StreamingPipeline<
    TInitialInput,
    TTrue | TFalse,
    AddToState<TAccumulated, TKey, TTrue | TFalse>,
    TContext
  > {
    const run = this.#runGroups(key, (group, isTrue) => (isTrue ? whenTrue : whenFalse)(group));
    return this.append(createPartitionStage({ key, predicate, whenTrue, whenFalse, run }));
  }

  #runGroups(
    key: string,
    build: (group: AnyStreamingPipeline, key: unknown) => unknown,
  ): GroupRunner {
    return (groupKey, items, { context, closeTimeoutMs }: StreamContext) => {
      const pipeline = build(this.startGroup(() => context), groupKey);
      if (pipeline instanceof RunnablePipeline) return pipeline.execute(items, { closeTimeoutMs });
      throw new TypeError(
        `Stage "${key}" must be given a pipeline for each of its groups, got ${
          describeKind(pipeline)
        }`,
      );
    };
  }
}
