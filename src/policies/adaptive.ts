import type { ConcurrencyPolicy } from "../base/policy.ts";
import { refusal, requireInteger, requireKnownOptions } from "../internal/validation.ts";
import type { Ended } from "./_ended.ts";
import { Gate } from "./_gate.ts";
import { createConcurrencyPolicy } from "./_policy_value.ts";

const SUBJECT = { operator: "make an adaptive limit" };
const OPTIONS = ["min", "max"];

/** What is left of the limit after a refusal: as in CUBIC (RFC 9438, section 4.6). */
const REFUSAL_FACTOR = 0.7;
/** Calls may take so much longer than in the long run before the limit falls; of Gradient2. */
const LATENCY_TOLERANCE = 1.5;
/** The least that is left of the limit because calls take long; of Gradient2. */
const MIN_GRADIENT = 0.5;
/** How many calls the long run is; of Gradient2. */
const LONG_RUN = 600;

/**
 * Between which limits `adaptive` looks for its own.
 *
 * @category Policies
 */
export interface AdaptiveOptions {
  /** The fewest calls at a time, where it begins: a positive integer. */
  readonly min: number;
  /** The most calls at a time: an integer of at least `min`. */
  readonly max: number;
}

/**
 * Finds out how many calls at a time a service can take: as `concurrencyLimit`, or as a policy.
 *
 * The limit begins at `min` and is reviewed when as many calls have succeeded as it says: a
 * round. If the calls of a round took no longer than in the long run, and the limit was made use of,
 * it grows: to twice as many until it falls for the first time, by one from then on. If they took
 * more than one and a half times as long, it falls in proportion, to a half at most. When a call is
 * refused with HTTP 429, 503 or 529, or takes longer than its time limit, it falls to 0.7 of what it
 * was; further refusals of calls that began before count as the same. Other failures change nothing.
 *
 * Additive increase and multiplicative decrease are those of congestion control in TCP (RFC 5681).
 * The gradient of latencies, with its constants, is that of `Gradient2Limit` in Netflix's
 * concurrency-limits (https://github.com/Netflix/concurrency-limits), taken by rounds.
 *
 * @param options The least and the most.
 * @returns A policy; its `limit` is how many calls may run at a time now.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @category Policies
 *
 * @example As many calls as a service takes
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { adaptive } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const limit = adaptive({ min: 1, max: 64 });
 * const embed = (text: string) => Promise.resolve(text.length);
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("vector", embed, { concurrencyLimit: limit, retry: 5 });
 *
 * assertEquals(await pipeline.executeToArray(["mill", "wheel"]), [4, 5]);
 * assertEquals(limit.limit >= 1, true);
 * ```
 */
export function adaptive(options: AdaptiveOptions): ConcurrencyPolicy {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { min, max } = options;
  requireInteger(SUBJECT, "min", min, 1);
  requireInteger(SUBJECT, "max", max, 1);
  if (max < min) {
    throw new RangeError(refusal(SUBJECT, `max must be at least min, got ${max} and ${min}`));
  }
  const search = new LimitSearch(min, max);
  return createConcurrencyPolicy<AdaptiveGate>({
    createGate: () => new AdaptiveGate(search),
    describe: () => {
      const { limit, latencyMs } = search;
      return { kind: "adaptive", limit, min, max, latencyMs };
    },
    limit: () => search.limit,
  });
}

/** What a round of calls has shown. */
class Round {
  calls = 0;
  totalMs = 0;
  /** The most that ran at a time. */
  peak = 0;
}

class LimitSearch {
  readonly #min: number;
  readonly #max: number;
  #limit: number;
  #round: Round = new Round();
  #isStarting = true;
  /** The mean duration in the long run. */
  latencyMs = 0;
  #calls = 0;
  /** Incremented when the limit falls: calls that began before say nothing of the new limit. */
  era = 0;

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
    this.#limit = min;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** `running` calls run at this moment. */
  noteRunning(running: number): void {
    this.#round.peak = Math.max(this.#round.peak, running);
  }

  /** A call of this era was refused. */
  noteRefusal(): void {
    this.#fall(REFUSAL_FACTOR);
  }

  /** A call of this era has succeeded. */
  noteSuccess(durationMs: number): void {
    const round = this.#round;
    round.calls++;
    round.totalMs += durationMs;
    if (round.calls < this.limit) return;
    const roundMs = round.totalMs / round.calls;
    const gradient = this.#calls === 0 || roundMs === 0
      ? 1
      : LATENCY_TOLERANCE * this.latencyMs / roundMs;
    this.#noteLatency(roundMs, round.calls);
    // A limit that was not reached shows nothing of what lies above it.
    const isUsed = 2 * round.peak >= this.#limit;
    if (gradient < 1) this.#fall(Math.max(gradient, MIN_GRADIENT));
    else if (isUsed) this.#grow();
    this.#round = new Round();
  }

  /** The mean of all calls at first, then one in which those of long ago fade. */
  #noteLatency(roundMs: number, calls: number): void {
    this.#calls = Math.min(this.#calls + calls, LONG_RUN);
    this.latencyMs += (roundMs - this.latencyMs) * Math.min(calls / this.#calls, 1);
  }

  #grow(): void {
    const grown = this.#isStarting ? 2 * this.#limit : this.#limit + 1;
    this.#limit = Math.min(grown, this.#max);
  }

  #fall(factor: number): void {
    this.#limit = Math.max(this.#limit * factor, this.#min);
    this.#isStarting = false;
    this.#round = new Round();
    this.era++;
  }
}

class AdaptiveGate extends Gate {
  readonly #search: LimitSearch;
  #running = 0;

  constructor(search: LimitSearch) {
    super();
    this.#search = search;
  }

  protected override waitMs(): number {
    return this.#running < this.#search.limit ? 0 : Infinity;
  }

  pass(): number {
    this.#search.noteRunning(++this.#running);
    return this.#search.era;
  }

  override leave(era: number, { how, isOverload, startMs, endMs }: Ended): boolean {
    this.#running--;
    if (era === this.#search.era) {
      if (isOverload) this.#search.noteRefusal();
      else if (how === "answered") this.#search.noteSuccess(endMs - startMs);
    }
    return true;
  }
}
