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
import type { PipelineMetadata, RunStatus } from "../base/types.ts";
import { ErrorChannel } from "./error_channel.ts";
import { Grace } from "./grace.ts";
import { ItemIterator } from "./items.ts";
import { RunRecord } from "./metadata.ts";
import type { RunSettings } from "./run_options.ts";
import type { PipelineSettings } from "./start_options.ts";
import { openPlan, type Plan } from "./plan.ts";
import type { MetadataSettings, RunScope } from "./scope.ts";
import { ENDLESS, FAILED, MET, WAITING } from "./progress.ts";
import type { Segment } from "./segment.ts";
import type { Fold } from "./segment_parts.ts";
import type { StageRun } from "./stage_run.ts";

/** What a {@linkcode Run} is made from. */
export interface RunParts {
  readonly plan: Plan;
  readonly source: unknown;
  readonly createContext: () => unknown;
  readonly settings: PipelineSettings;
  readonly options: RunSettings;
  /** The trace that the run is part of; one of its own where absent. */
  readonly traceId?: string | undefined;
  /** Called once when nothing more will be read; the reason is absent after a normal end. */
  readonly onOver?: ((reason: unknown) => void) | undefined;
}

/** One execution of a pipeline. Nothing happens before {@linkcode Run.items} or `fold` is used. */
export class Run implements RunScope {
  readonly metadata: MetadataSettings;
  context: unknown;

  readonly #parts: RunParts;
  readonly #record: RunRecord = new RunRecord();
  #traceId: string | undefined;
  #errors: ErrorChannel | undefined;
  #segment: Segment | undefined;
  #closing: Promise<void> | undefined;
  #isOver = false;
  #grace: Grace | undefined;
  #ended: Deferred<PipelineMetadata> | undefined;
  #prepareAbort: () => void = () => {};
  #onAbort: (reason: unknown) => void = () => {};

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.metadata = parts.settings.metadata;
    this.#traceId = parts.traceId;
    if (parts.options.errorsTo !== undefined) this.#errors = this.#createErrors();
  }

  /** Made when it is needed, but for a sink: that is the run's own from the start. */
  get errors(): ErrorChannel {
    return this.#errors ??= this.#createErrors();
  }

  #createErrors(): ErrorChannel {
    const { errorBuffer, errorsTo } = this.#parts.options;
    const errors = new ErrorChannel(errorBuffer, errorsTo);
    if (this.#isOver) errors.end();
    return errors;
  }

  get closeTimeoutMs(): number {
    return this.#parts.options.closeTimeoutMs;
  }

  get traceId(): string {
    return this.#traceId ??= randomHex(16);
  }

  get checkpoints(): CheckpointMode {
    return this.#parts.settings.checkpoints;
  }

  /** The stages, in order, once the run is open. */
  get stages(): readonly StageRun[] {
    return this.#record.stages;
  }

  waitInTime(work: Promise<unknown>): Promise<void> {
    if (this.#record.isOver) return Promise.resolve(ignoreLateOutcome(work));
    const report = (error: unknown) => this.cleanupFailed(error);
    return (this.#grace ??= new Grace(this.closeTimeoutMs, report)).wait(work);
  }

  endGrace(): void {
    if (this.#grace?.isNeeded) return;
    this.#grace?.end();
    this.#grace = undefined;
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
    return (this.#ended ??= createDeferred()).promise;
  }

  /** The time between two snapshots of its figures. */
  get metricsIntervalMs(): number {
    return this.#parts.options.metricsIntervalMs;
  }

  /** The items that come out. Called once. The run owns its source from now on, read or not. */
  items(): ItemIterator {
    const items = new ItemIterator({
      open: () => this.#open(),
      ended: async (failure) => {
        await this.#finish(failure);
        this.throwCleanupError();
      },
      close: (reason) => this.#close("closed", reason),
      began: () => this.#record.noteItem(),
      isWorking: () => this.#record.isWorking,
    });
    this.#prepareAbort = () => items.prepareCancel();
    this.#onAbort = (reason) => items.cancel(reason);
    const { plan, source } = this.#parts;
    if (plan.isClosable || isClosable(source)) this.followSignal();
    return items;
  }

  /** Runs to the end and folds what comes out; `name` is who folds, for errors. */
  fold<T>(
    name: string,
    fold: (value: T, item: unknown, index: number) => unknown,
    initial: T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onAbort = reject;
      try {
        const segment = this.#open(name);
        segment.fold = fold as Fold;
        segment.value = initial;
        this.#drive(segment, () => resolve(segment.value as T)).catch(reject);
      } catch (error) {
        this.#closing!.catch(() => {}).then(() => reject(error));
      }
    });
  }

  /** Ends the run; whoever waits for an item gets `reason` when everything is closed. */
  async abort(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#prepareAbort();
    // The reason wins over what fails on the way out, which is kept in the metadata.
    await this.#close("aborted", reason).catch(() => {});
    this.#onAbort(reason);
  }

  /** Throws the first error of a clean-up, if there was one. */
  throwCleanupError(): void {
    if (this.#record.cleanupErrors.length > 0) throw this.#record.cleanupErrors[0];
  }

  /** A run that is closed answers nobody: `abort` does. */
  async #drive(segment: Segment, done: () => void): Promise<void> {
    for (;;) {
      const progress = segment.advance(segment.emitted === 0 ? 1 : ENDLESS);
      if (segment.emitted > 0) this.#record.noteItem();
      if (this.#isOver) return;
      if (progress === WAITING) {
        try {
          segment.accept(await segment.pending);
        } catch (error) {
          segment.refuse(error);
        }
      } else if (progress !== MET) {
        await this.#finish(segment.failure);
        if (progress === FAILED) throw segment.failure;
        return done();
      }
    }
  }

  #open(reader?: string): Segment {
    const { createContext, options: { signal } } = this.#parts;
    try {
      if (signal?.aborted) throw readReason(signal);
      this.#record.start();
      this.context = createContext();
      signal?.addEventListener("abort", this.#onSignal, { once: true });
      return this.#openPlan(reader);
    } catch (error) {
      // What is thrown says why; what fails on the way out is kept in the metadata.
      ignoreLateOutcome(this.#close(signal?.aborted ? "aborted" : "failed", error));
      throw error;
    }
  }

  #openPlan(reader?: string): Segment {
    const { plan, source } = this.#parts;
    const { segment, stages } = openPlan(plan, this, source, reader);
    this.#record.stages = stages;
    this.#record.output = segment;
    return this.#segment = segment;
  }

  /** Follows the signal from now on, not only from the first pull; does nothing where it is over. */
  followSignal(): void {
    const { signal } = this.#parts.options;
    if (this.#isOver) return;
    if (signal?.aborted) this.#onSignal();
    else signal?.addEventListener("abort", this.#onSignal, { once: true });
  }

  readonly #onSignal = (): void => void this.abort(readReason(this.#parts.options.signal!));

  #close(status: RunStatus, reason: unknown): Promise<void> {
    return this.#closing ??= this.#closeSegments(status, reason);
  }

  async #closeSegments(status: RunStatus, reason: unknown): Promise<void> {
    this.#stop(reason);
    // What was never read is closed by the same parts that would have read it.
    const closing = (this.#segment ?? this.#openPlan()).close(reason);
    if (closing !== undefined) await this.waitInTime(closing);
    await this.#end(status, status === "closed" ? undefined : reason);
    this.throwCleanupError();
  }

  /** The last item is out, or the run has failed. */
  async #finish(failure: unknown): Promise<void> {
    await this.#end(failure === undefined ? "completed" : "failed", failure);
  }

  /** Nothing more is read. */
  #stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.options.signal?.removeEventListener("abort", this.#onSignal);
    this.#errors?.end();
    this.#parts.onOver?.(reason);
  }

  /** Nothing runs any more. */
  async #end(status: RunStatus, error: unknown): Promise<void> {
    this.#stop(error);
    const closing = this.#errors?.close(status === "aborted" ? { reason: error } : undefined);
    if (closing !== undefined) {
      await this.waitInTime(closing.catch((thrown) => this.#record.cleanupErrors.push(thrown)));
    }
    this.#grace?.end();
    this.#record.end(status, error);
    this.#ended?.resolve(this.readMetadata());
  }
}
