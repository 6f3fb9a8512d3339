/**
 * A loop, as what comes after it reads it.
 *
 * @module
 */

import type { Cutoff } from "./cutoff.ts";
import type { Progress } from "./progress.ts";

/** Runs when items are asked for, and no further. */
export interface Upstream {
  /** The path of its current item. */
  readonly path: unknown[];
  /** Why it has failed, once it has. */
  readonly failure: unknown;
  /** What had failed before the current item came. */
  readonly upstreamError: unknown;
  /** The item that came out last, or what `fold` has made. */
  readonly value: unknown;
  /** What it waits for, when it does. */
  readonly pending: Promise<unknown>;
  /** How many items have come out. */
  readonly emitted: number;
  /** Whether it is in the middle of a call of `advance`. */
  readonly isRunning: boolean;
  /** Takes each item that comes out. */
  fold: ((value: unknown, item: unknown, index: number) => unknown) | undefined;
  /** Called as soon as it is certain that it fails; it may have items to emit before. */
  set onFailure(listener: (failure: unknown) => void);
  /** Runs until `demand` items have come out, or something must be waited for. */
  advance(demand: number): Progress;
  /** Takes the outcome of `pending` and calls back. */
  whenReady(callback: () => void): void;
  /** Fails with `reason` where it waits; see `Segment.abandon`. */
  abandon(reason: unknown): boolean;
  /** Closes its sources and has what is in flight come out; see `Segment.endSources`. */
  endSources(reason: unknown, keepsFirst: boolean): void;
  /** Aborts what is in progress; see `Segment.giveUp`. */
  giveUp(cutoff: Cutoff): void;
  /** Ends it before its time. */
  close(reason: unknown): Promise<unknown> | undefined;
}
