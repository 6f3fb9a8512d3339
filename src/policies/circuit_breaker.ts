import type { CircuitState, Policy } from "../base/policy.ts";
import { firstStatusOf } from "../internal/causes.ts";
import {
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
  requireShare,
} from "../internal/validation.ts";
import type { Ended } from "./_ended.ts";
import { Gate } from "./_gate.ts";
import { LastOutcomes } from "./_last_outcomes.ts";
import { createPolicy } from "./_policy_value.ts";
import { PolicyError } from "./policy_error.ts";

const SUBJECT = { operator: "circuitBreaker" };
const OPTIONS = ["failureRate", "minimumCalls", "openMs", "whenOpen", "isFailure", "key"];
const STATES: readonly CircuitState[] = ["closed", "halfOpen", "open"];

/** HTTP statuses from 400 to 499 that say that the service cannot do its work, not that the request is wrong. */
const FAILING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * When a service counts as down.
 *
 * @typeParam TInput What `key` looks at: the item of a stage, `input` of a plain call.
 * @category Policies
 */
export interface CircuitBreakerOptions<TInput = unknown> {
  /** The share of the last calls that opens it when they fail: above 0, up to 1. */
  readonly failureRate: number;
  /** How many of the last calls are looked at, and must have been made: a positive integer. */
  readonly minimumCalls: number;
  /** How long it stays open, in milliseconds: at least 1. */
  readonly openMs: number;
  /**
   * What becomes of a call while it is open: it fails with `CIRCUIT_OPEN`, or it waits in line.
   * @default {"fail"}
   */
  readonly whenOpen?: "fail" | "wait" | undefined;
  /**
   * Whether what a call has thrown is a failure of the service. All is by default, but for HTTP
   * statuses from 400 to 499 other than 408, 425 and 429: they say that the request was wrong.
   */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  /**
   * The key by which calls have breakers of their own, compared as the keys of a `Map` are. One
   * breaker for all by default.
   */
  readonly key?: ((input: TInput) => unknown) | undefined;
}

/**
 * Makes no calls for a while when too many of the last ones have failed, so that a service that is
 * down is left alone, and its callers fail at once.
 *
 * It is closed at first: calls are made. When `failureRate` of the last `minimumCalls` calls have
 * failed, it opens for `openMs`, or as long as a failure asks for, an hour at most, where that is
 * longer. Meanwhile a call fails with the code `CIRCUIT_OPEN`, which is retryable: `retry` waits
 * until it may be made, up to its `maxBackoffMs`. With `whenOpen: "wait"` it waits in line, and costs
 * no attempt. Then the breaker is half open: one call is made, the others wait for its outcome. If it
 * succeeds the breaker is closed, else open again.
 *
 * A response with a status of 500 or more, 408, 425 or 429 is a failure also where it is returned
 * and not thrown. A call that was aborted counts for nothing, unless its time was over.
 *
 * @typeParam TInput What `key` looks at.
 * @param options When it opens, and for how long.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @category Policies
 *
 * @example A service that is down
 * ```ts
 * import { circuitBreaker, PolicyError } from "@headrace/pipeline/policies";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const breaker = circuitBreaker({ failureRate: 0.5, minimumCalls: 2, openMs: 30_000 });
 * const call = () => breaker.run(() => Promise.reject(new Error("down")));
 * await assertRejects(call, Error, "down");
 * await assertRejects(call, Error, "down");
 *
 * const error = await assertRejects(call, PolicyError);
 * assertEquals([error.code, error.retryable], ["CIRCUIT_OPEN", true]);
 * ```
 */
export function circuitBreaker<TInput = unknown>(
  options: CircuitBreakerOptions<TInput>,
): Policy<TInput> {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { failureRate, minimumCalls, openMs, whenOpen = "fail", isFailure = isFailing, key } =
    options;
  requireShare(SUBJECT, "failureRate", failureRate, false);
  requireInteger(SUBJECT, "minimumCalls", minimumCalls, 1);
  requireNumber(SUBJECT, "openMs", openMs, 1);
  requireOneOf(SUBJECT, "whenOpen", whenOpen, ["fail", "wait"]);
  requireFunction(SUBJECT, "isFailure", isFailure);
  if (key !== undefined) requireFunction(SUBJECT, "key", key);
  const rules = { failureRate, minimumCalls, openMs, whenOpen, isFailure };
  return createPolicy<TInput, BreakerGate>({
    createGate: () => new BreakerGate(rules),
    describe(gates) {
      const all = [...gates];
      const states = all.map(({ state }) => state);
      return {
        kind: "circuitBreaker",
        state: STATES.findLast((state) => states.includes(state)) ?? "closed",
        openCount: states.filter((state) => state !== "closed").length,
        failureRate: all.reduce((most, { outcomes }) => Math.max(most, outcomes.failureRate), 0),
      };
    },
    keyOf: key,
  });
}

interface Rules extends Omit<CircuitBreakerOptions, "key"> {
  readonly isFailure: (error: unknown) => boolean;
}

/**
 * ```
 *            too many failures             openMs are over
 *  closed ────────────────────────► open ◄──────────────► half open: one call passes
 *    ▲                                     that call fails      │
 *    └──────────────────────────────────────────────────────────┘ that call succeeds
 * ```
 */
class BreakerGate extends Gate {
  state: CircuitState = "closed";
  readonly outcomes: LastOutcomes;
  readonly #rules: Rules;
  #openUntilMs = -Infinity;
  /** Whether the one call of the half open state is being made. */
  #isTrying = false;
  /** Grows with each change of state: what began before does not count for the state after it. */
  #era = 0;
  #endedMs = -Infinity;

  constructor(rules: Rules) {
    super();
    this.#rules = rules;
    this.outcomes = new LastOutcomes(rules.minimumCalls);
  }

  override check(_cost: number, nowMs: number): void {
    const leftMs = this.#openUntilMs - nowMs;
    if (this.state !== "open" || leftMs <= 0 || this.#rules.whenOpen === "wait") return;
    throw new PolicyError("The circuit is open: too many of the last calls have failed", {
      code: "CIRCUIT_OPEN",
      retryable: true,
      retryAfterMs: leftMs,
    });
  }

  protected override waitMs(_cost: number, nowMs: number): number {
    if (this.state === "open") return Math.max(this.#openUntilMs - nowMs, 0);
    return this.#isTrying ? Infinity : 0;
  }

  pass(): number {
    if (this.state === "open") this.#enter("halfOpen");
    if (this.state === "halfOpen") this.#isTrying = true;
    return this.#era;
  }

  override leave(era: number, ended: Ended): boolean {
    const { how, pauseMs = 0, endMs } = ended;
    this.#endedMs = endMs;
    if (era !== this.#era) return false;
    const wasTrying = this.#isTrying;
    this.#isTrying = false;
    if (how === "aborted") return wasTrying;
    const { failureRate, openMs } = this.#rules;
    const hasFailed = how === "failed" && this.#isFailure(ended);
    this.outcomes.add(hasFailed);
    const isTooMuch = this.outcomes.isFull && this.outcomes.failureRate >= failureRate;
    if (wasTrying ? hasFailed : isTooMuch) {
      this.#openUntilMs = endMs + Math.max(openMs, pauseMs);
      this.#enter("open");
    } else if (wasTrying) this.#enter("closed");
    return wasTrying;
  }

  /** A failure that `isFailure` cannot judge counts as one. */
  #isFailure({ error, problems }: Ended): boolean {
    try {
      return this.#rules.isFailure(error);
    } catch (problem) {
      problems.push(problem);
      return true;
    }
  }

  override isForgettable(nowMs: number): boolean {
    const sinceMs = Math.max(this.#endedMs, this.#openUntilMs);
    return nowMs - sinceMs > this.#rules.openMs ||
      (this.state === "closed" && this.outcomes.failureRate === 0);
  }

  #enter(state: CircuitState): void {
    this.state = state;
    this.#era++;
    this.outcomes.clear();
  }
}

function isFailing(thrown: unknown): boolean {
  const status = firstStatusOf(thrown) ?? 500;
  return status < 400 || status >= 500 || FAILING_STATUSES.has(status);
}
