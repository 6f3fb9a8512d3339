// How fast a run goes, and when it will be done: from what it did lately, and said only where that is
// enough to say it.

/** The rate is that of this latest span of the run. */
const WINDOW_MS = 30_000;

/** With fewer items done, there is no rate. */
const MIN_ITEMS = 3;

/** Without an item for this long, and for this many usual intervals, there is no estimate. */
const SILENCE_MS = 10_000;
const SILENCE_FACTOR = 5;

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** Estimates when a run is done, from how many items were done at which moment. */
export class Estimate {
  #samples: Sample[] = [{ atMs: 0, done: 0 }];
  /** When an item was seen to be done last. */
  #progressMs = 0;

  /** `done` items at `atMs` of the run; moments do not go back. */
  add(atMs: number, done: number): void {
    const last = this.#samples.at(-1)!;
    if (done > last.done) this.#progressMs = atMs;
    if (atMs <= last.atMs) return;
    this.#samples.push({ atMs, done });
    const from = this.#samples.findIndex((sample) => sample.atMs >= atMs - WINDOW_MS);
    // The sample before the window is where it begins.
    if (from > 1) this.#samples.splice(0, from - 1);
  }

  /** Items per second of late; 0 where none was done. */
  get perSecond(): number {
    const [first, last] = [this.#samples[0]!, this.#samples.at(-1)!];
    const elapsedMs = last.atMs - first.atMs;
    return elapsedMs > 0 ? (last.done - first.done) * 1000 / elapsedMs : 0;
  }

  /** The milliseconds until `total` items are done; absent where that is not known. */
  remainingMs(total: number | undefined): number | undefined {
    const last = this.#samples.at(-1)!;
    if (total === undefined || last.done > total) return undefined;
    if (last.done === total) return 0;
    const { perSecond } = this;
    const done = last.done - this.#samples[0]!.done;
    if (done < MIN_ITEMS) return undefined;
    const silentMs = last.atMs - this.#progressMs;
    if (silentMs > Math.max(SILENCE_MS, SILENCE_FACTOR * 1000 / perSecond)) return undefined;
    return (total - last.done) * 1000 / perSecond;
  }
}
