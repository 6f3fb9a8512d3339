/**
 * One rule of a policy, with a gate for each key.
 *
 * @module
 */

import type { PolicyCounts, PolicyPartMetrics } from "../base/policy.ts";
import { requireAmount } from "../internal/validation.ts";
import { Alarm } from "./_alarm.ts";
import type { Gate } from "./_gate.ts";

/** How many gates of keys that are not in use are kept, at least, before they are evicted. */
const MIN_SWEEP = 64;

/** What is given for one call beside its input. */
export interface Given {
  /** Overrides the cost functions. */
  readonly cost?: number | undefined;
  /** Overrides the key functions. */
  readonly key?: unknown;
}

/** How many calls there are, as they are counted. */
export class Counts {
  waiting = 0;
  running = 0;
  started = 0;
  refused = 0;

  read(): PolicyCounts {
    return {
      waitingCount: this.waiting,
      runningCount: this.running,
      startedCount: this.started,
      refusedCount: this.refused,
    };
  }
}

/** What makes one kind of part different from others. */
export interface PartKind<TGate extends Gate> {
  /** Makes the gate of a key, or the one of all calls. */
  createGate(): TGate;
  /** Its current state, beside the counts. */
  describe(gates: Iterable<TGate>): DistributiveOmit<PolicyPartMetrics, keyof PolicyCounts>;
  /** The key by which calls have limits of their own; all share one where absent. */
  readonly keyOf?: ((input: never) => unknown) | undefined;
  /** What a call costs; 1 where absent. */
  readonly costOf?: ((input: never) => number) | undefined;
  /** How many calls may run at a time; absent where it is not for that. */
  readonly limit?: (() => number) | undefined;
  /** Whether there may be one more attempt of a call; always where absent. */
  readonly retries?: { mayRetry(error: unknown): boolean; retry?(): void } | undefined;
}

type DistributiveOmit<T, TKey extends PropertyKey> = T extends unknown ? Omit<T, TKey> : never;

/** One rule of a policy. */
export class Part<TGate extends Gate = Gate> {
  readonly counts: Counts = new Counts();
  readonly kind: PartKind<TGate>;
  readonly #alarm: Alarm = new Alarm();
  readonly #byKey = new Map<unknown, TGate>();
  /** The gate of all calls, where there is one. */
  readonly only: TGate | undefined;
  #sweepAt = MIN_SWEEP;

  constructor(kind: PartKind<TGate>) {
    this.kind = kind;
    if (kind.keyOf === undefined) this.only = this.#createGate();
  }

  /** The gate that a call has to pass. */
  findGate(input: unknown, given: Given, nowMs: number): TGate {
    if (this.only !== undefined) return this.only;
    const key = given.key === undefined ? this.kind.keyOf!(input as never) : given.key;
    let gate = this.#byKey.get(key);
    if (gate === undefined) {
      if (this.#byKey.size >= this.#sweepAt) this.#sweep(nowMs);
      this.#byKey.set(key, gate = this.#createGate());
    }
    return gate;
  }

  #createGate(): TGate {
    const gate = this.kind.createGate();
    gate.alarm = this.#alarm;
    return gate;
  }

  /** What a call costs. */
  readCost(input: unknown, given: Given): number {
    const { costOf } = this.kind;
    if (costOf === undefined) return 1;
    const cost: unknown = given.cost ?? costOf(input as never);
    requireAmount("A call's cost", cost);
    return cost;
  }

  read(): PolicyPartMetrics {
    const gates = this.only === undefined ? this.#byKey.values() : [this.only];
    return { ...this.kind.describe(gates), ...this.counts.read() };
  }

  /** Evicts gates whose state is that of a new one; amortised, each call pays for one of them. */
  #sweep(nowMs: number): void {
    for (const [key, gate] of this.#byKey) {
      if (gate.users === 0 && gate.isForgettable(nowMs)) this.#byKey.delete(key);
    }
    this.#sweepAt = Math.max(2 * this.#byKey.size, MIN_SWEEP);
  }
}
