/**
 * The types of branches with a pipeline of their own.
 *
 * @module
 */

import type { PipelineOf } from "./types.ts";

/**
 * Adds the stages of a branch to an empty pipeline, `TStart`.
 *
 * @category Several streams
 */
export type BranchBuilder<TItem, TOutput, TStart> = (items: TStart) => PipelineOf<TItem, TOutput>;

/**
 * How a branch of `fanOut` or `route` takes its items.
 *
 * @category Several streams
 */
export interface BranchOptions<TItem, TOutput, TStart> {
  /** Adds its stages. */
  readonly build: BranchBuilder<TItem, TOutput, TStart>;
  /**
   * What happens when an item comes and `bufferSize` items wait already: the other branches wait as
   * well, this item or the oldest one is dropped, or the run fails with the code `BRANCH_FULL`.
   * @default {"wait"}
   */
  readonly whenFull?: "wait" | "dropNewest" | "dropOldest" | "error" | undefined;
  /** How many items wait for the branch: a non-negative integer. @default {1} */
  readonly bufferSize?: number | undefined;
  /** Called with each item that is dropped. */
  readonly onDrop?: ((item: TItem) => void) | undefined;
  /** See {@linkcode SunkBranchOptions}. What the branch makes comes out by default. */
  readonly to?: BranchSink<never> | undefined;
}

/**
 * Takes what a branch makes, one item at a time; a promise that it returns is waited for.
 *
 * @category Several streams
 */
export type BranchSink<TOutput> = WritableStream<TOutput> | ((item: TOutput) => unknown);

/**
 * A branch whose items go to a sink and do not come out.
 *
 * @category Several streams
 */
export interface SunkBranchOptions<TItem, TStart> extends BranchOptions<TItem, unknown, TStart> {
  /** Takes what the branch makes. The type of its items is not inferred: `(level: number) => …`. */
  readonly to: BranchSink<never>;
}

/**
 * A branch: what adds its stages, or that and more.
 *
 * @category Several streams
 */
export type BranchOf<TItem, TStart> =
  | BranchBuilder<TItem, unknown, TStart>
  | BranchOptions<TItem, unknown, TStart>
  | SunkBranchOptions<TItem, TStart>;

/**
 * The type of what the pipeline of a branch makes.
 *
 * @category Several streams
 */
export type BranchItem<TBranch> = TBranch extends
  { readonly build: (items: never) => PipelineOf<never, infer TOutput> } ? TOutput
  : TBranch extends (items: never) => PipelineOf<never, infer TOutput> ? TOutput
  : never;

/**
 * The type of what comes out of a branch; nothing where it has a sink.
 *
 * @category Several streams
 */
export type BranchOutput<TBranch> = TBranch extends { readonly to: BranchSink<never> } ? never
  : BranchItem<TBranch>;

/**
 * What each branch must be besides a {@linkcode BranchOf}: it has no other options, and its sink takes
 * what it makes.
 *
 * @category Several streams
 */
export type FittingBranches<TBranches> = {
  readonly [TName in keyof TBranches]: TBranches[TName] extends (items: never) => unknown ? unknown
    :
      & {
        readonly [
          TOption in Exclude<keyof TBranches[TName], keyof SunkBranchOptions<never, never>> & string
        ]: { error: `unknown option '${TOption}'` };
      }
      & (TBranches[TName] extends { readonly to: infer TSink extends BranchSink<never> }
        ? { readonly to: FittingSink<TSink, BranchItem<TBranches[TName]>> }
        : unknown);
};

/**
 * What the sink of a branch must be. A function whose item has no type says nothing of it.
 *
 * @category Several streams
 */
export type FittingSink<TSink, TOutput> = TSink extends (item: infer TItem) => unknown
  ? [TItem] extends [never] ? unknown : (item: TOutput) => unknown
  : WritableStream<TOutput>;
