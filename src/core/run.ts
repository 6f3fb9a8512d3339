/**
 * One execution of a pipeline: owns the abort signal, the clean-up, what is counted, and the way
 * out of the last loop.
 *
 * @module
 */

import { isClosable } from "../internal/many.ts";
import { createDeferred, type Deferred, ignoreLateOutcome } from "../internal/promises.ts";
import { suppress } from "../base/errors.ts";
import { randomHex } from "../internal/random.ts";
import { readReason } from "../internal/signals.ts";
import type { CheckpointMode } from "../base/options.ts";
import type { RunHooks } from "../base/observer.ts";
import type { PipelineMetadata, RunStatus } from "../base/metadata_types.ts";
import { CloseDeadline } from "./close_deadline.ts";
import type { Lineage } from "./lineage.ts";
import { ItemIterator, type ItemIteratorParts } from "./items.ts";
import { RunRecord } from "./metadata.ts";
import { Resources } from "./resources.ts";
import type { RunParts, RunReader } from "./run_parts.ts";
import { observeRun } from "./observe_run.ts";
import { openPlan } from "./plan.ts";
import type { ErrorsOfRun, MetadataSettings, OpenErrors, RunScope } from "./scope.ts";
import { ENDLESS, FAILED, MET, type Progress, WAITING } from "./progress.ts";
import type { Segment } from "./segment.ts";
import type { Fold } from "./segment_parts.ts";
import type { StageRun } from "./stage_run.ts";
import { Stop } from "./stop.ts";

/** One execution of a pipeline. Nothing happens before {@linkcode Run.items} or `fold` is used. */
export class Run implements RunScope, ItemIteratorParts {
  readonly metadata: MetadataSettings;
  readonly lineage: Lineage | undefined;
  readonly isResumable: boolean | undefined;
  context: unknown;
  hooks: RunHooks | undefined;
  isClosed = false;

  readonly #parts: RunParts;
  readonly #record: RunRecord = new RunRecord();
  #traceId: string | undefined;
  #errors: ErrorsOfRun | undefined;
  #resources: Resources | undefined;
  #segment: Segment | undefined;
  #closing: Promise<void> | undefined;
  #deadline: CloseDeadline | undefined;
  #stop: Stop | undefined;
  #final: Deferred<PipelineMetadata> | undefined;
  #reader: RunReader | undefined;
  /** Made where there are signals to follow. */
  #listeners: { readonly onSignal: () => void; readonly onStop: () => void } | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.metadata = parts.settings.metadata;
    this.lineage = parts.lineage;
    this.isResumable = parts.outer?.isResumable;
  }

  errorsBy<TErrors extends ErrorsOfRun>(open: OpenErrors<TErrors>): TErrors {
    const { outer, options } = this.#parts;
    if (outer?.errorsBy) return outer.errorsBy(open);
    if (this.#errors !== undefined) return this.#errors as TErrors;
    const errors = this.#errors = open(options);
    if (this.isClosed) errors.end();
    return errors;
  }

  get closeTimeoutMs(): number {
    return this.#parts.options.closeTimeoutMs;
  }

  perRun<T>(open: () => T): T {
    const { outer } = this.#parts;
    if (outer?.perRun) return outer.perRun(open);
    return (this.#resources ??= new Resources()).get(open, this.#record.isOver) as T;
  }

  get traceId(): string {
    return this.#traceId ??= this.#parts.outer?.traceId ?? randomHex(16);
  }

  get checkpoints(): CheckpointMode {
    return this.#parts.settings.checkpoints;
  }

  /** The stages, in order, once the run is open. */
  get stages(): readonly StageRun[] {
    return this.#record.stages;
  }

  waitInTime(work: Promise<unknown>): Promise<void> {
    const { outer } = this.#parts;
    if (outer?.isClosed) return outer.waitInTime!(work);
    if (this.#record.isOver || this.#stop?.isOutOfTime) {
      return Promise.resolve(ignoreLateOutcome(work));
    }
    this.#deadline ??= new CloseDeadline(this.closeTimeoutMs, (error) => this.cleanupFailed(error));
    return this.#deadline.wait(work);
  }

  endDeadline(): void {
    if (!this.#deadline?.isNeeded) this.#dropDeadline();
  }

  #dropDeadline(): void {
    this.#deadline?.end();
    this.#deadline = undefined;
  }

  cleanupFailed(error: unknown): void {
    this.#record.cleanupErrors.push(error);
    suppress(this.#segment?.failure, error, this.metadata.maxErrors);
  }

  /** What is known of the run at this moment. */
  readMetadata(): PipelineMetadata {
    return this.#record.read(this.traceId);
  }

  /** What is known of the run when it is over. */
  get finalMetadata(): Promise<PipelineMetadata> {
    if (this.#record.isOver) return Promise.resolve(this.readMetadata());
    return (this.#final ??= createDeferred()).promise;
  }

  /** How many items its source has, where that is known before it is read, until it is over. */
  get sourceCount(): number | undefined {
    const { source } = this.#parts;
    return Array.isArray(source) ? source.length : undefined;
  }

  /** The time between two snapshots of its figures. */
  get metricsIntervalMs(): number {
    return this.#parts.options.metricsIntervalMs;
  }

  /** The items that come out. Called once. The run owns its source from now on, read or not. */
  items(): ItemIterator {
    const items = this.#reader = new ItemIterator(this);
    if (this.#parts.plan.isClosable || isClosable(this.#parts.source)) this.followSignals();
    return items;
  }

  open(): Segment | undefined {
    return this.#isStopDue ? void this.stop() : this.#open();
  }

  taken(): void {
    this.#record.noteItem();
  }

  isWorking(): boolean {
    return this.#record.isWorking;
  }

  ended(failure: unknown): Promise<void> | undefined {
    const ending = this.#finish(failure);
    if (ending !== undefined || this.#record.cleanupErrors.length > 0) {
      return Promise.resolve(ending).then(() => this.throwCleanupError());
    }
  }

  close(reason: unknown): Promise<void> {
    return this.#close("closed", reason);
  }

  /** Runs to the end and folds what comes out; `name` names the fold in errors. */
  fold<T>(
    name: string,
    fold: (value: T, item: unknown, index: number) => unknown,
    initial: T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let last: Segment | undefined;
      this.#reader = { fail: reject, finish: () => resolve((last ? last.value : initial) as T) };
      try {
        if (this.#isStopDue) return void this.stop();
        last = this.#open(name);
        last.fold = fold as Fold;
        last.value = initial;
        this.#drive(last);
      } catch (error) {
        this.#closing!.catch(() => {}).then(() => reject(error));
      }
    });
  }

  /** Aborts the run; a pending read rejects with `reason` once everything is closed. */
  abort(reason: unknown): Promise<void> {
    return this.#breakOff("aborted", reason);
  }

  /**
   * Ends the run in good order: its sources are closed, and what is in flight comes out. Where nothing
   * was asked for yet, it is closed. Resolves when the run is over, however it ends; later calls
   * change nothing.
   */
  stop(deadlineMs: number = this.closeTimeoutMs): Promise<void> {
    const over = this.finalMetadata.then(() => {});
    if (this.isClosed || this.#stop !== undefined) return over;
    // A pending read resolves as done.
    const cutOff = () => {
      this.#deadline?.end();
      void this.#breakOff("stopped", stop.reason);
    };
    const stop: Stop = this.#stop = new Stop(this, {
      giveUp: (cutoff) => this.#segment?.giveUp(cutoff),
      cutOff,
    });
    this.#parts.onOver?.(stop.reason);
    if (this.#segment === undefined) cutOff();
    else {
      stop.begin(deadlineMs);
      this.#segment.endSources(stop.reason, false);
    }
    return over;
  }

  requestStop(): boolean {
    const { outer } = this.#parts;
    if (outer) return outer.requestStop();
    this.stop();
    return true;
  }

  /** Closes the run as it is, and answers a pending read; does nothing where it is closed. */
  async #breakOff(status: "aborted" | "stopped", reason: unknown): Promise<void> {
    if (this.isClosed) return;
    const reader = this.#reader;
    reader?.suspend?.();
    // The reason wins over what fails on the way out, which is kept in the metadata.
    await this.#close(status, reason).catch(() => {});
    if (status === "aborted") reader?.fail(reason);
    else reader?.finish();
  }

  /** Throws the first error of a clean-up, if there was one. */
  throwCleanupError(): void {
    if (this.#record.cleanupErrors.length > 0) throw this.#record.cleanupErrors[0];
  }

  /** Drives the last loop; a run that is closed meanwhile is settled by `abort` or `stop`. */
  #drive(segment: Segment): void {
    const goOn = (): void => {
      let progress: Progress;
      do {
        progress = segment.advance(segment.emitted === 0 ? 1 : ENDLESS);
        if (segment.emitted > 0) this.#record.noteItem();
        if (this.isClosed) return;
      } while (progress === MET);
      if (progress === WAITING) return segment.whenReady(goOn);
      const reader = this.#reader!;
      const answer = () => progress === FAILED ? reader.fail(segment.failure) : reader.finish();
      const ending = this.#finish(segment.failure);
      if (ending === undefined) answer();
      else ending.then(answer);
    };
    goOn();
  }

  #open(reader?: string): Segment {
    const { createContext, options: { signal, observer } } = this.#parts;
    try {
      if (signal?.aborted) throw readReason(signal);
      this.#record.start();
      this.hooks = observeRun(this, observer);
      this.#traceId ??= this.hooks?.traceId;
      this.context = createContext();
      const segment = this.#openPlan(reader);
      this.followSignals();
      return segment;
    } catch (error) {
      this.hooks = undefined;
      // What is thrown says why; what fails on the way out is kept in the metadata.
      ignoreLateOutcome(this.#close(signal?.aborted ? "aborted" : "failed", error));
      throw error;
    }
  }

  #openPlan(reader?: string): Segment {
    const { plan, source } = this.#parts;
    const { segment, stages } = openPlan(plan, this, source, reader);
    this.#record.stages = stages;
    this.#parts.onOpen?.(stages);
    return this.#record.output = this.#segment = segment;
  }

  /** Follows its signals from now on, not only from the first pull; does nothing where it is over. */
  followSignals(): void {
    const { signal, stop } = this.#parts.options;
    if (this.isClosed || (signal ?? stop) === undefined) return;
    const { onSignal, onStop } = this.#listeners ??= {
      onSignal: () => void this.abort(readReason(signal!)),
      onStop: () => void this.stop(),
    };
    if (signal?.aborted) return onSignal();
    if (stop?.aborted) return onStop();
    signal?.addEventListener("abort", onSignal, { once: true });
    stop?.addEventListener("abort", onStop, { once: true });
  }

  /** Whether it must be stopped before it has begun. */
  get #isStopDue(): boolean {
    const { signal, stop } = this.#parts.options;
    return !!stop?.aborted && !signal?.aborted;
  }

  #close(status: RunStatus, reason: unknown): Promise<void> {
    this.#stop?.end();
    // What is aborted may close the run once more before the closing has its promise: it waits for
    // the end, as a stop does.
    return this.#closing ??= this.isClosed ? this.stop() : this.#closeSegments(status, reason);
  }

  async #closeSegments(status: RunStatus, reason: unknown): Promise<void> {
    this.#stopReading(reason);
    // What was never read is closed by the same parts that would have read it.
    const closing = (this.#segment ?? this.#openPlan()).close(reason);
    if (closing !== undefined) await this.waitInTime(closing);
    const isError = status !== "closed" && status !== "stopped";
    await this.#end(status, isError ? reason : undefined);
    this.throwCleanupError();
  }

  /** The last item is out, or the run has failed. */
  #finish(failure: unknown): Promise<void> | undefined {
    const status = this.#stop ? "stopped" : "completed";
    return this.#end(failure === undefined ? status : "failed", failure);
  }

  /** Nothing more is read. */
  #stopReading(reason: unknown): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { onOver, options: { signal, stop } } = this.#parts;
    if (this.#listeners !== undefined) {
      signal?.removeEventListener("abort", this.#listeners.onSignal);
      stop?.removeEventListener("abort", this.#listeners.onStop);
    }
    this.#errors?.end();
    if (this.#stop === undefined) onOver?.(reason);
  }

  /** Nothing runs any more; the caller waits for what it returns. */
  #end(status: RunStatus, error: unknown): Promise<void> | undefined {
    this.#stopReading(error);
    const leftovers = this.#stop?.leftovers;
    if ((leftovers ?? this.#errors ?? this.#resources) !== undefined) {
      return this.#endLater(status, error, leftovers);
    }
    this.#noteEnd(status, error);
  }

  async #endLater(
    status: RunStatus,
    error: unknown,
    leftovers: Promise<unknown> | undefined,
  ): Promise<void> {
    if (leftovers !== undefined) await this.waitInTime(leftovers);
    const closing = this.#errors?.close(status === "aborted" ? { reason: error } : undefined);
    if (closing !== undefined) {
      await this.waitInTime(closing.catch((thrown) => this.#record.cleanupErrors.push(thrown)));
    }
    await this.#resources?.close(this);
    this.#noteEnd(status, error);
  }

  #noteEnd(status: RunStatus, error: unknown): void {
    this.#stop?.end();
    this.#dropDeadline();
    this.#record.end(status, error);
    // A pipeline knows its latest run, which shall not hold what the run has read and made.
    this.#reader = this.#segment = this.#parts.source = undefined;
    this.#final?.resolve(this.readMetadata());
  }
}
