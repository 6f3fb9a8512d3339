/**
 * Runs a pipeline over a source whose items are acknowledged: once, and again after each failure of
 * an item, with what is not done yet.
 *
 * @module
 */

import type { Blueprint } from "../core/blueprint.ts";
import type { ItemIterator } from "../core/items.ts";
import type { Run } from "../core/run.ts";
import type { Stage } from "../core/stage.ts";
import type { StreamingError } from "../base/errors.ts";
import type { RunOptions } from "../base/options.ts";
import { ignoreLateOutcome, isPromiseLike } from "../internal/promises.ts";
import { flatten, type Origin, OriginCounts, type SourceRecord } from "../parts/lineage.ts";
import { createBudgetEnd } from "./_errors.ts";
import type { Entry } from "./_entries.ts";
import type { Feeder } from "./_feeder.ts";
import type { OpenSink } from "./_sink.ts";
import type { Waits } from "./_waits.ts";

/** What the passes are made from. */
export interface PassesParts {
  readonly operator: string;
  readonly createRun: Blueprint["createRun"];
  readonly feeder: Feeder;
  readonly sink: Pick<OpenSink, "take" | "isBroken">;
  readonly options: Pick<RunOptions, "closeTimeoutMs" | "observer" | "errorsTo">;
  readonly waits: Waits;
  /** Throws where stages do not say what their outputs were made of. */
  readonly admit: (stages: readonly Stage[]) => void;
  /** All that was made of an item has left; `failure` is of what was left out. */
  readonly onDone: (entry: Entry, failure: StreamingError | undefined) => void;
  /**
   * Called when the next item is asked for and what that has released counts as done; a promise is
   * waited for.
   */
  readonly onAsked: () => Promise<void> | undefined;
  /**
   * The pipeline, or the sink, has failed on this item alone. It is tried again, unless it is done
   * when the promise resolves. Absent where a failure ends the run.
   */
  readonly onFailed: ((entry: Entry, error: unknown) => Promise<void>) | undefined;
}

/** Why a pass has failed, and on which items; none where that is not known. */
interface PassFailure {
  readonly error: unknown;
  readonly culprits: readonly Entry[];
}

/** The passes of one run. */
export class Passes {
  readonly #parts: PassesParts;
  #run: Run | undefined;
  /** Whether the sink is taking an item. */
  #isTaking = false;
  /** The longest time for which a stage keeps an item back, inside of branches as well. */
  longestWaitMs = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Whether no further pass may begin. */
  isStopping = false;

  constructor(parts: PassesParts) {
    this.#parts = parts;
    parts.waits.onEnd = (reason) => this.#run?.abort(reason);
  }

  /** The run of the pipeline that waits for items; absent while the sink takes an item. */
  get waiting(): Run | undefined {
    return this.#isTaking ? undefined : this.#run;
  }

  /** Runs until all is done, or given up; rejects with what ends the run. */
  async run(): Promise<void> {
    try {
      await this.#runAll();
    } catch (error) {
      this.throwFailure();
      if (!this.#parts.waits.isEnded) throw error;
    }
  }

  async #runAll(): Promise<void> {
    const { feeder, sink, onFailed, waits } = this.#parts;
    // What is not done when it is stopped comes again in the next run.
    while (!this.isStopping) {
      const failed = await this.#pass(feeder.all());
      if (failed === undefined) return;
      const { error, culprits } = failed;
      if (onFailed === undefined || culprits.length === 0) throw error;
      // Any of several may have failed: each is tried alone, so that only that one counts as failed.
      if (culprits.length === 1) await waits.work(onFailed(culprits[0]!, error));
      // No other item, and no further attempt, can succeed.
      if (sink.isBroken) throw error;
      for (const culprit of culprits) await this.#tryAlone(culprit, onFailed);
    }
    this.throwFailure();
  }

  async #tryAlone(entry: Entry, onFailed: NonNullable<PassesParts["onFailed"]>): Promise<void> {
    while (!entry.isDone && !this.isStopping) {
      const { feeder, sink, waits } = this.#parts;
      const failed = await this.#pass(feeder.only(entry));
      if (failed === undefined) continue;
      await waits.work(onFailed(entry, failed.error));
      if (sink.isBroken) throw failed.error;
    }
  }

  /** Runs the pipeline once; what it returns says why it has failed. */
  async #pass(source: AsyncIterable<SourceRecord>): Promise<PassFailure | undefined> {
    this.throwFailure();
    const { operator, createRun, options, onDone, admit } = this.#parts;
    // What a pass that has failed gives up is not done.
    let isLive = true;
    const lineage = new OriginCounts((origin) => {
      if (isLive) onDone(entryOf(origin), origin.failure);
    }, (given) => {
      // The cast: they are those of a pipeline.
      const stages = given as readonly Stage[];
      const waits = stages.map(({ maxWaitMs = 0 }) => maxWaitMs);
      this.longestWaitMs = Math.max(this.longestWaitMs, ...waits);
      admit(stages);
    });
    const requestStop = () => {
      // What was refused is not done; what is in flight has been paid, and comes out.
      this.#failure ??= { error: createBudgetEnd() };
      this.#parts.feeder.stop();
      this.#run?.stop();
      return true;
    };
    const links = { lineage, outer: { requestStop } };
    const run = this.#run = createRun(operator, source, options, links);
    let failed: PassFailure | undefined;
    try {
      failed = await this.#drive(run.items(), lineage);
    } catch (error) {
      failed = { error, culprits: lineage.culpritsOf(error).map(entryOf) };
    } finally {
      isLive = false;
      this.#run = undefined;
    }
    this.throwFailure();
    // Work that was aborted at the deadline of a stop has not failed.
    return this.#parts.waits.isEnded ? undefined : failed;
  }

  /** Throws what was given to `fail`. */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #drive(items: ItemIterator, lineage: OriginCounts): Promise<PassFailure | undefined> {
    const { sink, onAsked, waits } = this.#parts;
    for (;;) {
      const asked = items.ask();
      const noted = onAsked();
      if (noted !== undefined) {
        // The pending item may fail first.
        if (asked !== undefined) ignoreLateOutcome(asked);
        await waits.work(noted);
      }
      let item: unknown;
      if (asked === undefined) item = items.taken;
      else {
        const { done, value } = await asked;
        if (done) return undefined;
        item = value;
      }
      const { origin } = items;
      try {
        this.#isTaking = true;
        const taken = sink.take(item);
        if (isPromiseLike(taken)) await waits.work(taken);
      } catch (error) {
        await items.stop(error);
        return { error, culprits: [...new Set(flatten(origin))].map(entryOf) };
      } finally {
        this.#isTaking = false;
      }
      lineage.release(origin);
    }
  }

  /** Reads no more, and lets what is in flight come out, within `deadlineMs`. */
  stop(deadlineMs: number): void {
    this.isStopping = true;
    this.#parts.feeder.stop();
    this.#run?.stop(deadlineMs);
    this.#parts.waits.stopIn(deadlineMs);
  }

  /** Ends the run with `error`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#parts.feeder.stop();
    this.#run?.abort(error);
    this.#parts.waits.end(error);
  }
}

function entryOf({ token }: Origin): Entry {
  return token as Entry;
}
