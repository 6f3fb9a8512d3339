import type { StreamContext } from "../engine/stage.ts";
import { describeKind } from "../internal/validation.ts";
import { createFanOutStage } from "../operators/fan_out.ts";
import { type BranchRunner, createRouteStage } from "../operators/route.ts";
import type { AddToState, StageFunction, ValidateNewKey } from "../types.ts";
import { CombiningPipeline } from "./combining_pipeline.ts";
import { RunnablePipeline } from "./runnable_pipeline.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";

/** Adds the stages of a branch. */
export type BranchBuilder<TItem, TOutput, TContext> = (
  // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
  items: StreamingPipeline<TItem, TItem, {}, TContext>,
) => RunnablePipeline<TItem, TOutput>;

/** How a branch of `fanOut` or `route` takes its items. */
export interface BranchOptions<TItem, TOutput, TContext> {
  /** Adds its stages. */
  readonly build: BranchBuilder<TItem, TOutput, TContext>;
  /**
   * What happens when an item comes and `bufferSize` items wait already: the other branches wait as
   * well, this item or the oldest one is dropped, or the run fails with the code `BRANCH_FULL`.
   * @default {"wait"}
   */
  readonly whenFull?: "wait" | "dropNewest" | "dropOldest" | "error";
  /** How many items wait for the branch: a non-negative integer. @default {1} */
  readonly bufferSize?: number;
  /** Called with each item that is dropped. */
  readonly onDrop?: (item: TItem) => void;
}

/** A branch whose items go to a sink and do not come out. */
export interface SunkBranchOptions<TItem, TContext> extends
  // deno-lint-ignore no-explicit-any -- what its pipeline makes is known to the sink alone
  BranchOptions<TItem, any, TContext> {
  /** Takes what the branch makes, one at a time; a promise that it returns is waited for. */
  readonly to: WritableStream<never> | ((item: never) => unknown);
}

/** A branch: what adds its stages, or that and more. */
export type BranchOf<TItem, TContext> =
  | BranchBuilder<TItem, unknown, TContext>
  | BranchOptions<TItem, unknown, TContext>
  | SunkBranchOptions<TItem, TContext>;

/** The type of what comes out of a branch; nothing where it has a sink. */
export type BranchOutput<TBranch> = TBranch extends { readonly to: unknown } ? never
  : TBranch extends { readonly build: (items: never) => RunnablePipeline<never, infer TOutput> }
    ? TOutput
  : TBranch extends (items: never) => RunnablePipeline<never, infer TOutput> ? TOutput
  : never;

/**
 * The stages that hand items to several pipelines: the part of `StreamingPipeline` that is about
 * branches with a pipeline of their own.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class BranchingPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends CombiningPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  /**
   * Hands each item to every branch, and hands out what their pipelines make, as it comes.
   *
   * Each branch sees all items as one stream, with batches and windows of its own, and its results
   * come out in order. Items are read while somebody asks. Up to `bufferSize` of them wait for a
   * branch; what happens to the next one is its policy, `whenFull`: by default everything waits for
   * the slowest branch. What a branch does not read any more, as behind its `take`, is let go of.
   * Where a branch has a sink in `to`, its results go there and do not come out.
   *
   * A failure of a branch fails the stage, the others are closed, and its own error is the `cause`.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TBranches The branches, by name.
   * @param key The stage's name in state and errors; not in use yet.
   * @param branches For each name what adds the branch's stages, or options with `build`.
   * @throws {TypeError | RangeError} If `key` is taken, or a branch is not valid.
   *
   * @example Every order is filed, and large ones are told of
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const told: number[] = [];
   * const pipeline = StreamingPipeline.start<number>().fanOut("orders", {
   *   filed: (orders) => orders.batch("page", 2),
   *   told: {
   *     build: (orders) => orders.filter("large", (amount) => amount > 100),
   *     to: (amount: number) => told.push(amount),
   *   },
   * });
   *
   * assertEquals(await pipeline.executeToArray([50, 200, 75]), [[50, 200], [75]]);
   * assertEquals(told, [200]);
   * ```
   */
  fanOut<
    TKey extends string,
    const TBranches extends Record<string, BranchOf<TCurrentOutput, TContext>>,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    branches: TBranches,
  ): StreamingPipeline<
    TInitialInput,
    BranchOutput<TBranches[keyof TBranches]>,
    AddToState<TAccumulated, TKey, BranchOutput<TBranches[keyof TBranches]>>,
    TContext
  > {
    return this.append(createFanOutStage(key, branches, this.#runBranches(key)));
  }

  /**
   * Hands each item to the branch that `choose` names, and hands out what their pipelines make, as
   * it comes.
   *
   * The branches are those of `fanOut`. A name that is not there fails the run.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TBranches The branches, by name.
   * @param key The stage's name in state and errors; not in use yet.
   * @param choose A function of `(item, index, context)`, sync or async: the name of a branch.
   * @param branches For each name what adds the branch's stages, or options with `build`.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument is not valid.
   *
   * @example By kind
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().route(
   *   "parity",
   *   (number) => number % 2 === 0 ? "even" : "odd",
   *   {
   *     even: (numbers) => numbers.map("half", (number) => number / 2),
   *     odd: (numbers) => numbers.map("text", (number) => `odd ${number}`),
   *   },
   * );
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), ["odd 1", 1]);
   * ```
   */
  route<
    TKey extends string,
    const TBranches extends Record<string, BranchOf<TCurrentOutput, TContext>>,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    choose: StageFunction<
      TCurrentOutput,
      NoInfer<keyof TBranches & string>,
      TAccumulated,
      TContext
    >,
    branches: TBranches,
  ): StreamingPipeline<
    TInitialInput,
    BranchOutput<TBranches[keyof TBranches]>,
    AddToState<TAccumulated, TKey, BranchOutput<TBranches[keyof TBranches]>>,
    TContext
  > {
    return this.append(createRouteStage({ key, choose, branches, run: this.#runBranches(key) }));
  }

  #runBranches(key: string): BranchRunner {
    return (branches) => {
      const byName = new Map(branches.map(({ name, build }) => [name as unknown, build]));
      return (name, items, { context, closeTimeoutMs }: StreamContext) => {
        const pipeline = byName.get(name)!(this.startGroup(() => context));
        if (pipeline instanceof RunnablePipeline) {
          return pipeline.execute(items, { closeTimeoutMs });
        }
        throw new TypeError(
          `Stage "${key}" must be given a pipeline for branch "${name}", got ${
            describeKind(pipeline)
          }`,
        );
      };
    };
  }
}
