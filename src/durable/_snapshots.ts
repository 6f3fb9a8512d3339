/**
 * The mode `snapshots`: a job commits the position of its source and what each stage keeps, when the
 * source has been held back and all that was in flight has come out.
 *
 * @module
 */

import type { ObservedRun } from "../base/observer.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred, isPromiseLike, waitTurns } from "../internal/promises.ts";
import type { FailedItem } from "../base/errors.ts";
import type { ItemIterator } from "../core/items.ts";
import type { StageRun } from "../core/stage_run.ts";
import type { RunSink } from "../parts/error_sink.ts";
import { createBudgetEnd, RUN_JOB } from "./_errors.ts";
import { HeldSource } from "./_held_source.ts";
import type { JobProgress, JobResult } from "./job.ts";
import type { JobMode, ModeRun, ModeRunParts } from "./_mode.ts";
import type { PositionedSource } from "./positioned_source.ts";
import { RecordReader } from "./_records.ts";
import { LEVELS, requireResumable } from "./_refused.ts";
import { areQuiet, openStages, saveStages, type StageOwner } from "./_stages.ts";
import { requireSaved, type SavedRun, type Status } from "./_saved_run.ts";
import { OVER, STOPPED } from "./_waits.ts";

/**
 * Turns of the microtask queue for which nothing may be in progress, beside some for each stage.
 */
const LEAST_TURNS = 16;
const TURNS_PER_STAGE = 8;
/** The longest time between two checks whether anything is in progress, in milliseconds. */
const MAX_CHECK_MS = 16;

/** Remembers the states of stages. */
export const SNAPSHOTS: JobMode = {
  name: "snapshots",
  check: (id, { stages }) =>
    requireResumable(`make the job "${id}" in the mode snapshots`, { stages, levels: LEVELS }),
  createRun: (parts) => new SnapshotsRun(parts),
};

class SnapshotsRun implements ModeRun {
  readonly #parts: ModeRunParts;
  readonly #saved: SavedRun | undefined;
  readonly #source: HeldSource;
  #items: ItemIterator | undefined;
  #stages: readonly StageRun[] = [];
  /** Whether an item that comes out was asked for and has not come. */
  #isAsked = false;
  /** How many failed items `errorsTo` is taking. */
  #failing = 0;
  /** The checkpoint that is being made. */
  #checkpoint: Promise<void> | undefined;
  /** Resolved when something has come out, for the checkpoint that waits for that. */
  #moved: Deferred<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isStopping = false;
  /** Whether nothing more comes out. */
  #isOver = false;
  /** Resolved if that happens before the pipeline has ended. */
  readonly #cut: Deferred<false> = createDeferred();
  #isCut = false;
  /** What closes the run that was cut off. */
  #closing: Promise<unknown> | undefined;
  #stopTimer: (() => void) | undefined;

  /** Items read, and items that have come out or failed, since the last commit. */
  #read = 0;
  #made = 0;
  #firstReadMs = 0;
  #committed: unknown;
  #acked = 0;
  #deadLettered = 0;
  #commits = 0;
  #lastCommitAt: number | undefined;

  constructor(parts: ModeRunParts) {
    const { session, source, sourceSignal, options } = parts;
    this.#parts = parts;
    parts.waits.onEnd = (reason) => this.#cutOff(reason);
    this.#saved = session.saved && requireSaved(session.id, session.saved);
    const from = this.#committed = this.#saved?.position;
    const items = (source as PositionedSource<unknown, unknown>).open(from, sourceSignal);
    const reader = new RecordReader(items, options.closeTimeoutMs);
    this.#source = new HeldSource(session.id, reader, from, this.#onRead);
  }

  progress(): JobProgress {
    return {
      committed: this.#committed,
      unackedCount: this.#read,
      oldestUnackedMs: this.#read === 0 ? 0 : clock.now() - this.#firstReadMs,
      sparseCount: 0,
      commits: this.#commits,
      ...(this.#lastCommitAt !== undefined && { lastCommitAt: this.#lastCommitAt }),
    };
  }

  async run(): Promise<JobResult> {
    const status = await this.#run();
    return {
      status,
      acked: this.#acked,
      deadLettered: this.#deadLettered,
      resumedFrom: this.#saved?.position,
      commits: this.#commits,
    };
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#stopTimer?.();
    await this.#source.stop(OVER);
  }

  async #run(): Promise<JobResult["status"]> {
    const before = this.#saved?.status;
    if (before === "complete") return before;
    // What has ended goes on only if there is more: stages would emit twice what they keep.
    const hasItem = before !== "ended" ||
      await Promise.race([this.#source.hasItem(), this.#cut.promise]);
    if (!this.#isCut && !hasItem) return "ended";
    if (!this.#isCut) await this.#runItems(this.#items = this.#open());
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#isCut) return "stopped";
    const status = this.#source.isOver ? "ended" : "complete";
    await this.#save(status).catch((error) => {
      // The reason of a signal, if that was aborted meanwhile.
      throw (this.#failure ?? { error }).error;
    });
    return status;
  }

  async #runItems(items: ItemIterator): Promise<void> {
    try {
      await this.#drive(items);
    } catch (error) {
      // Work that was aborted at the deadline of a stop has not failed.
      if (!this.#parts.waits.isEnded) this.fail(error);
    }
    this.#isOver = true;
    this.#move();
    await this.#checkpoint;
    await this.#closing;
  }

  #open(): ItemIterator {
    const { createRun, errorSink, options: { observer, ...options } } = this.#parts;
    const isResumed = this.#saved !== undefined;
    const errorsTo = errorSink && ((failed: FailedItem) => this.#writeFailed(errorSink, failed));
    const runOptions = {
      ...options,
      observer: observer && ((run: ObservedRun) => observer(Object.assign(run, { isResumed }))),
      errorsTo,
    };
    const run = createRun(RUN_JOB.operator, this.#source, runOptions, {
      onOpen: (stages) => this.#onOpen(stages),
      outer: { requestStop: () => this.#endBudget(), isResumable: true },
    });
    return run.items();
  }

  #endBudget(): false {
    this.fail(createBudgetEnd());
    return false;
  }

  #onOpen(stages: readonly StageRun[]): void {
    const { session } = this.#parts;
    this.#stages = stages;
    const owner: StageOwner = {
      id: session.id,
      mayDiffer: session.isMigrated,
      onRun: (inner, path) => {
        openStages(owner, inner, undefined, path);
        this.#requireWritable(inner, path);
      },
      onRefused: (error) => this.fail(error),
    };
    openStages(owner, stages, this.#saved?.stages);
    // What cannot be saved is refused before the source is read.
    this.#write("open");
  }

  /** What a group keeps is refused when it is opened: no commit would succeed from then on. */
  #requireWritable(stages: readonly StageRun[], path: string): void {
    const { session } = this.#parts;
    try {
      session.write({ stages: saveStages(session.id, stages, path) });
    } catch (error) {
      // The reason itself ends the run, and not what the stage around it fails with.
      this.fail(error);
      throw error;
    }
  }

  async #drive(items: ItemIterator): Promise<void> {
    const { sink, waits } = this.#parts;
    for (;;) {
      const asked = items.ask();
      let item: unknown;
      if (asked === undefined) item = items.taken;
      else {
        this.#isAsked = true;
        const { done, value } = await asked;
        this.#isAsked = false;
        if (done) return;
        item = value;
      }
      this.#made++;
      const taken = sink.take(item);
      if (isPromiseLike(taken)) await waits.work(taken);
      if (this.#failure !== undefined) return;
      this.#noteProgress();
      this.#move();
    }
  }

  readonly #onRead = (): void => {
    if (this.#read++ === 0) this.#firstReadMs = clock.now();
    this.#noteProgress();
  };

  /** Makes a checkpoint as soon as one is due. */
  #noteProgress(): void {
    if (this.#isOver || this.#checkpoint !== undefined) return;
    const { items, ms } = this.#parts.commit;
    if (this.#read >= items || this.#made >= items) return this.#beginCheckpoint();
    this.#stopTimer ??= clock.schedule(() => this.#beginCheckpoint(), ms);
  }

  #beginCheckpoint(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#checkpoint = this.#makeCheckpoint().catch((error) => this.fail(error)).finally(() => {
      this.#checkpoint = undefined;
      if (!this.#isStopping) this.#source.release();
    });
  }

  async #makeCheckpoint(): Promise<void> {
    this.#source.hold();
    if (await this.#becomesQuiet() && (this.#read > 0 || this.#made > 0)) await this.#save("open");
  }

  /** Waits until nothing is in progress; false where the run is over before. */
  async #becomesQuiet(): Promise<boolean> {
    // After so many turns an item between two stages has reached the next one.
    const turns = LEAST_TURNS + TURNS_PER_STAGE * this.#stages.length;
    for (let checkMs = 1; !this.#isOver; checkMs = Math.min(2 * checkMs, MAX_CHECK_MS)) {
      await waitTurns(turns);
      if (this.#isQuiet()) {
        const made = this.#made;
        await waitTurns(turns);
        if (this.#isQuiet() && made === this.#made) return true;
      }
      const moved = this.#moved = createDeferred<void>();
      const stopTimer = clock.schedule(() => moved.resolve(), checkMs);
      await moved.promise;
      stopTimer();
    }
    return false;
  }

  #isQuiet(): boolean {
    return !this.#isOver && this.#isAsked && this.#source.isAsked && this.#failing === 0 &&
      areQuiet(this.#stages);
  }

  /** An item has come out: ends the wait for the next check whether anything is in progress. */
  #move(): void {
    this.#moved?.resolve();
    this.#moved = undefined;
  }

  #write(status: Status): string {
    const { session } = this.#parts;
    const stages = saveStages(session.id, this.#stages);
    const body: SavedRun = { status, position: this.#source.position, stages };
    return session.write(body);
  }

  async #save(status: Status): Promise<void> {
    const { session, sink } = this.#parts;
    const { position } = this.#source;
    const text = this.#write(status);
    const read = this.#read;
    const made = this.#made;
    await sink.save(session, text);
    this.#read -= read;
    this.#made -= made;
    this.#committed = position;
    this.#acked += read;
    this.#commits++;
    this.#lastCommitAt = clock.wallTime();
  }

  /** Hands a failed item to `errorsTo`, which has it before the commit that counts it as done. */
  async #writeFailed(errorSink: RunSink, failed: FailedItem): Promise<void> {
    this.#failing++;
    this.#made++;
    try {
      await errorSink.write(failed);
      this.#deadLettered++;
    } finally {
      this.#failing--;
      this.#move();
    }
  }

  stop(deadlineMs: number): void {
    // The last commit is waited for no longer than any other.
    this.#parts.waits.stopIn(deadlineMs);
    if (this.#isOver || this.#isStopping) return;
    if (this.#items === undefined) return this.#cutOff(STOPPED);
    this.#isStopping = true;
    this.#commitAndStop();
  }

  async #commitAndStop(): Promise<void> {
    this.#source.hold();
    // What comes out while it is saved, as of a batch by time, would come again.
    do {
      if (this.#checkpoint === undefined) this.#beginCheckpoint();
      await this.#checkpoint;
    } while (!this.#isOver && (this.#read > 0 || this.#made > 0));
    this.#cutOff(STOPPED);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#parts.waits.end(error);
    this.#cutOff(error);
  }

  /** Ends the run as it is, unless it has ended. */
  #cutOff(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = this.#isCut = true;
    this.#cut.resolve(false);
    this.#move();
    this.#closing = this.#items?.stop(reason).catch((error) => this.#failure ??= { error });
  }
}
