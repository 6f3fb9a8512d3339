/**
 * Listens to the signals of waiting calls.
 *
 * @module
 */

/** Listens for aborts: once for each signal, however many calls wait with it. */
export class Aborts<T> {
  readonly #onAbort: (waiting: T, reason: unknown) => void;
  readonly #bySignal: Map<AbortSignal, { readonly all: Set<T>; readonly listener: () => void }> =
    new Map();

  constructor(onAbort: (waiting: T, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Notifies `waiting` of an abort of `signal` from now on. */
  add(signal: AbortSignal, waiting: T): void {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) {
      known.all.add(waiting);
      return;
    }
    const all = new Set([waiting]);
    const listener = () => {
      this.#bySignal.delete(signal);
      for (const each of all) this.#onAbort(each, signal.reason);
    };
    signal.addEventListener("abort", listener, { once: true });
    this.#bySignal.set(signal, { all, listener });
  }

  /** Stops notifying it. */
  remove(signal: AbortSignal, waiting: T): void {
    const known = this.#bySignal.get(signal);
    if (known === undefined || !known.all.delete(waiting) || known.all.size > 0) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener("abort", known.listener);
  }
}
