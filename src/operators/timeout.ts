import { createStreamStage } from "./_stream_stage.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { requireKnownOptions, requireNumber } from "../internal/validation.ts";
import type { TimeoutOptions } from "../base/options.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

/**
 * Lets items pass as they are, and fails where one does not come in time: with a `StreamingError`
 * whose code is `TimeoutError`. The source is closed then.
 *
 * The time counts from when an item is asked for, so that a slow reader does not run out of it.
 * Nothing is read ahead. There is one timer at most, and none after the run.
 *
 * @param betweenMs How long an item may take, or how long that and the first one may take.
 * @throws {TypeError | RangeError} When it is used, if an option is not valid.
 * @category Pace
 *
 * @example A source that must not fall silent
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { timeout } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("alive", timeout({ betweenMs: 5_000, firstMs: 30_000 }));
 *
 * assertEquals(await pipeline.executeToArray([1, 2]), [1, 2]);
 * ```
 */
export function timeout<TInput, TAccumulated = unknown, TContext = unknown>(
  betweenMs: number | TimeoutOptions,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("timeout", (place) => {
    const options = typeof betweenMs === "number" ? { betweenMs } : betweenMs;
    requireKnownOptions(place, options, ["betweenMs", "firstMs"]);
    const { betweenMs: nextMs, firstMs = nextMs } = options;
    requireNumber(place, "betweenMs", nextMs, 1);
    requireNumber(place, "firstMs", firstMs, 1);
    return createStreamStage(
      place,
      ({ input }, control) => new Punctual({ input, control }, firstMs, nextMs),
      { isResumable: true, lineage: "follow" },
    );
  });
}

/** The time counts from when an item is asked for, so that the time of a slow reader is not counted. */
class Punctual extends TimedStream {
  readonly #betweenMs: number;
  #item: unknown = NONE;
  #limitMs: number;
  #dueMs: number | undefined;

  constructor(parts: TimedParts, firstMs: number, betweenMs: number) {
    super(parts);
    this.#limitMs = firstMs;
    this.#betweenMs = betweenMs;
  }

  protected override nextAsked(): void {
    this.#dueMs = this.nowMs + this.#limitMs;
  }

  protected override bufferedCount(): number {
    return this.#item === NONE ? 0 : 1;
  }

  protected override accept(item: unknown): void {
    this.#item = item;
    this.#limitMs = this.#betweenMs;
  }

  protected override take(): unknown {
    const item = this.#item;
    if (item === NONE && this.nowMs >= this.#dueMs!) {
      throw new DOMException(`No item within ${this.#limitMs} ms`, "TimeoutError");
    }
    this.#item = NONE;
    return item;
  }

  protected override dueMs(): number | undefined {
    return this.#dueMs;
  }

  protected override finish(): void {
    this.#dueMs = Infinity;
  }
}
