/**
 * What ends streams from outside, and outlives them: a signal, or a promise.
 *
 * Each is listened to once, for all runs. A promise keeps what was given to its `then` for as long as
 * it lives, so a run of its own there would never be freed.
 *
 * @module
 */

import { toPromise } from "../internal/promises.ts";
import { isAbortSignal } from "../internal/signals.ts";
import { readProperty } from "../internal/thrown.ts";
import type { Stop } from "../base/types.ts";
import type { StreamOutcome } from "./_timed_stream.ts";

/** Called with the outcome of a stop; only a promise can fail. */
type StopListener = (outcome: StreamOutcome) => void;

const STOPPED: StreamOutcome = {};

const watches: WeakMap<Stop, Watch> = new WeakMap();

/** Whether `value` can stop a stream. */
export function isStop(value: unknown): value is Stop {
  return isAbortSignal(value) || typeof readProperty(value, "then") === "function";
}

/**
 * Handles the rejection of a promise that no run listens to yet. Other thenables are left alone:
 * they may begin their work in `then`, and only report to its caller.
 */
export function handleEarlyFailure(stop: Stop): void {
  if (readProperty(stop, Symbol.toStringTag) === "Promise") watch(stop);
}

/**
 * Calls `listener` once when `stop` happens; before it returns, where it has happened already.
 * What it returns stops listening.
 */
export function listenTo(stop: Stop, listener: StopListener): () => void {
  return watch(stop).add(listener);
}

function watch(stop: Stop): Watch {
  let found = watches.get(stop);
  if (found === undefined) watches.set(stop, found = new Watch(stop));
  return found;
}

/** One stop, and its listeners. */
class Watch {
  readonly #signal: AbortSignal | undefined;
  readonly #listeners: Set<StopListener> = new Set();
  #outcome: StreamOutcome | undefined;

  constructor(stop: Stop) {
    if (isAbortSignal(stop)) {
      this.#signal = stop;
      return;
    }
    toPromise(stop).then(
      () => this.#settle(STOPPED),
      (error) => this.#settle({ isFailed: true, error }),
    );
  }

  add(listener: StopListener): () => void {
    if (this.#signal?.aborted) this.#outcome = STOPPED;
    if (this.#outcome !== undefined) {
      listener(this.#outcome);
      return () => {};
    }
    if (this.#listeners.size === 0) this.#signal?.addEventListener("abort", this.#onAbort);
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#signal?.removeEventListener("abort", this.#onAbort);
    };
  }

  readonly #onAbort = (): void => this.#settle(STOPPED);

  #settle(outcome: StreamOutcome): void {
    this.#outcome = outcome;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const listener of listeners) listener(outcome);
  }
}
