/**
 * Limits how long a call may take.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { isPromiseLike, toPromise } from "../internal/promises.ts";
import { abortWith } from "../internal/signals.ts";
import { DerivedContext, type FunctionContext, type ItemFunction } from "../core/context.ts";

/**
 * A function that fails with a `TimeoutError` when `call` has not answered within `timeoutMs`, and
 * aborts the signal that it was given. A synchronous call cannot be interrupted, and is not timed.
 */
export function withTimeout(
  call: ItemFunction,
  timeoutMs: number,
  message: string = `No answer within ${timeoutMs} ms`,
): ItemFunction {
  return (item, index, context) => {
    const attempt = new AttemptContext(context);
    let answer: unknown;
    try {
      answer = call(item, index, attempt);
    } catch (error) {
      attempt.end();
      throw error;
    }
    if (isPromiseLike(answer)) return settleInTime(answer, attempt, { timeoutMs, message });
    attempt.end();
    return answer;
  };
}

function settleInTime(
  answer: PromiseLike<unknown>,
  attempt: AttemptContext,
  { timeoutMs, message }: { readonly timeoutMs: number; readonly message: string },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: unknown) => {
      attempt.abort(error);
      attempt.end();
      reject(error);
    };
    const settle = (report: (outcome: unknown) => void) => (outcome: unknown) => {
      attempt.end();
      report(outcome);
    };
    toPromise(answer).then(settle(resolve), settle(reject));
    // Its signal follows the run from here on, also where the call has not read it.
    if (attempt.signal.aborted) return;
    try {
      const onTimeout = () => giveUp(new DOMException(message, "TimeoutError"));
      attempt.onEnd = clock.schedule(onTimeout, timeoutMs);
    } catch (error) {
      giveUp(error);
    }
  });
}

/** A context with a signal of its own, which follows that of the context it replaces. */
class AttemptContext extends DerivedContext {
  readonly #outer: FunctionContext;
  #controller: AbortController | undefined;
  /** Stops the timer. */
  onEnd: () => void = () => {};

  constructor(outer: FunctionContext) {
    super(outer);
    this.#outer = outer;
  }

  override get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const outer = this.#outer.signal;
      if (outer.aborted) this.abort(outer.reason);
      else outer.addEventListener("abort", this.#onOuterAbort, { once: true });
    }
    return this.#controller.signal;
  }

  /** Its signal was read before: what can time out has followed the run. */
  abort(reason: unknown): void {
    abortWith(this.#controller!, reason);
  }

  /** The attempt is over: nothing is listened to any more, and no timer runs. */
  end(): void {
    this.onEnd();
    if (this.#controller === undefined) return;
    this.#outer.signal.removeEventListener("abort", this.#onOuterAbort);
  }

  /** A run that is closed has its own limit for functions that ignore their signal. */
  readonly #onOuterAbort = (): void => {
    this.abort(this.#outer.signal.reason);
    this.end();
  };
}
