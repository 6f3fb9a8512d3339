import { createStreamStage } from "./_stream_stage.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { refuseReturned, refuseValue, type Subject } from "../internal/validation.ts";
import { isAbortSignal } from "../internal/signals.ts";
import type { Stop } from "../base/types.ts";
import { handleEarlyFailure, isStop, listenTo } from "./_stop.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

/**
 * Lets items pass as they are until `stop`: a signal that is aborted, or a promise that is
 * fulfilled. Then the stream ends, and the source is closed, also while an item is waited for.
 *
 * An item that had come in before comes out. A promise that is rejected fails the stage. Nothing is
 * read ahead; where the stop has already happened, nothing is read at all. A signal or promise ends
 * all runs of the pipeline, in groups and branches too; a function is called when a run begins and
 * returns what ends that run. Nothing of a run that is over is held by what ends it.
 *
 * @param stop What ends the stream, or a function that returns it for each run.
 * @throws {TypeError} When it is used, if `stop` is none of these.
 * @category Which items pass
 *
 * @example Until a signal
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { takeUntil } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = new AbortController();
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("running", takeUntil(stop.signal))
 *   .tap("stop", (item) => item === 2 && stop.abort());
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2]);
 * ```
 */
export function takeUntil<TInput, TAccumulated = unknown, TContext = unknown>(
  stop: Stop | (() => Stop),
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("takeUntil", (place) => {
    const findStop = createStopFinder(place, stop);
    return createStreamStage(
      place,
      ({ input }, control) => new Stoppable({ input, control }, findStop()),
      { lineage: "follow" },
    );
  });
}

/** Gives the stop of a run: one for all of them, or what a function returns for each. */
function createStopFinder(subject: Subject, given: unknown): () => Stop {
  if (isStop(given)) {
    handleEarlyFailure(given);
    return () => given;
  }
  if (typeof given !== "function") {
    const rule = "an AbortSignal, a promise, or a function that returns one of them";
    refuseValue(subject, "its stop", rule, given);
  }
  return () => {
    const stop: unknown = given();
    if (isStop(stop)) return stop;
    refuseReturned(subject, "its stop", "an AbortSignal or a promise", stop);
  };
}

class Stoppable extends TimedStream {
  #item: unknown = NONE;
  readonly #stopListening: () => void;
  #mayRead: boolean;

  constructor(parts: TimedParts, stop: Stop) {
    super(parts);
    this.#stopListening = listenTo(stop, (outcome) => this.end(outcome));
    // A promise that is settled already has its turn before the first item is read.
    this.#mayRead = isAbortSignal(stop);
    if (!this.#mayRead) Promise.resolve().then(this.#read);
  }

  readonly #read = (): void => {
    this.#mayRead = true;
    this.wake();
  };

  protected override canRead(): boolean {
    return this.#mayRead;
  }

  protected override bufferedCount(): number {
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

  protected override finish(): void {}

  /** What outlives the run holds nothing of it. */
  protected override over(): void {
    this.#stopListening();
  }
}
