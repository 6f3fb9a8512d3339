import type { Stage } from "../engine/stage.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { complaint, requireKey } from "../internal/validation.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

type Stop = AbortSignal | PromiseLike<unknown>;

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
