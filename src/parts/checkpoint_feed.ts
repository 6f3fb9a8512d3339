/**
 * A barrier: reads everything before it, then lets it flow on.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { StageFeed } from "../core/feed.ts";
import { ENDLESS, MET, WAITING } from "../core/progress.ts";
import type { HeadParts, OpenedHead } from "../core/head.ts";
import type { BarrierStage } from "../core/stage.ts";
import type { Upstream } from "../core/upstream.ts";
import type { StageRun } from "../core/stage_run.ts";

const NOTHING_YET: readonly unknown[] = Object.freeze([]);

/** Opens a barrier. */
export function openCheckpoint(_stage: BarrierStage, parts: HeadParts): OpenedHead {
  return { stageFeed: new CheckpointFeed(parts) };
}

/** The feed of the loop after a checkpoint. */
export class CheckpointFeed implements StageFeed {
  path: unknown[];
  /** How many items were emitted. */
  emitted = 0;

  readonly #upstream: Upstream;
  readonly #run: StageRun;
  readonly #items: unknown[] = [];
  readonly #paths: (unknown[] | undefined)[] = [];
  /** The index of the first item that came after a failure. */
  #firstAfterFailure: number | undefined;
  #complete: Deferred<void> | undefined;
  #isComplete = false;
  isClosed = false;
  #tap: (item: unknown) => void = () => {};

  constructor({ upstream, run }: HeadParts) {
    this.#upstream = upstream;
    this.#run = run;
    run.gathered = NOTHING_YET;
    this.path = upstream.path;
    upstream.fold = (_, item) => {
      this.#tap(item);
      if (upstream.upstreamError !== undefined) this.#firstAfterFailure ??= this.#items.length;
      this.#items.push(item);
      this.#paths.push(upstream.path.slice());
    };
  }

  tap(listener: (item: unknown) => void): void {
    this.#tap = listener;
  }

  get entered(): number {
    return this.#items.length;
  }

  get upstreamError(): unknown {
    const isAfter = this.emitted > (this.#firstAfterFailure ?? Infinity);
    return isAfter ? this.#upstream.failure : undefined;
  }

  get inFlight(): number {
    return this.#items.length - this.emitted;
  }

  get waiting(): number {
    return this.inFlight;
  }

  get stalledOn(): "upstream" | "downstream" {
    return this.#isComplete ? "downstream" : "upstream";
  }

  get pending(): Promise<unknown> {
    return (this.#complete ??= createDeferred()).promise;
  }

  next(): unknown {
    if (!this.#isComplete) this.#gather();
    if (!this.#isComplete) return WAIT;
    if (this.emitted === this.#items.length) {
      if (this.#upstream.failure !== undefined) throw this.#upstream.failure;
      return END;
    }
    const index = this.emitted++;
    this.path = this.#paths[index]!;
    this.#paths[index] = undefined;
    return this.#items[index];
  }

  accept(): void {}

  refuse(error: unknown): unknown {
    return error;
  }

  endSources(reason: unknown, keepsFirst: boolean): void {
    this.#upstream.endSources(reason, keepsFirst);
  }

  giveUp(cutoff: Cutoff): void {
    this.#upstream.giveUp(cutoff);
  }

  /** What was gathered comes out before the failure, as after one of the source. */
  abandon(reason: unknown): boolean {
    return !this.#isComplete && this.#upstream.abandon(reason);
  }

  async close(reason: unknown): Promise<void> {
    this.isClosed = true;
    this.#complete?.resolve();
    await this.#upstream.close(reason);
  }

  readonly #gather = (): void => {
    let progress: number;
    do progress = this.#upstream.advance(ENDLESS); while (progress === MET);
    if (progress === WAITING) return this.#upstream.whenReady(this.#gather);
    this.#isComplete = true;
    this.#run.gathered = Object.freeze(this.#items);
    this.#complete?.resolve();
  };
}
