import type { Policy } from "../base/policy.ts";
import { clock } from "../internal/clock.ts";
import { SlidingWindow } from "../internal/sliding_window.ts";
import {
  requireBoolean,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
} from "../internal/validation.ts";
import type { Ended } from "./_ended.ts";
import { Gate } from "./_gate.ts";
import { createPolicy } from "./_policy_value.ts";
import { PolicyError } from "./policy_error.ts";

const SUBJECT = { operator: "rateLimit" };
const OPTIONS = ["limit", "intervalMs", "cost", "smooth", "key"];

/**
 * How often a service may be called.
 *
 * @typeParam TInput What `cost` and `key` look at: the item of a stage, `input` of a plain call.
 * @category Policies
 */
export interface RateLimitOptions<TInput = unknown> {
  /** How much may be used in any interval: a positive integer. */
  readonly limit: number;
  /** How long an interval is, in milliseconds: at least 1. */
  readonly intervalMs: number;
  /** How much a call uses: a non-negative number. 1 by default. */
  readonly cost?: ((input: TInput) => number) | undefined;
  /** Whether calls are spaced evenly, instead of begun as soon as the limit allows. @default {false} */
  readonly smooth?: boolean | undefined;
  /**
   * The key by which calls have limits of their own, compared as the keys of a `Map` are. One limit
   * for all by default.
   */
  readonly key?: ((input: TInput) => unknown) | undefined;
}

/**
 * Lets calls begin no more often than a service allows.
 *
 * It is strict: in no interval of `intervalMs`, wherever it begins, do calls begin that use more
 * than `limit` (a sliding log). With `smooth`, a call that uses the share s of the limit is followed
 * by a gap of that share of the interval. Calls that have to wait begin in the order in which they
 * came, those of one key before or after those of others. One that uses more than the limit fails
 * with the code `COST_EXCEEDS_LIMIT`, and is not made.
 *
 * Where a service refuses an attempt and says for how long, by `Retry-After`, `retry-after-ms` or
 * `x-ratelimit-reset-*`, nothing more begins for that long, an hour at most.
 *
 * @typeParam TInput What `cost` and `key` look at.
 * @param options The limit, and what a call uses of it.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @category Policies
 *
 * @example Requests and tokens
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { policy, rateLimit } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const provider = policy(
 *   rateLimit({ limit: 500, intervalMs: 60_000 }),
 *   rateLimit({ limit: 1_000_000, intervalMs: 60_000, cost: (text: string) => text.length / 4 }),
 * );
 * const embed = (text: string) => Promise.resolve([text.length]);
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("vector", embed, { concurrencyLimit: 8, retry: 5, policy: provider });
 *
 * assertEquals(await pipeline.executeToArray(["mill", "wheel"]), [[4], [5]]);
 * ```
 */
export function rateLimit<TInput = unknown>(options: RateLimitOptions<TInput>): Policy<TInput> {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { limit, intervalMs, cost, smooth = false, key } = options;
  requireInteger(SUBJECT, "limit", limit, 1);
  requireNumber(SUBJECT, "intervalMs", intervalMs, 1);
  requireBoolean(SUBJECT, "smooth", smooth);
  if (cost !== undefined) requireFunction(SUBJECT, "cost", cost);
  if (key !== undefined) requireFunction(SUBJECT, "key", key);
  return createPolicy<TInput, RateGate>({
    createGate: () => new RateGate({ limit, intervalMs, smooth }),
    describe(gates) {
      const nowMs = clock.now();
      let used = 0;
      let pausedMs = 0;
      for (const gate of gates) {
        used = Math.max(used, gate.used(nowMs));
        pausedMs = Math.max(pausedMs, gate.pausedMs(nowMs));
      }
      return { kind: "rateLimit", limit, used, pausedMs };
    },
    costOf: cost,
    keyOf: key,
  });
}

interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
  readonly smooth: boolean;
}

class RateGate extends Gate {
  readonly #rate: Rate;
  readonly #window: SlidingWindow;
  /** When the gap after the last call is over. */
  #nextMs = -Infinity;

  constructor(rate: Rate) {
    super();
    this.#rate = rate;
    this.#window = new SlidingWindow(rate.limit, rate.intervalMs);
  }

  used(nowMs: number): number {
    return this.#window.used(nowMs);
  }

  override check(cost: number): void {
    const { limit } = this.#rate;
    if (cost <= limit) return;
    const message = `A call costs ${cost}, and ${limit} is the most in an interval`;
    throw new PolicyError(message, { code: "COST_EXCEEDS_LIMIT", retryable: false });
  }

  protected override waitMs(cost: number, nowMs: number): number {
    return Math.max(this.#window.waitMs(cost, nowMs), this.#nextMs - nowMs);
  }

  pass(cost: number, nowMs: number): number {
    const { limit, intervalMs, smooth } = this.#rate;
    this.#window.take(cost, nowMs);
    if (smooth) this.#nextMs = nowMs + intervalMs * cost / limit;
    return 0;
  }

  override leave(_mark: number, { pauseMs, endMs }: Ended): boolean {
    if (pauseMs !== undefined) this.pause(pauseMs, endMs);
    return false;
  }

  override isForgettable(nowMs: number): boolean {
    return this.used(nowMs) === 0 && this.pausedMs(nowMs) === 0;
  }
}
