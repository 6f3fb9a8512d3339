/**
 * The mode `acks`: remembers which items of the source are done.
 *
 * @module
 */

import type { FailedItem } from "../base/errors.ts";
import { clock } from "../internal/clock.ts";
import { hasProperty } from "../internal/thrown.ts";
import { Entries, type Entry, requireEntries } from "./_entries.ts";
import { createMismatch, RUN_JOB } from "./_errors.ts";
import { Feeder } from "./_feeder.ts";
import type { JobProgress, JobResult } from "./job.ts";
import type { JobMode, ModeRun, ModeRunParts } from "./_mode.ts";
import { Passes } from "./_passes.ts";
import { giveLetter, type PoisonOptions } from "./poison.ts";
import type { PositionedSource } from "./positioned_source.ts";
import { readPositions, RecordReader } from "./_records.ts";
import { LEVELS, requireTraced, type Searched } from "./_refused.ts";
import { SNAPSHOTS } from "./_snapshots.ts";
import { watchForRoom } from "./_stuck.ts";

/** Remembers which items are done; what comes out in a transaction is committed with what stages keep. */
export const ACKS: JobMode = {
  name: "acks",
  check: (id, { stages }) => requireStages(id, { stages, levels: LEVELS }),
  createRun(parts) {
    const { sink, session: { id, saved } } = parts;
    if (saved !== undefined && hasProperty(saved, "stages") !== sink.isTransactional) {
      const problem = `its last run had ${sink.isTransactional ? "no" : "a"} transactional sink; ` +
        "end it so, or begin another job";
      throw createMismatch(id, problem);
    }
    if (!sink.isTransactional) return new AcksRun(parts);
    for (const name of ["poison", "unchanged"] as const) {
      if (parts[name] === undefined) continue;
      throw new TypeError(`Cannot run the job "${id}": ${name} is for plain sinks`);
    }
    return SNAPSHOTS.createRun(parts);
  },
};

function requireStages(id: string, searched: Searched): void {
  requireTraced(`make the job "${id}" in the mode acks`, searched);
}

class AcksRun implements ModeRun {
  readonly #parts: ModeRunParts;
  readonly #resumedFrom: unknown;
  readonly #entries: Entries;
  readonly #feeder: Feeder;
  readonly #passes: Passes;
  #deadLettered = 0;
  #unchanged = 0;
  /** The hashes of items that are done, and not kept yet. */
  #hashes: Map<string, string> = new Map();

  /** How many items were done at the last commit, and up to where. */
  #committed = 0;
  #position: unknown;
  /** How many are in the commit that was begun last. */
  #noted = 0;
  #commits = 0;
  #lastCommitAt: number | undefined;
  #saving: Promise<void> | undefined;
  /** Whether the time since the first item that is not committed is over. */
  #isDue = false;
  #stopTimer: (() => void) | undefined;
  #isOver = false;

  constructor(parts: ModeRunParts) {
    const { session, source, sourceSignal, unchanged, options } = parts;
    this.#parts = parts;
    const saved = requireEntries(session.id, session.saved);
    this.#resumedFrom = this.#position = saved.position;
    this.#entries = new Entries(saved);
    const items = (source as PositionedSource<unknown, unknown>).open(saved.position, sourceSignal);
    this.#feeder = new Feeder({
      readRecord: readPositions(session.id),
      reader: new RecordReader(items, options.closeTimeoutMs),
      entries: this.#entries,
      unchanged,
      onUnchanged: (entry) => {
        this.#unchanged++;
        this.#finish(entry, false);
      },
      onFull: () =>
        watchForRoom(session.id, `go on with the job "${session.id}"`, this.#entries, this.#passes),
    });
    this.#passes = this.#createPasses();
  }

  #createPasses(): Passes {
    const { createRun, sink, errorSink, poison, waits, options } = this.#parts;
    const errorsTo = errorSink && (async (failed: FailedItem) => {
      await errorSink.write(failed);
      this.#deadLettered++;
    });
    return new Passes({
      operator: RUN_JOB.operator,
      createRun,
      feeder: this.#feeder,
      sink,
      waits,
      options: { ...options, errorsTo },
      admit: (stages) => requireStages(this.#parts.session.id, { stages }),
      onDone: (entry, failure) => this.#finish(entry, failure !== undefined),
      onAsked: () => this.#commitIfDue(),
      onFailed: poison && ((entry, error) => this.#noteFailed(poison, entry, error)),
    });
  }

  progress(): JobProgress {
    const { oldest, openCount, sparseCount } = this.#entries;
    const lastCommitAt = this.#lastCommitAt;
    return {
      committed: this.#position,
      unackedCount: openCount,
      oldestUnackedMs: oldest === undefined ? 0 : clock.now() - oldest.readAtMs,
      sparseCount,
      commits: this.#commits,
      ...(oldest !== undefined && { oldestUnacked: oldest.position }),
      ...(lastCommitAt !== undefined && { lastCommitAt }),
    };
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#stopTimer?.();
    await this.#feeder.close();
  }

  /** What was done before a failure is committed before it is thrown. */
  async run(): Promise<JobResult> {
    try {
      await this.#passes.run();
    } catch (error) {
      this.#parts.waits.end(error);
      await this.#commitLast().catch(() => {});
      throw error;
    }
    await this.#commitLast().catch((error) => {
      this.#passes.throwFailure();
      throw error;
    });
    return this.#result();
  }

  /** The attempt is saved before the next is made; after the last one the item goes to the dead letters. */
  async #noteFailed(
    poison: PoisonOptions,
    entry: Entry,
    error: unknown,
  ): Promise<void> {
    const { item, position } = entry;
    entry.attempts++;
    await this.#commit();
    if (entry.attempts < poison.attempts) return;
    await giveLetter(poison, { item, position, attempts: entry.attempts, error });
    // The run may be over in the meantime.
    if (this.#isOver) return;
    this.#deadLettered++;
    this.#finish(entry, true);
    await this.#commit();
  }

  /**
   * If something made of it has failed, it must come again although it is done and has not changed.
   */
  #finish(entry: Entry, hasFailed: boolean): void {
    // An item whose hash the store answers too late for has to come again.
    if (entry.isDone || this.#isOver) return;
    const { known } = entry;
    if (known !== undefined && !hasFailed) this.#hashes.set(known.key, known.hash);
    this.#entries.finish(entry);
    this.#stopTimer ??= clock.schedule(() => {
      this.#isDue = true;
      this.#commitIfDue();
    }, this.#parts.commit.ms);
  }

  /** Begins a commit that is due; returns a promise where the one before must end first. */
  #commitIfDue(): Promise<void> | undefined {
    const uncommitted = this.#entries.doneCount - this.#noted;
    if (!this.#isDue && uncommitted < this.#parts.commit.items) return undefined;
    // Without this wait, a source that answers at once would never let a commit end.
    if (this.#saving !== undefined) return this.#saving.catch(() => {});
    this.#commit().catch((error) => this.#passes.fail(error));
    return undefined;
  }

  async #commitLast(): Promise<void> {
    await this.#saving?.catch(() => {});
    if (this.#entries.doneCount > this.#committed) await this.#commit();
  }

  /** Saves what is done so far; one commit after another. */
  async #commit(): Promise<void> {
    const before = this.#saving;
    const saving = this.#saving = this.#save(before);
    try {
      await saving;
    } finally {
      if (this.#saving === saving) this.#saving = undefined;
    }
  }

  async #save(before: Promise<void> | undefined): Promise<void> {
    await before;
    const { session, sink, unchanged, waits } = this.#parts;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#isDue = false;
    const { doneCount, position } = this.#entries;
    this.#noted = doneCount;
    const text = session.write(this.#entries.save(this.#feeder.isOver));
    const hashes = this.#hashes;
    this.#hashes = new Map();
    if (hashes.size > 0) await waits.close("The store of hashes", unchanged!.store.set(hashes));
    await sink.save(session, text);
    this.#committed = doneCount;
    this.#position = position;
    this.#commits++;
    this.#lastCommitAt = clock.wallTime();
  }

  fail(error: unknown): void {
    this.#passes.fail(error);
  }

  stop(deadlineMs: number): void {
    this.#passes.stop(deadlineMs);
  }

  #result(): JobResult {
    const isDone = this.#feeder.isOver && this.#entries.openCount === 0;
    return {
      status: this.#passes.isStopping && !isDone
        ? "stopped"
        : this.#feeder.isOver
        ? "ended"
        : "complete",
      acked: this.#entries.doneCount,
      deadLettered: this.#deadLettered,
      resumedFrom: this.#resumedFrom,
      commits: this.#commits,
      ...(this.#parts.unchanged !== undefined && { unchanged: this.#unchanged }),
    };
  }
}
