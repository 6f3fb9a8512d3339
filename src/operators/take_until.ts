import type { Stop } from "../types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { Stage } from "../engine/stage.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { complaint, requireKey } from "../internal/validation.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

/** The items until a signal is aborted, or a promise fulfilled. */
export function createTakeUntilStage(key: string, stop: unknown): Stage {
  requireKey("takeUntil", key);
  if (!isSignal(stop) && !isPromiseLike(stop)) {
    const subject = { operator: "takeUntil", key };
    throw new TypeError(complaint(subject, "its stop", "an AbortSignal or a promise", stop));
  }
  return {
    kind: "stream",
    key,
    name: key,
    operator: "takeUntil",
    open: ({ input }, control) => new Stoppable({ input, control }, stop),
  };
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === "object" && value !== null && "aborted" in value &&
    "addEventListener" in value;
}

class Stoppable extends TimedStream {
  #item: unknown = NONE;
  /** Stops listening. */
  #forget: () => void = () => {};

  constructor(parts: TimedParts, stop: Stop) {
    super(parts);
    const onStop = () => this.end({ isFailed: false });
    if (!isSignal(stop)) stop.then(onStop, (error) => this.end({ isFailed: true, error }));
    else if (stop.aborted) onStop();
    else {
      stop.addEventListener("abort", onStop, { once: true });
      this.#forget = () => stop.removeEventListener("abort", onStop);
    }
  }

  protected override held(): number {
    return this.#item === NONE ? 0 : 1;
  }

  protected override accept(item: unknown): void {
    this.#item = item;
  }

  protected override take(): unknown {
    const item = this.#item;
    this.#item = NONE;
    return item;
  }

  protected override dueMs(): undefined {}

  protected override finish(): void {
    this.over();
  }

  protected override over(): void {
    this.#forget();
    this.#forget = () => {};
  }
}

/**
 * Lets items pass as they are until `stop`: a signal that is aborted, or a promise that is
 * fulfilled. Then the stream ends, and the source is closed, also while an item is waited for.
 *
 * An item that had come in before comes out. A promise that is rejected fails the stage. Nothing
 * is read ahead; where the stop was there before, nothing is read at all. A signal is not listened
 * to after the run; a promise cannot be left, so use a signal where it outlives many runs.
 *
 * @param stop What ends the stream; of all runs of the pipeline.
 * @throws {TypeError} When it is used, if `stop` is neither a signal nor a promise.
 */
export function takeUntil<TInput, TAccumulated = unknown, TContext = unknown>(
  stop: Stop | (() => Stop),
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("takeUntil", ({ key }) => createTakeUntilStage(key, stop));
}
