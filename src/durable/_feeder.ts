/**
 * The source of a job in the mode `acks`, on its way into one run of the pipeline after another.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { closeIterator, openIterator, requireResult } from "../internal/many.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import { hasProperty } from "../internal/thrown.ts";
import { complaint } from "../internal/validation.ts";
import type { SourceRecord } from "../parts/lineage.ts";
import type { Delivery } from "./ack_source.ts";
import type { Entries, Entry } from "./_entries.ts";
import type { Positioned } from "./positioned_source.ts";
import type { UnchangedOptions } from "./unchanged.ts";

type Result = IteratorResult<SourceRecord, void>;

const DONE: Result = { done: true, value: undefined };
const SUBJECT = { operator: "run the job" };

/** What a {@linkcode Feeder} reads, and what it says of it. */
export interface FeederParts {
  readonly source: AsyncIterable<unknown>;
  readonly entries: Entries;
  readonly unchanged: UnchangedOptions<unknown> | undefined;
  /** An item has been read that its key and hash say was there before. */
  readonly onUnchanged: (entry: Entry) => void;
  /** Called when it waits for room; what that returns, when it waits no longer. */
  readonly onFull: () => () => void;
}

/** Reads the source once, whatever becomes of the runs: an item that is not done is given again. */
export class Feeder {
  /** Whether the source has ended. */
  isOver = false;
  /** Whether nothing more is to be read. */
  isStopped = false;
  readonly #parts: FeederParts;
  #iterator: AsyncIterator<unknown> | undefined;
  /** The answer that is waited for, or that came when no run was there to take it. */
  #pending: Promise<unknown> | undefined;
  #isReading = false;

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  /** What is not done, and then what the source has. */
  all(): AsyncIterable<SourceRecord> {
    return this.#give([...this.#parts.entries.open()], true);
  }

  /** One item that is not done. */
  only(entry: Entry): AsyncIterable<SourceRecord> {
    return this.#give([entry], false);
  }

  #give(again: Entry[], readsOn: boolean): AsyncIterable<SourceRecord> {
    let isClosed = false;
    const next = async (): Promise<Result> => {
      const entry = again.shift();
      if (entry !== undefined) return { done: false, value: { item: entry.item, token: entry } };
      return readsOn ? await this.#read(() => isClosed || this.isStopped) : DONE;
    };
    const iterator = {
      next,
      return: () => {
        isClosed = true;
        return Promise.resolve(DONE);
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** The next item that is not done yet. */
  async #read(isOver: () => boolean): Promise<Result> {
    const { entries } = this.#parts;
    while (!isOver()) {
      if (!entries.hasRoom) {
        const onRoom = this.#parts.onFull();
        await entries.whenRoom();
        onRoom();
        continue;
      }
      const result = await (this.#pending ??= this.#ask());
      if (isOver()) return DONE;
      this.#pending = undefined;
      requireResult(result);
      if (result.done) {
        this.isOver = true;
        return DONE;
      }
      const entry = await this.#enter(result.value);
      if (!entry.isDone) return { done: false, value: { item: entry.item, token: entry } };
    }
    return DONE;
  }

  async #enter(record: unknown): Promise<Entry> {
    const { entries, unchanged, onUnchanged } = this.#parts;
    const { item, position, delivery } = requireRecord(record);
    const known = unchanged && { key: unchanged.key(item), hash: unchanged.hash(item) };
    const attempts = delivery === undefined ? 0 : delivery.attempts - 1;
    const readAtMs = clock.now();
    const entry = { item, position, delivery, known, readAtMs, isDone: false, attempts };
    entries.add(entry);
    if (known === undefined || entry.isDone) return entry;
    if (await unchanged!.store.get(known.key) === known.hash) onUnchanged(entry);
    return entry;
  }

  async #ask(): Promise<unknown> {
    this.#isReading = true;
    try {
      return await (this.#iterator ??= this.#open()).next();
    } finally {
      this.#isReading = false;
    }
  }

  #open(): AsyncIterator<unknown> {
    const { source } = this.#parts;
    return openIterator(source, source[Symbol.asyncIterator]).iterator as AsyncIterator<unknown>;
  }

  /** Gives nothing more; what waits for room is told. */
  stop(): void {
    this.isStopped = true;
    this.#parts.entries.giveRoom();
  }

  /** Closes the source, unless it has ended. */
  async close(reason: unknown): Promise<void> {
    this.stop();
    if (this.#pending !== undefined) ignoreLateOutcome(this.#pending);
    if (this.#iterator === undefined || this.isOver) return;
    const closing = closeIterator(this.#iterator, reason);
    // One that is silent may not answer before it is asked no more.
    if (this.#isReading && closing !== undefined) ignoreLateOutcome(closing);
    else await closing;
  }
}

/** What a source has given of an item. */
interface ReadRecord {
  readonly item: unknown;
  readonly position: unknown;
  readonly delivery: Delivery<unknown> | undefined;
}

function requireRecord(value: unknown): ReadRecord {
  if (hasProperty(value, "item")) {
    if (hasProperty(value, "position")) {
      const { item, position } = value as Positioned<unknown, unknown>;
      return { item, position, delivery: undefined };
    }
    if (hasProperty(value, "ack")) {
      const delivery = value as Delivery<unknown>;
      return { item: delivery.item, position: undefined, delivery };
    }
  }
  const rule = "an object with item and position, or a delivery";
  throw new TypeError(complaint(SUBJECT, "what its source gives", rule, value));
}
