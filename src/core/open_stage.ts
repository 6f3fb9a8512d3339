/**
 * The part of a stage that belongs to one run.
 *
 * @module
 */

import type { ItemFunction } from "./context.ts";

/** Puts several items into one call. */
export interface Gathering {
  /** How many items should enter at a time, at least, when one has come out. */
  readonly refill: number;
  /** No further item enters for now. */
  pause(why: Pause): void;
}

/** Why no item enters: the stages before are not ready, there is no room, or there are no more. */
export type Pause = "waiting" | "full" | "over";

/** What a stage of one item has opened for a run. */
export interface OpenStage {
  /** Replaced by itself, wrapped in what the options of the stage and an observer ask for. */
  call: ItemFunction;
  /** For `DECIDE`: sees the answers in the order in which their items come out. */
  readonly decide?: ((answer: unknown) => boolean) | undefined;
  /**
   * For `DECIDE`: whether items already pass, whatever is answered. Side by side, calls are made
   * before it is known whether they are needed: one that was not needed fails nothing.
   */
  readonly isPassing?: (() => boolean) | undefined;
  /**
   * Called when no further item will come; its answer is handled as one of `call`'s. `isComplete` is
   * false where something before the stage has failed.
   */
  readonly flush?: ((isComplete: boolean) => unknown) | undefined;
  /**
   * Side by side: all calls that run are aborted. One that is made after that and throws `reason`
   * is given up as well.
   */
  readonly giveUp?: ((reason: unknown) => void) | undefined;
  /** Side by side: what puts several items into one call, where something does. */
  readonly gathering?: Gathering | undefined;
  /** How many items the stage keeps back, where it keeps any. */
  readonly bufferedCount?: (() => number) | undefined;
}
