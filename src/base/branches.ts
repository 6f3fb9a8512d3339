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
}

/**
 * A branch whose items go to a sink and do not come out.
 *
 * @category Several streams
 */
export interface SunkBranchOptions<TItem, TStart> extends BranchOptions<TItem, unknown, TStart> {
  /**
   * Takes what the branch makes, one at a time; a promise that it returns is waited for. The type of
   * its items is not inferred: `(level: number) => …`.
   */
  readonly to: WritableStream<never> | ((item: never) => unknown);
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
 * The type of what comes out of a branch; nothing where it has a sink.
 *
 * @category Several streams
 */
export type BranchOutput<TBranch> = TBranch extends { readonly to: unknown } ? never
  : TBranch extends { readonly build: (items: never) => PipelineOf<never, infer TOutput> } ? TOutput
  : TBranch extends (items: never) => PipelineOf<never, infer TOutput> ? TOutput
  : never;
