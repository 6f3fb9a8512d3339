/**
 * Where the attempts of one stage enter: they are counted there.
 *
 * @module
 */

import type { StagePolicyFigures } from "../base/policy.ts";
import { BUDGET_SPENT, type Caller, type Door } from "../internal/admission.ts";
import { clock } from "../internal/clock.ts";
import { chain, isPromiseLike, toPromise } from "../internal/promises.ts";
import { PolicyError } from "./policy_error.ts";

/** An attempt that was let in. */
export interface Permit {
  /** It has ended, with an answer or with what it threw. A second call has no effect. */
  settle(outcome: unknown, isFailed: boolean): void;
}

/** What all doors of a policy lead to. */
export interface DoorHost {
  /** Lets an attempt in, at once or when it is its turn; see {@linkcode Door.attempt}. */
  enter(input: unknown, caller: Caller): Permit | Promise<Permit>;
  /** How many attempts may run at a time, where it says so. */
  readonly limit: number | undefined;
}

/** The door of one stage in one run. */
export class StageDoor implements Door {
  readonly #host: DoorHost;
  readonly #onSpent: () => void;
  /** The permit of the attempt that began without a call. */
  #permit: Permit | undefined;
  #waiting = 0;
  #waited = 0;
  #waitedMs = 0;

  /** `onSpent` is called when nothing is left to spend. */
  constructor(host: DoorHost, onSpent: () => void) {
    this.#host = host;
    this.#onSpent = onSpent;
  }

  get figures(): StagePolicyFigures {
    const { limit } = this.#host;
    return {
      waitingCount: this.#waiting,
      waitedCount: this.#waited,
      waitedMs: this.#waitedMs,
      ...(limit !== undefined && { limit }),
    };
  }

  attempt(call: () => unknown, input: unknown, caller: Caller): unknown {
    const entered = this.#enter(input, caller);
    if (!isPromiseLike(entered)) return callInside(entered, call);
    return chain(this.#wait(entered), (permit) => {
      if (!caller.signal.aborted) return callInside(permit, call);
      // It was aborted when it was its turn: nothing is called any more.
      permit.settle(caller.signal.reason, true);
      throw caller.signal.reason;
    });
  }

  async begin(input: unknown, caller: Caller): Promise<void> {
    const entered = this.#enter(input, caller);
    const permit = isPromiseLike(entered) ? await this.#wait(entered) : entered;
    this.end();
    this.#permit = permit;
    if (!caller.signal.aborted) return;
    this.end(caller.signal.reason, true);
    throw caller.signal.reason;
  }

  end(outcome?: unknown, isFailed = false): void {
    this.#permit?.settle(outcome, isFailed);
    this.#permit = undefined;
  }

  #enter(input: unknown, caller: Caller): Permit | Promise<Permit> {
    try {
      return this.#host.enter(input, caller);
    } catch (error) {
      throw this.#noteRefusal(error);
    }
  }

  async #wait(entered: Promise<Permit>): Promise<Permit> {
    const sinceMs = clock.now();
    this.#waiting++;
    this.#waited++;
    try {
      return await entered;
    } catch (error) {
      throw this.#noteRefusal(error);
    } finally {
      this.#waiting--;
      this.#waitedMs += clock.now() - sinceMs;
    }
  }

  #noteRefusal(error: unknown): unknown {
    if (error instanceof PolicyError && error.code === BUDGET_SPENT) this.#onSpent();
    return error;
  }
}

/** Makes the attempt that `permit` was given for. */
export function callInside(permit: Permit, call: () => unknown): unknown {
  let answer: unknown;
  try {
    answer = call();
    if (!isPromiseLike(answer)) {
      permit.settle(answer, false);
      return answer;
    }
  } catch (error) {
    permit.settle(error, true);
    throw error;
  }
  return toPromise(answer).then((value) => {
    permit.settle(value, false);
    return value;
  }, (error) => {
    permit.settle(error, true);
    throw error;
  });
}
