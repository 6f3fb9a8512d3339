import type { StageContext } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP } from "../core/stage.ts";
import type { FunctionContext, ItemFunction, StageMemory } from "../core/context.ts";
import { sleep } from "../internal/backoff.ts";
import { clock } from "../internal/clock.ts";
import { andThen } from "../internal/promises.ts";
import { type SavedTaken, SlidingWindow } from "../internal/sliding_window.ts";
import {
  requireAmount,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "../internal/validation.ts";
import type { ThrottleOptions } from "../base/options.ts";
import { createCodedError } from "./_coded_error.ts";

const OPTIONS = ["limit", "intervalMs", "cost", "burst"];

/**
 * Lets items pass no faster than `limit` in `intervalMs`, as they are and in order.
 *
 * It is strict: in no interval of that length, wherever it begins, do items pass that cost more than
 * `limit`. One that costs more than that fails with the code `COST_EXCEEDS_LIMIT`. With `burst` it is
 * a token bucket instead, which is full at first and filled evenly, so that in one interval up to
 * `burst` and `limit` together may pass; an item that costs more than it holds passes when it is full
 * and leaves a debt. Nothing is read ahead: the next item is asked for when the one before has
 * passed. A run that is closed ends the wait.
 *
 * It is a stage of its own, so it cannot see that a later stage tries again, and it belongs to one
 * run. Where a service limits calls, give the stage that calls it a `rateLimit` of
 * `@headrace/pipeline/policies` as its `policy`.
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
    const { limit, intervalMs, cost, burst } = options;
    return {
      kind: "item",
      ...place,
      outcome: KEEP,
      shape: burst && "burst",
      open(control) {
        const gate = burst === undefined
          ? new StrictGate(limit, intervalMs)
          : new Bucket(burst, limit / intervalMs);
        control.keep(gate);
        const pay = (price: unknown, context: FunctionContext) => {
          requireAmount("An item's cost", price);
          return gate.pay(price, context);
        };
        if (cost === undefined) return { call: (_item, _index, context) => pay(1, context) };
        return {
          call(item, index, context) {
            const price = (cost as ItemFunction)(item, index, context);
            return andThen(price, (price) => pay(price, context));
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

/** What items must pass; it returns a promise where they must wait. */
interface PayGate extends StageMemory {
  pay(price: number, context: FunctionContext): Promise<void> | undefined;
}

/** No more than the limit passes in any interval. */
class StrictGate implements PayGate {
  readonly version = 1;
  readonly #limit: number;
  readonly #window: SlidingWindow;

  constructor(limit: number, intervalMs: number) {
    this.#limit = limit;
    this.#window = new SlidingWindow(limit, intervalMs);
  }

  snapshot(): unknown {
    return this.#window.save(clock.now());
  }

  restore(saved: readonly SavedTaken[]): void {
    this.#window.restore(saved, clock.now());
  }

  pay(price: number, context: FunctionContext): Promise<void> | undefined {
    if (price > this.#limit) {
      const message = `An item costs ${price}, and ${this.#limit} is the most in an interval`;
      throw createCodedError("COST_EXCEEDS_LIMIT", message);
    }
    const nowMs = clock.now();
    const waitMs = this.#window.waitMs(price, nowMs);
    if (waitMs > 0) return this.#wait(price, waitMs, context);
    this.#window.take(price, nowMs);
    return undefined;
  }

  async #wait(price: number, firstMs: number, { signal }: FunctionContext): Promise<void> {
    // A timer may be early by a little.
    for (let waitMs = firstMs; waitMs > 0 && !signal.aborted;) {
      await sleep(waitMs, signal);
      waitMs = this.#window.waitMs(price, clock.now());
    }
    this.#window.take(price, clock.now());
  }
}

/**
 * A token bucket. What costs more than it holds is let through when it is full, and leaves it below
 * zero, so that the rate holds in the long run.
 */
class Bucket implements PayGate {
  readonly version = 1;
  readonly #capacity: number;
  readonly #tokensPerMs: number;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(capacity: number, tokensPerMs: number) {
    this.#capacity = capacity;
    this.#tokensPerMs = tokensPerMs;
    this.#tokens = capacity;
  }

  /** A pause does not fill it. */
  snapshot(): unknown {
    this.#fill();
    return this.#tokens;
  }

  restore(tokens: number): void {
    this.#tokens = tokens;
    this.#fill();
  }

  /**
   * Takes the price; where there is too little, returns a promise of the wait until there is
   * enough.
   */
  pay(price: number, context: FunctionContext): Promise<void> | undefined {
    this.#fill();
    const missing = Math.min(price, this.#capacity) - this.#tokens;
    this.#tokens -= price;
    return missing > 0 ? sleep(missing / this.#tokensPerMs, context.signal) : undefined;
  }

  #fill(): void {
    const nowMs = clock.now();
    const filled = (nowMs - (this.#filledAtMs ?? nowMs)) * this.#tokensPerMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + filled);
    this.#filledAtMs = nowMs;
  }
}
