/**
 * Figures of a run while it lives, at an interval.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { OneByOne } from "../internal/one_by_one.ts";
import type { RunMetrics, StageMetrics } from "../base/metadata_types.ts";
import type { StageRun } from "../core/stage_run.ts";

type Answer = IteratorResult<RunMetrics, void>;

/** What {@linkcode Metrics} needs of its run. */
export interface MeasuredRun {
  /** Once it is open. */
  readonly stages: readonly StageRun[];
  readonly metricsIntervalMs: number;
  /** Resolves when the run is over. */
  readonly finalMetadata: Promise<unknown>;
}

/** Snapshots for one reader: each an interval after the one before, the last when the run ends. */
export class Metrics implements AsyncIterableIterator<RunMetrics, void> {
  readonly #run: MeasuredRun;
  readonly #startedAt: number = clock.now();
  #previous: RunMetrics | undefined;
  #last: RunMetrics | undefined;
  #isDone = false;
  readonly #calls: OneByOne = new OneByOne();
  /** Wakes the reader that waits. */
  #wake: () => void = () => {};

  constructor(run: MeasuredRun) {
    this.#run = run;
    run.finalMetadata.then(() => {
      this.#last = this.#read();
      this.#wake();
    });
  }

  next(): Promise<Answer> {
    return this.#calls.run(() => this.#next());
  }

  async #next(): Promise<Answer> {
    if (this.#last === undefined && !this.#isDone) await this.#wait();
    if (this.#isDone) return { done: true, value: undefined };
    this.#isDone = this.#last !== undefined;
    return { done: false, value: this.#previous = this.#last ?? this.#read() };
  }

  return(): Promise<Answer> {
    this.#isDone = true;
    this.#wake();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(() => this.#wake(), this.#run.metricsIntervalMs);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #read(): RunMetrics {
    const elapsedMs = clock.now() - this.#startedAt;
    const sinceMs = elapsedMs - (this.#previous?.elapsedMs ?? 0);
    const steps = this.#run.stages.map((stage, index) =>
      readStage(stage, sinceMs, this.#previous?.steps[index])
    );
    return { elapsedMs, steps };
  }
}

function readStage(
  run: StageRun,
  sinceMs: number,
  previous: StageMetrics | undefined,
): StageMetrics {
  const { entered, emitted, inFlight, abandoned, waiting, stalledOn } = run.count();
  const perSecond = (now: number, before = 0) => sinceMs > 0 ? (now - before) * 1_000 / sinceMs : 0;
  return {
    key: run.stage.key,
    stepName: run.stage.name,
    inputCount: entered,
    outputCount: emitted,
    droppedCount: run.dropped,
    errorCount: run.failed,
    retryCount: run.retried,
    inFlightCount: inFlight,
    abandonedCount: abandoned,
    waitingCount: waiting,
    inputPerSecond: perSecond(entered, previous?.inputCount),
    outputPerSecond: perSecond(emitted, previous?.outputCount),
    ...(run.door && { policy: run.door.figures }),
    ...(stalledOn !== undefined && { stalledOn }),
  };
}
