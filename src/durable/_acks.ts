/**
 * The mode `acks`: remembers which items of the source are done.
 *
 * @module
 */

import type { FailedItem } from "../base/errors.ts";
import type { ItemIterator } from "../core/items.ts";
import type { Run } from "../core/run.ts";
import { clock } from "../internal/clock.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { readReason } from "../internal/signals.ts";
import { hasProperty } from "../internal/thrown.ts";
import { openErrorSink, type RunSink } from "../parts/error_sink.ts";
import { flatten, type Origin, OriginCounts, type SourceRecord } from "../parts/lineage.ts";
import { Entries, type Entry, requireEntries } from "./_entries.ts";
import { Feeder } from "./_feeder.ts";
import type { JobProgress, JobResult } from "./job.ts";
import type { JobMode, ModeRun, ModeRunParts } from "./_mode.ts";
import type { PositionedSource } from "./positioned_source.ts";
import { createMismatch } from "./_session.ts";
import { SNAPSHOTS } from "./_snapshots.ts";
import { watchForRoom } from "./_stuck.ts";
import { requireTraced } from "./_traced.ts";

/** Why one run of the pipeline has failed, and on which items; none where that is not known. */
interface PassFailure {
  readonly error: unknown;
  readonly culprits: readonly Entry[];
}

/** Remembers which items are done; what comes out in a transaction is committed with what stages keep. */
export const ACKS: JobMode = {
  check: (id, { stages }) => requireTraced(id, stages),
  createRun(parts) {
    const { sink, session: { id, saved } } = parts;
    if (saved !== undefined && hasProperty(saved, "stages") !== sink.isTransactional) {
      const [before, now] = sink.isTransactional ? ["plain", "a transactional"] : [
        "transactional",
        "a plain",
      ];
      const problem = `its last run had a ${before} sink, and this one has ${now} one; ` +
        "end it with the sink that it had, or begin another job";
      throw createMismatch(id, problem);
    }
    return sink.isTransactional ? SNAPSHOTS.createRun(parts) : new AcksRun(parts);
  },
};

class AcksRun implements ModeRun {
  readonly #parts: ModeRunParts;
  readonly #resumedFrom: unknown;
  readonly #aborting: AbortController = new AbortController();
  readonly #entries: Entries;
  readonly #feeder: Feeder;
  readonly #errorSink: RunSink | undefined;
  /** The run of the pipeline that is under way. */
  #run: Run | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isStopping = false;
  #deadlineMs = 0;
  #deadLettered = 0;
  #unchanged = 0;
  /** The hashes of items that are done, and not kept yet. */
  #hashes: Map<string, string> = new Map();

  /** How many items were done at the last commit. */
  #committed = 0;
  #commits = 0;
  #lastCommitAt: number | undefined;
  #saving: Promise<void> | undefined;
  /** Whether the time since the first item that is not committed is over. */
  #isDue = false;
  #stopTimer: (() => void) | undefined;

  constructor(parts: ModeRunParts) {
    const { session, source, unchanged, options: { errorsTo } } = parts;
    this.#parts = parts;
    const saved = requireEntries(session.id, session.saved);
    this.#resumedFrom = saved.position;
    this.#entries = new Entries(saved);
    const { signal } = this.#aborting;
    this.#feeder = new Feeder({
      source: (source as PositionedSource<unknown, unknown>).open(saved.position, signal),
      entries: this.#entries,
      unchanged,
      onUnchanged: (entry) => {
        this.#unchanged++;
        this.#finish(entry);
      },
      onFull: () =>
        watchForRoom(session.id, this.#entries, () => this.#run, (error) => this.#fail(error)),
    });
    this.#errorSink = errorsTo && openErrorSink(errorsTo);
  }

  progress(): JobProgress {
    const { oldest, openCount, sparseCount, position } = this.#entries;
    const lastCommitAt = this.#lastCommitAt;
    return {
      committed: position,
      unackedCount: openCount,
      oldestUnackedMs: oldest === undefined ? 0 : clock.now() - oldest.readAtMs,
      sparseCount,
      commits: this.#commits,
      ...(oldest !== undefined && { oldestUnacked: oldest.position }),
      ...(lastCommitAt !== undefined && { lastCommitAt }),
    };
  }

  async run(): Promise<JobResult> {
    const { signal } = this.#parts.options;
    const onAbort = () => this.#fail(readReason(signal!));
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#runToEnd();
      return this.#result();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#stopTimer?.();
      this.#aborting.abort(new DOMException("The run is over", "AbortError"));
      await this.#feeder.close(this.#aborting.signal.reason);
      this.#parts.sink.close();
      await this.#errorSink?.end(undefined);
    }
  }

  /** What was done before a failure is committed before it is thrown. */
  async #runToEnd(): Promise<void> {
    try {
      await this.#runPasses();
    } catch (error) {
      await this.#commitLast().catch(() => {});
      throw error;
    }
    await this.#commitLast();
  }

  /** Runs the pipeline until all is done: anew after each failure of an item. */
  async #runPasses(): Promise<void> {
    for (;;) {
      const failed = await this.#pass(this.#feeder.all());
      if (failed === undefined) return;
      await this.#handle(failed);
    }
  }

  async #handle({ error, culprits }: PassFailure): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#parts.poison === undefined || culprits.length === 0) throw error;
    const [first, ...others] = culprits;
    // Of several, one may have failed: each is tried for itself, so that its neighbours are spared.
    if (others.length === 0) await this.#noteFailed(first!, error);
    for (const culprit of culprits) await this.#tryAlone(culprit);
  }

  async #tryAlone(entry: Entry): Promise<void> {
    while (!entry.isDone && !this.#isStopping) {
      const failed = await this.#pass(this.#feeder.only(entry));
      if (this.#failure !== undefined) throw this.#failure.error;
      if (failed !== undefined) await this.#noteFailed(entry, failed.error);
    }
  }

  /** The attempt is saved before the next is made; after the last one the item goes to the dead letters. */
  async #noteFailed(entry: Entry, error: unknown): Promise<void> {
    const { attempts, to } = this.#parts.poison!;
    const { item, position } = entry;
    entry.attempts++;
    await this.#commit();
    if (entry.attempts < attempts) return;
    await to({ item, position, attempts: entry.attempts, error });
    this.#deadLettered++;
    this.#finish(entry);
    await this.#commit();
  }

  /** Runs the pipeline once; what it returns says why it has failed. */
  async #pass(source: AsyncIterable<SourceRecord>): Promise<PassFailure | undefined> {
    if (this.#failure !== undefined) throw this.#failure.error;
    // What a run that has failed gives up is not done.
    let isLive = true;
    const lineage = new OriginCounts((origin) => {
      if (isLive) this.#finish(entryOf(origin));
    });
    const { blueprint, options: { closeTimeoutMs, observer } } = this.#parts;
    const errorsTo = this.#errorSink && ((failed: FailedItem) => this.#bury(failed));
    const runOptions = { closeTimeoutMs, observer, errorsTo };
    const run = blueprint.createRun("run the job", source, runOptions, { lineage });
    this.#run = run;
    if (this.#isStopping) run.stop(this.#deadlineMs);
    const items = run.items();
    try {
      return await this.#drive(items, lineage);
    } catch (error) {
      return { error, culprits: lineage.culpritsOf(error).map(entryOf) };
    } finally {
      isLive = false;
      this.#run = undefined;
    }
  }

  async #drive(items: ItemIterator, lineage: OriginCounts): Promise<PassFailure | undefined> {
    const { sink } = this.#parts;
    for (;;) {
      const asked = items.ask();
      // What was made of an item may be released when the next is asked for: then it is committed.
      this.#commitIfDue();
      let item: unknown;
      if (asked === undefined) item = items.taken;
      else {
        const { done, value } = await asked;
        if (done) return this.#failure;
        item = value;
      }
      const { origin } = items;
      try {
        const taken = sink.take(item);
        if (isPromiseLike(taken)) await taken;
      } catch (error) {
        await items.stop(error);
        return { error, culprits: [...new Set(flatten(origin))].map(entryOf) };
      }
      lineage.release(origin);
    }
  }

  #finish(entry: Entry): void {
    if (entry.isDone) return;
    const { known } = entry;
    if (known !== undefined) this.#hashes.set(known.key, known.hash);
    this.#entries.finish(entry);
    this.#stopTimer ??= clock.schedule(() => {
      this.#isDue = true;
      this.#commitIfDue();
    }, this.#parts.commit.ms);
  }

  #commitIfDue(): void {
    if (this.#saving !== undefined) return;
    const uncommitted = this.#entries.doneCount - this.#committed;
    if (!this.#isDue && uncommitted < this.#parts.commit.items) return;
    this.#commit().catch((error) => this.#fail(error));
  }

  async #commitLast(): Promise<void> {
    await this.#saving?.catch(() => {});
    if (this.#entries.doneCount > this.#committed) await this.#commit();
  }

  /** Saves what is done by now; one after another. */
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
    const { session, sink, unchanged } = this.#parts;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#isDue = false;
    const { doneCount } = this.#entries;
    const text = session.write(this.#entries.save());
    const hashes = this.#hashes;
    this.#hashes = new Map();
    if (hashes.size > 0) await unchanged!.store.set(hashes);
    await sink.save(session, text);
    this.#committed = doneCount;
    this.#commits++;
    this.#lastCommitAt = clock.wallTime();
  }

  /** Hands a failed item to `errorsTo`. */
  async #bury(failed: FailedItem): Promise<void> {
    await this.#errorSink!.write(failed);
    this.#deadLettered++;
  }

  stop(deadlineMs: number): void {
    this.#isStopping = true;
    this.#deadlineMs = deadlineMs;
    this.#feeder.stop();
    this.#run?.stop(deadlineMs);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#feeder.stop();
    this.#run?.abort(error);
  }

  #result(): JobResult {
    return {
      status: this.#isStopping && !this.#feeder.isOver ? "stopped" : "ended",
      acked: this.#entries.doneCount,
      deadLettered: this.#deadLettered,
      resumedFrom: this.#resumedFrom,
      commits: this.#commits,
      ...(this.#parts.unchanged !== undefined && { unchanged: this.#unchanged }),
    };
  }
}

function entryOf({ token }: Origin): Entry {
  return token as Entry;
}
