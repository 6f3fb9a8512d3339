// The service that a policy protects in tests: it notes when it is called, and answers when a test
// says so.

import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import type { TestClock } from "../../src/testing/test_clock.ts";

/** A call that has begun. */
export interface ServedCall {
  readonly input: unknown;
  readonly atMs: number;
}

/** A service whose calls are noted. */
export class Service {
  readonly calls: ServedCall[] = [];
  running = 0;
  /** The most calls that ran at a time. */
  peak = 0;
  readonly #clock: TestClock;
  readonly #open: Deferred<void>[] = [];

  constructor(clock: TestClock) {
    this.#clock = clock;
  }

  /** When the calls began. */
  get times(): number[] {
    return this.calls.map(({ atMs }) => atMs);
  }

  /** What they were called with. */
  get inputs(): unknown[] {
    return this.calls.map(({ input }) => input);
  }

  /** Answers at once. */
  readonly answer = <T>(input: T): T => {
    this.calls.push({ input, atMs: this.#clock.now() });
    return input;
  };

  /** Answers so many milliseconds later. */
  readonly answerIn = (ms: number) => async <T>(input: T): Promise<T> => {
    this.#begin(input);
    const { promise, resolve } = createDeferred<void>();
    this.#clock.schedule(resolve, ms);
    await promise;
    this.running--;
    return input;
  };

  /** Answers when {@linkcode Service.release} is called. */
  readonly hold = async <T>(input: T): Promise<T> => {
    this.#begin(input);
    const held = createDeferred<void>();
    this.#open.push(held);
    await held.promise;
    this.running--;
    return input;
  };

  /** Lets the call that was held first answer. */
  release(): void {
    this.#open.shift()!.resolve();
  }

  #begin(input: unknown): void {
    this.calls.push({ input, atMs: this.#clock.now() });
    this.peak = Math.max(this.peak, ++this.running);
  }
}

/** 0, 1, 2… up to, not including, `count`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** An error as clients of HTTP throw it. */
export function httpError(status: number, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(`HTTP ${status}`), { status, headers: new Headers(headers) });
}

/** Fails where in some interval of this length, the first moment of it included, more is used. */
export function findTooMuch(
  uses: readonly (readonly [atMs: number, cost: number])[],
  { limit, intervalMs }: { readonly limit: number; readonly intervalMs: number },
): string | undefined {
  for (const [fromMs] of uses) {
    const used = uses.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + intervalMs)
      .reduce((sum, [, cost]) => sum + cost, 0);
    if (used > limit + 1e-6) return `${used} from ${fromMs} on, and ${limit} is the most`;
  }
  return undefined;
}
