// Rates of stages over time, from the counts that come.

import type { RunSnapshot } from "../src/dashboard/snapshot.ts";

/** So many moments are kept: ten minutes, where one comes each second. */
const MAX_MOMENTS = 600;

/** The rates of a stage at one moment. */
export interface StageRates {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

/** Keeps what came of one run. */
export class Rates {
  /** Seconds since the Unix epoch. */
  readonly times: number[] = [];
  /** Of each stage, by its position. */
  readonly output: number[][] = [];
  #latest: readonly StageRates[] = [];
  #before: RunSnapshot | undefined;

  /** The rates since the moment before; none before there are two. */
  get latest(): readonly StageRates[] {
    return this.#latest;
  }

  add(run: RunSnapshot): void {
    const before = this.#before;
    const sinceMs = run.durationMs - (before?.durationMs ?? 0);
    if (before !== undefined && sinceMs <= 0) return;
    this.#before = run;
    if (before === undefined) return;
    this.#latest = run.stages.map((stage, index) => {
      const last = before.stages[index];
      const rate = (now: number, then = 0) => (now - then) * 1000 / sinceMs;
      return {
        inPerSecond: rate(stage.inputCount, last?.inputCount),
        outPerSecond: rate(stage.outputCount, last?.outputCount),
      };
    });
    this.times.push(((run.startedAt ?? 0) + run.durationMs) / 1000);
    for (const [index, { outPerSecond }] of this.#latest.entries()) {
      (this.output[index] ??= []).push(outPerSecond);
    }
    if (this.times.length > MAX_MOMENTS) {
      this.times.shift();
      for (const values of this.output) values.shift();
    }
  }
}
