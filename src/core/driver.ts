/**
 * Continues a loop when what it waits for is settled.
 *
 * @module
 */

/** A loop that waits; see `Segment`. */
interface WaitingLoop {
  accept(value: unknown): void;
  refuse(error: unknown): void;
}

/** Passes outcomes to a loop, and calls back. */
export class Driver {
  readonly #loop: WaitingLoop;
  #callback: () => void = () => {};
  #listener: Listener;

  constructor(loop: WaitingLoop) {
    this.#loop = loop;
    this.#listener = this.#createListener();
  }

  /** Continues when `pending` is settled. */
  wait(pending: Promise<unknown>, callback: () => void): void {
    this.#callback = callback;
    pending.then(this.#listener.onValue, this.#listener.onError);
  }

  /** Continues at once: what was waited for is ignored when it is settled. */
  goOn(): void {
    this.#listener = this.#createListener();
    this.#callback();
  }

  /** Two functions for all waits, until one is ended by {@linkcode Driver.goOn}. */
  #createListener(): Listener {
    const listener: Listener = {
      onValue: (value) => {
        if (listener !== this.#listener) return;
        this.#loop.accept(value);
        this.#callback();
      },
      onError: (error) => {
        if (listener !== this.#listener) return;
        this.#loop.refuse(error);
        this.#callback();
      },
    };
    return listener;
  }
}

interface Listener {
  readonly onValue: (value: unknown) => void;
  readonly onError: (error: unknown) => void;
}
