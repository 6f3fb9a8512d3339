import { requireFunction, requireInteger, requireKnownOptions } from "../internal/validation.ts";

/**
 * How a probed sink behaves.
 *
 * @category Testing
 */
export interface SinkOptions {
  /** Reading ends with a `break` after this many items. */
  readonly breakAfter?: number | undefined;
  /** After this many items it throws `failure`. */
  readonly failAfter?: number | undefined;
  /** What it throws. */
  readonly failure?: unknown;
  /** After this many items it aborts its `signal`, with `reason`. */
  readonly abortAfter?: number | undefined;
  /** The reason of the abort. */
  readonly reason?: unknown;
  /** Holds the item with this index until the promise is settled: a sink that is slow. */
  readonly gate?: ((index: number) => Promise<unknown> | undefined) | undefined;
}

const SUBJECT = { operator: "make a SinkProbe" };
const COUNTS = ["breakAfter", "failAfter", "abortAfter"] as const;
const OPTIONS = [...COUNTS, "failure", "reason", "gate"];

/**
 * A sink that counts what it takes: as a function, a web stream, or a loop over a run. It may be slow,
 * break, throw or abort after an item.
 *
 * @typeParam T The items that it takes.
 * @category Testing
 *
 * @example A reader that breaks closes the source
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { SinkProbe, SourceProbe } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const probe = new SourceProbe("an async iterable");
 * const sink = new SinkProbe<number>({ breakAfter: 2 });
 * await sink.read(StreamingPipeline.start<number>().map("double", (n) => n * 2).run(probe.source));
 *
 * assertEquals([sink.items, probe.closed], [[0, 2], 1]);
 * ```
 */
export class SinkProbe<T = unknown> {
  /** What it has taken, in order. */
  readonly items: T[] = [];
  /** How many items it is taking. */
  running = 0;
  /** The most items that it was taking at a time. */
  peak = 0;
  /** How often its stream was closed. */
  closed = 0;
  /** What its stream was aborted with. */
  readonly reasons: unknown[] = [];
  readonly #options: SinkOptions;
  readonly #controller: AbortController = new AbortController();
  #begun = 0;

  /** Makes a sink that behaves so. Throws where an option is not valid. */
  constructor(options: SinkOptions = {}) {
    requireKnownOptions(SUBJECT, options, OPTIONS);
    for (const name of COUNTS) {
      const count = options[name];
      if (count !== undefined) requireInteger(SUBJECT, name, count, name === "breakAfter" ? 0 : 1);
    }
    if (options.gate !== undefined) requireFunction(SUBJECT, "gate", options.gate);
    this.#options = options;
  }

  /**
   * Aborted by the sink after `abortAfter` items: for the option `signal` of the run.
   *
   * @category Testing
   */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Takes an item: for `executeForEach`, and the jobs of durable runs.
   *
   * @category Testing
   */
  readonly take = async (item: T): Promise<void> => {
    const { gate, failAfter, failure, abortAfter, reason } = this.#options;
    this.peak = Math.max(this.peak, ++this.running);
    try {
      await gate?.(this.#begun++);
      this.items.push(item);
      if (this.items.length === abortAfter) this.#controller.abort(reason);
      if (this.items.length === failAfter) throw failure;
    } finally {
      this.running--;
    }
  };

  /**
   * Reads with `for await`, to the end or the `break`; rejects where the run does, or the sink fails.
   *
   * @category Testing
   */
  async read(items: AsyncIterable<T>): Promise<void> {
    const { breakAfter } = this.#options;
    if (breakAfter === 0) return;
    for await (const item of items) {
      await this.take(item);
      if (this.items.length === breakAfter) break;
    }
  }

  /**
   * Makes a stream that takes one item at a time.
   *
   * @category Testing
   */
  createStream(): WritableStream<T> {
    return new WritableStream<T>({
      write: (item) => this.take(item),
      close: () => void this.closed++,
      abort: (reason) => void this.reasons.push(reason),
    }, { highWaterMark: 1 });
  }
}
