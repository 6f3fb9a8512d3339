/**
 * Looks at this process's memory while something runs, and keeps the highest figures. Works on
 * Deno, Node and Bun.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import process from "node:process";

/** The highest figures of one process, in bytes. */
export interface Peaks {
  readonly heapBytes: number;
  /** `VmHWM` where the system has it, so that nothing lies between two looks. */
  readonly rssBytes: number;
  /** How often the probe looked. */
  readonly looks: number;
}

/** How a probe looks. */
export interface ProbeOptions {
  /** It looks at every so many calls of `count`. */
  readonly every: number;
  /**
   * Collects garbage before each look, so that the heap is what is alive. Without it the heap is
   * what the runtime has let come together, garbage included.
   */
  readonly collect?: (() => void) | undefined;
}

/** A stage may work for long between two calls: then the timer measures. */
const TIMER_MS = 20;

export class MemoryProbe {
  readonly #every: number;
  readonly #collect: (() => void) | undefined;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #calls = 0;
  #looks = 0;
  #heapBytes = 0;
  #rssBytes = 0;

  constructor({ every, collect }: ProbeOptions) {
    this.#every = every;
    this.#collect = collect;
    if (collect === undefined) this.#timer = setInterval(() => this.look(), TIMER_MS);
  }

  /** To be called once per item by the source and by the functions of stages. */
  count(): void {
    if (++this.#calls % this.#every === 0) this.look();
  }

  /** To be called wherever most is held at once. */
  look(): void {
    this.#collect?.();
    const { heapUsed, rss } = process.memoryUsage();
    this.#heapBytes = Math.max(this.#heapBytes, heapUsed);
    this.#rssBytes = Math.max(this.#rssBytes, rss);
    this.#looks++;
  }

  async stop(): Promise<Peaks> {
    clearInterval(this.#timer);
    return {
      heapBytes: this.#heapBytes,
      rssBytes: await readHighWaterMark() ?? this.#rssBytes,
      looks: this.#looks,
    };
  }
}

/** The most that this process has had in memory, as Linux counts it. */
async function readHighWaterMark(): Promise<number | undefined> {
  try {
    const status = await readFile("/proc/self/status", "utf8");
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // Other systems have no such file; the looks have to do.
    return undefined;
  }
}
