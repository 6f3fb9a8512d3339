import type { StageContext } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP } from "../core/stage.ts";
import type { FunctionContext, ItemFunction } from "../core/context.ts";
import { sleep } from "../internal/backoff.ts";
import { clock } from "../internal/clock.ts";
import { andThen } from "../internal/promises.ts";
import {
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "../internal/validation.ts";
import type { ThrottleOptions } from "../base/options.ts";

const OPTIONS = ["limit", "intervalMs", "cost", "burst"];

/**
 * Lets items pass no faster than `limit` in `intervalMs`, as they are and in order.
 *
 * It is a token bucket: it holds `burst` tokens at most, is full at first, and is filled evenly.
 * An item waits until it can pay its cost. One that costs more than the bucket holds passes when
 * that is full and leaves a debt, so that the rate holds in the long run. Nothing is read ahead:
 * the next item is asked for when the one before has passed. A run that is closed ends the wait.
 *
 * @param options The rate, the cost of an item, and how much may pass at once.
 * @throws {TypeError | RangeError} When it is used, if an option is not valid.
 * @category Pace
 *
 * @example At most a hundred requests a second
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { throttle } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("paced", throttle({ limit: 100, intervalMs: 1_000 }))
 *   .map("length", (text) => text.length);
 *
 * assertEquals(await pipeline.executeToArray(["a", "bc"]), [1, 2]);
 * ```
 */
export function throttle<TInput, TAccumulated = unknown, TContext = unknown>(
  options: ThrottleOptions<TInput, StageContext<TAccumulated, TContext>>,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("throttle", (place) => {
    checkOptions(place, options);
    const { limit, intervalMs, cost, burst = limit } = options;
    return {
      kind: "item",
      ...place,
      outcome: KEEP,
      open() {
        const bucket = new Bucket(burst, limit / intervalMs);
        if (cost === undefined) return { call: (_item, _index, context) => bucket.pay(1, context) };
        return {
          call(item, index, context) {
            const price = (cost as ItemFunction)(item, index, context);
            return andThen(price, (price) => bucket.pay(price, context));
          },
        };
      },
    };
  });
}

function checkOptions(subject: Subject, options: ThrottleOptions<never, never>): void {
  requireKnownOptions(subject, options, OPTIONS);
  const { limit, intervalMs, cost, burst } = options;
  requireInteger(subject, "limit", limit, 1);
  requireNumber(subject, "intervalMs", intervalMs, 1);
  if (cost !== undefined) requireFunction(subject, "cost", cost);
  if (burst !== undefined) requireInteger(subject, "burst", burst, 1);
}

/**
 * A token bucket. What costs more than it holds is let through when it is full, and leaves it below
 * zero, so that the rate holds in the long run.
 */
class Bucket {
  readonly #capacity: number;
  readonly #tokensPerMs: number;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(capacity: number, tokensPerMs: number) {
    this.#capacity = capacity;
    this.#tokensPerMs = tokensPerMs;
    this.#tokens = capacity;
  }

  /** Takes the price; where there is too little, the promise of a wait until there would be. */
  pay(price: unknown, context: FunctionContext): Promise<void> | undefined {
    if (typeof price !== "number" || !(price >= 0 && price < Infinity)) {
      throw new RangeError(`An item's cost must be a non-negative number, got ${typeof price}`);
    }
    const nowMs = clock.now();
    const filled = (nowMs - (this.#filledAtMs ?? nowMs)) * this.#tokensPerMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + filled);
    this.#filledAtMs = nowMs;
    const missing = Math.min(price, this.#capacity) - this.#tokens;
    this.#tokens -= price;
    return missing > 0 ? sleep(missing / this.#tokensPerMs, context.signal) : undefined;
  }
}
