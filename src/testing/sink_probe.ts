import { requireInteger, requireKnownOptions } from "../internal/validation.ts";

/**
 * How a {@linkcode SinkProbe} behaves.
 *
 * @category Testing
 */
export interface SinkProbeOptions {
  /** After so many items it throws `failure`: a non-negative integer. Never by default. */
  readonly failAfter?: number | undefined;
  /** What it throws; an `Error` by default. */
  readonly failure?: unknown;
}

/**
 * A sink that keeps what it has taken, and tells whether it was handed an item while it was at work on
 * another one.
 *
 * @typeParam T The items.
 * @category Testing
 *
 * @example What a branch has taken
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { SinkProbe } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const sink = new SinkProbe<number>();
 * await StreamingPipeline.start<number>().executeForEach([1, 2], sink.take);
 *
 * assertEquals([sink.items, sink.mostAtOnce], [[1, 2], 1]);
 * ```
 */
export class SinkProbe<T> {
  readonly #options: SinkProbeOptions;
  readonly #items: T[] = [];
  #atWork = 0;
  #mostAtOnce = 0;

  /** Throws where an option is not valid. */
  constructor(options: SinkProbeOptions = {}) {
    const subject = { operator: "make a SinkProbe" };
    requireKnownOptions(subject, options, ["failAfter", "failure"]);
    const { failAfter } = options;
    if (failAfter !== undefined) requireInteger(subject, "failAfter", failAfter, 0);
    this.#options = options;
  }

  /**
   * What it has taken, in order.
   *
   * @category Testing
   */
  get items(): readonly T[] {
    return this.#items;
  }

  /**
   * The most items that it was at work on at a time.
   *
   * @category Testing
   */
  get mostAtOnce(): number {
    return this.#mostAtOnce;
  }

  /**
   * Takes an item; the promise resolves a few turns later. It may be handed on as a function.
   *
   * @category Testing
   */
  readonly take = async (item: T): Promise<void> => {
    this.#mostAtOnce = Math.max(this.#mostAtOnce, ++this.#atWork);
    try {
      for (let turn = 0; turn < TURNS; turn++) await undefined;
      if (this.#items.length === this.#options.failAfter) {
        throw "failure" in this.#options ? this.#options.failure : new Error("The sink failed");
      }
      this.#items.push(item);
    } finally {
      this.#atWork--;
    }
  };
}

/** Turns of the microtask queue that it is at work on an item. */
const TURNS = 5;
