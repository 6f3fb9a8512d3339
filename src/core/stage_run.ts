/**
 * A stage in one run: attributes its failures, and counts its items.
 *
 * @module
 */

import { failsFast, StreamingError, StreamingErrorStrategy, suppress } from "../base/errors.ts";
import type { StageHooks } from "../base/observer.ts";
import { BUDGET_SPENT, type Door } from "../internal/admission.ts";
import { codeOf, isRetryable } from "../internal/causes.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import { randomHex } from "../internal/random.ts";
import { QuantileSketch } from "../internal/sketch.ts";
import { causeOf, noteStepFailure, StepFailure } from "../internal/step_failure.ts";
import { isLabel, nameOf } from "../internal/thrown.ts";
import type { StageMemory } from "./context.ts";
import type { OpenErrors, RunScope } from "./scope.ts";
import type { StagePaces } from "../base/metadata_types.ts";
import { SEES_NOTHING, type Visibility } from "./visibility.ts";

/** What of a stage matters where it is not run. */
export interface StageIdentity {
  /** The stage's key, unique in its pipeline. */
  readonly key: string;
  /** The name for errors and metadata: a step's own, else the key. */
  readonly name: string;
  /** The builder method that made it, for messages. */
  readonly operator: string;
  /** The options that what it keeps depends on, as JSON has them: it fits no others. */
  readonly shape?: unknown;
  /** What becomes of items on which it fails; absent where the run fails. */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
  /** Opens the channel that they go to; absent where they go to none. */
  readonly openErrors?: OpenErrors | undefined;
  /** Whether its item is the whole value of a batch pipeline. */
  readonly isBatch?: boolean;
  /** Set where items are worked on side by side. */
  readonly parallel?: StagePaces | undefined;
  /** What is said of that, where it is something else. */
  readonly paces?: StagePaces;
  /** See `StreamingError.phase`; "yield" where absent. */
  readonly phase?: "pull";
  /** Called once per run, when all of its stages are opened. */
  readonly onOpen?: (run: StageRun) => void;
}

/** The counts of a stage's items, from the loop or feed that runs it. */
export interface StageFlow {
  /** How many items have entered. */
  readonly entered: number;
  /** How many items have come out. */
  readonly emitted: number;
  /** How many items have entered and not been concluded. */
  readonly inFlight: number;
  /** How many of those wait to be asked for. */
  readonly waiting: number;
  /** Whether a function or a step of the user's is running, and not only waits for an item. */
  readonly isWorking: boolean;
  /** What the stage waits for; absent while it works. */
  readonly stalledOn: "upstream" | "downstream" | undefined;
  /** Whether the stage was closed before its end: nothing comes of what is in flight. */
  readonly isClosed: boolean;
}

/** The figures of a stage at one moment. */
export interface StageCounts extends Omit<StageFlow, "isClosed"> {
  /** How many items were given up before anything came of them. */
  readonly abandoned: number;
  /** How many were taken on. */
  readonly passed: number;
}

/** Runs a stage: knows its items, and says which of them enter. */
export interface StageWorker {
  readFlow(): StageFlow;
  /** How many items have entered an op. */
  readonly entered?: number;
  /** Has `listener` called with each item that enters from now on. */
  tap(listener: (item: unknown) => void): void;
  /** Counts on from there. */
  resume?(entered: number, emitted: number): void;
}

const NO_FLOW: StageFlow = {
  entered: 0,
  emitted: 0,
  inFlight: 0,
  waiting: 0,
  isWorking: false,
  stalledOn: undefined,
  isClosed: false,
};

/** Runs nothing: before a stage is opened, and when its run is over. */
class IdleWorker implements StageWorker {
  readonly #flow: StageFlow;

  constructor(flow: StageFlow) {
    this.#flow = flow;
  }

  readFlow(): StageFlow {
    return this.#flow;
  }

  tap(): void {}
}

const NO_WORKER = new IdleWorker(NO_FLOW);

/** Errors of the sink: not attributed to the stage of the failed item as well. */
const sinkErrors: WeakSet<object> = new WeakSet();

/** How many durations are kept before there is a sketch of them: a short run has fewer. */
const MOST_NEW = 32;

/** A stage in one run. */
export class StageRun {
  readonly scope: RunScope;
  readonly stage: StageIdentity;
  /** The earlier stages that its functions can read the values of. */
  readonly visible: Visibility;
  /** All stages of its run, in order, this one included. */
  readonly stages: readonly StageRun[];
  /** How many items its own rule has dropped. */
  dropped = 0;
  /** How many items have failed. */
  failed = 0;
  /** How many of its calls were aborted, and their items given up. */
  abandoned = 0;
  /** How many attempts beyond the first were made. */
  retried = 0;
  /** Whether nothing of the run runs any more. */
  isOver = false;
  /** Durations that the sketch does not have yet: it takes time and memory, and short runs need none. */
  #newDurations: number[] | undefined;
  #durations: QuantileSketch | undefined;
  /** The errors that are kept for the metadata; absent while there are none. */
  errors: StreamingError[] | undefined;
  /**
   * Whether its step may be started again: what it has read of `state` must still be readable then.
   */
  restarts = false;
  /** What a barrier has made, nothing while it gathers; absent for other stages. */
  gathered: readonly unknown[] | undefined;
  /** Where its attempts enter; absent where it has no policy. */
  door: Door | undefined;
  /** What it keeps from item to item; absent where that is nothing. */
  memory: StageMemory | undefined;
  /** Puts back what was saved of that; absent where nothing was. */
  restore: ((memory: StageMemory) => void) | undefined;
  /** What runs it, once it is opened. */
  worker: StageWorker = NO_WORKER;
  /** What an observer has added; absent where there is none. */
  hooks: StageHooks | undefined;
  #spanId: string | undefined;
  #isSpent = false;

  constructor(
    scope: RunScope,
    stage: StageIdentity,
    visible: Visibility = SEES_NOTHING,
    stages: readonly StageRun[] = [],
  ) {
    this.scope = scope;
    this.stage = stage;
    this.visible = visible;
    this.stages = stages;
  }

  /** Whether the run continues when an item fails. */
  get skipsFailures(): boolean {
    return this.#isSpent || !failsFast(this.stage.errorStrategy);
  }

  /** Takes what an observer adds, whose span id may fail to be read: errors need it later. */
  observe(hooks: StageHooks | undefined): void {
    this.hooks = hooks;
    this.#spanId = hooks?.spanId;
  }

  /** The stage's span id in this run. */
  get spanId(): string {
    return this.#spanId ??= randomHex(8);
  }

  /** See `FlowControl.keep`. */
  keep(memory: StageMemory): StageMemory {
    if (this.memory !== undefined) return this.memory;
    this.memory = memory;
    this.restore?.(memory);
    return memory;
  }

  /** The figures of this moment. */
  count(): StageCounts {
    const { isClosed, ...flow } = this.worker.readFlow();
    const isGone = isClosed || this.isOver;
    const inFlight = isGone ? 0 : flow.inFlight;
    const abandoned = this.abandoned + flow.inFlight - inFlight;
    return {
      ...flow,
      inFlight,
      waiting: isGone ? 0 : flow.waiting,
      abandoned,
      passed: flow.entered - this.dropped - this.failed - abandoned - inFlight,
    };
  }

  /**
   * The run is over: releases what has run the stage, with the items that it holds. Returns whether
   * there are any, whose calls may run on.
   */
  end(): boolean {
    const flow = this.worker.readFlow();
    this.isOver = true;
    this.worker = new IdleWorker(flow);
    return flow.inFlight > 0;
  }

  /** The error for what was thrown while the stage worked on `item`. */
  createError(thrown: unknown, item?: unknown, itemIndex?: number): StreamingError {
    if (sinkErrors.has(thrown as object)) return thrown as StreamingError;
    const { key, name } = this.stage;
    const { cause: raised, attempts, later } = FailedAttempts.is(thrown)
      ? thrown
      : { cause: thrown, attempts: 1, later: [] };
    const code = codeOf(raised);
    const cause = causeOf(raised);
    // The cause's own message may show the item; it is one step away, in `cause`.
    const what = code === "STEP_ERROR" || !isLabel(code) ? nameOf(cause) : code;
    const where = itemIndex === undefined ? "" : ` at item ${itemIndex}`;
    const tried = attempts === 1 ? "" : ` after ${attempts} attempts`;
    const error = new StreamingError(`Stage "${key}" failed${where}${tried}: ${what}`, cause, {
      code,
      stepName: StepFailure.is(raised) ? raised.stepName : name,
      key,
      itemIndex,
      item,
      attempts,
      retryable: isRetryable(raised),
      phase: this.stage.phase ?? "yield",
      traceId: this.scope.traceId,
      spanId: this.spanId,
    });
    if (StepFailure.is(raised)) noteStepFailure(error, raised);
    for (const failure of later) this.suppress(error, failure);
    return error;
  }

  /**
   * Leaves out a failed item whose error would be neither reported nor kept: making one takes longer
   * than most functions run. False where the error must be made, and settled.
   */
  leaveOut(): boolean {
    const { errors, hooks, scope, stage } = this;
    const isKept = stage.errorStrategy === StreamingErrorStrategy.COLLECT_ERRORS
      ? (errors?.length ?? 0) < scope.metadata.maxErrors
      : stage.errorStrategy !== StreamingErrorStrategy.SKIP_FAILED;
    if (isKept || this.isOver || this.#isSpent || (hooks ?? scope.lineage)) return false;
    this.failed++;
    return true;
  }

  /**
   * Does with a failed item what the stage's error strategy says: returns the error that fails the
   * run, or true where the run continues; a promise must be waited for first. An item that a budget
   * has refused is given up instead.
   */
  settleFailure(error: StreamingError, origin: unknown): StreamingError | true | Promise<true> {
    // It was abandoned with the run.
    if (this.isOver) return error;
    if (this.#isSpent && error.code === BUDGET_SPENT) {
      this.abandoned++;
      return true;
    }
    const settled = this.#settle(error);
    this.scope.lineage?.settle(origin, error, settled);
    return settled;
  }

  #settle(error: StreamingError): StreamingError | true | Promise<true> {
    this.#fail(error);
    const { errorStrategy } = this.stage;
    if (errorStrategy === StreamingErrorStrategy.SKIP_FAILED) return true;
    if (this.stage.openErrors !== undefined) return this.#split(error);
    this.#keep(error);
    return errorStrategy === StreamingErrorStrategy.COLLECT_ERRORS ? true : error;
  }

  /**
   * Its policy lets nothing more begin: the run is stopped, and the items that are refused are given
   * up. They fail where a run has to have all of its items.
   */
  endBudget(): void {
    this.#isSpent = this.scope.requestStop();
  }

  /** Hands a failed item to the error channel. */
  #split(error: StreamingError): StreamingError | true | Promise<true> {
    const { item, itemIndex, key } = error;
    try {
      const errors = this.scope.errorsBy(this.stage.openErrors!);
      const taken = errors.push({ item, itemIndex: itemIndex!, key, error });
      if (taken === undefined) return true;
      const settled = taken.then(() => true as const, (thrown) => {
        throw this.#createSinkError(thrown, error);
      });
      // It may be rejected before the loop is read on, and waits for it.
      ignoreLateOutcome(settled);
      return settled;
    } catch (full) {
      return this.createError(full);
    }
  }

  /** Counts an item that failed after the failure that ends the run. */
  noteFailure(error: StreamingError): void {
    this.#fail(error);
    this.#keep(error);
  }

  #fail(error: StreamingError): void {
    this.failed++;
    if (this.hooks !== undefined) this.#report(error);
  }

  /** A hook may be async, for its type lets it answer with anything. */
  async #report(error: StreamingError): Promise<void> {
    try {
      await this.hooks!.failed?.(error);
    } catch (thrown) {
      this.scope.cleanupFailed(thrown);
    }
  }

  #keep(error: StreamingError): void {
    if (this.scope.metadata.maxErrors > (this.errors ??= []).length) this.errors.push(error);
  }

  /** Keeps `later` with the failure that came before it. */
  suppress(root: unknown, later: unknown): void {
    suppress(root, later, this.scope.metadata.maxErrors);
  }

  /** The error for what a sink has thrown when it was called with `failure`. */
  #createSinkError(thrown: unknown, failure: StreamingError): StreamingError {
    const { item, itemIndex } = failure;
    const error = runOutside(this.scope, "errorsTo").createError(thrown, item, itemIndex);
    this.suppress(error, failure);
    sinkErrors.add(error);
    return error;
  }

  /** Durations of its calls, in milliseconds; absent while none was timed. */
  get durations(): QuantileSketch | undefined {
    return this.#newDurations === undefined ? this.#durations : this.#sketch(this.#newDurations);
  }

  #sketch(newDurations: readonly number[]): QuantileSketch {
    const sketch = this.#durations ??= new QuantileSketch();
    for (const durationMs of newDurations) sketch.add(durationMs);
    this.#newDurations = undefined;
    return sketch;
  }

  /** Counts the duration of a call. */
  time(durationMs: number): void {
    if (this.isOver) return;
    if (this.#durations !== undefined) this.#durations.add(durationMs);
    else if (this.#newDurations?.push(durationMs) === MOST_NEW) this.#sketch(this.#newDurations);
    // Room for one: the first `push` on an empty array makes room for 17.
    else this.#newDurations ??= [durationMs];
  }
}

/** What is called for items that have come out of all stages, or failed; errors name it. */
export function runOutside(scope: RunScope, name: string): StageRun {
  return new StageRun(scope, { key: name, name, operator: name });
}
