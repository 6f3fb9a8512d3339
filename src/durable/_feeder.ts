/**
 * The source of a job in the mode `acks`, on its way into one run of the pipeline after another.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import {
  closeIterator,
  findPrompt,
  openIterator,
  PromptIterator,
  requireResult,
} from "../internal/many.ts";
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
  #opened: Opened | undefined;
  /** The answer that is waited for, or that came when no run was there to take it. */
  #pending: Promise<unknown> | undefined;
  #isReading = false;

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  /** What is not done, and then what the source has. */
  all(): AsyncIterable<SourceRecord> {
    return new Pass([...this.#parts.entries.open()], (pass) => this.#ask(pass));
  }

  /** One item that is not done. */
  only(entry: Entry): AsyncIterable<SourceRecord> {
    return new Pass([entry], () => Promise.resolve(DONE));
  }

  /** The next item that is not done yet: at once where there is nothing to be waited for. */
  #ask(pass: Pass): Promise<Result> | undefined {
    const { entries, unchanged } = this.#parts;
    while (unchanged === undefined && this.#pending === undefined && !this.#isOverFor(pass)) {
      if (!entries.hasRoom) break;
      const { prompt } = this.#opened ??= this.#open();
      if (prompt === undefined) break;
      const asked = prompt.ask();
      if (asked !== undefined) {
        this.#pending = asked;
        break;
      }
      const entry = this.#add(prompt.taken, undefined);
      if (!entry.isDone) return pass.take(entry);
    }
    return this.#read(pass);
  }

  async #read(pass: Pass): Promise<Result> {
    const { entries } = this.#parts;
    while (!this.#isOverFor(pass)) {
      if (!entries.hasRoom) {
        const onRoom = this.#parts.onFull();
        await entries.whenRoom();
        onRoom();
        continue;
      }
      const result = await (this.#pending ??= this.#next());
      if (this.#isOverFor(pass)) return DONE;
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

  #isOverFor(pass: Pass): boolean {
    return pass.isClosed || this.isStopped;
  }

  async #enter(record: unknown): Promise<Entry> {
    const { unchanged, onUnchanged } = this.#parts;
    if (unchanged === undefined) return this.#add(record, undefined);
    const { item } = requireRecord(record);
    const known = { key: unchanged.key(item), hash: unchanged.hash(item) };
    const entry = this.#add(record, known);
    if (entry.isDone) return entry;
    if (await unchanged.store.get(known.key) === known.hash) onUnchanged(entry);
    return entry;
  }

  #add(record: unknown, known: Entry["known"]): Entry {
    const { item, position, delivery } = requireRecord(record);
    const attempts = delivery === undefined ? 0 : delivery.attempts - 1;
    const readAtMs = clock.now();
    const entry = { item, position, delivery, known, readAtMs, isDone: false, attempts };
    this.#parts.entries.add(entry);
    return entry;
  }

  async #next(): Promise<unknown> {
    this.#isReading = true;
    try {
      return await (this.#opened ??= this.#open()).iterator.next();
    } finally {
      this.#isReading = false;
    }
  }

  #open(): Opened {
    const { source } = this.#parts;
    const opened = openIterator(source, source[Symbol.asyncIterator]);
    return { iterator: opened.iterator as AsyncIterator<unknown>, prompt: findPrompt(opened) };
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
    if (this.#opened === undefined || this.isOver) return;
    const closing = closeIterator(this.#opened.iterator, reason);
    // One that is silent may not answer before it is asked no more.
    if (this.#isReading && closing !== undefined) ignoreLateOutcome(closing);
    else await closing;
  }
}

/** The source, once it is opened, and itself where it may have items at once. */
interface Opened {
  readonly iterator: AsyncIterator<unknown>;
  readonly prompt: PromptIterator<unknown> | undefined;
}

/** What one run of the pipeline reads. */
class Pass extends PromptIterator<SourceRecord> implements AsyncIterableIterator<SourceRecord> {
  isClosed = false;
  taken: SourceRecord | undefined;
  readonly #again: Entry[];
  readonly #ask: (pass: Pass) => Promise<Result> | undefined;

  /** `again` comes first, then what `ask` gives. */
  constructor(again: Entry[], ask: (pass: Pass) => Promise<Result> | undefined) {
    super();
    this.#again = again;
    this.#ask = ask;
  }

  override ask(): Promise<Result> | undefined {
    const entry = this.#again.shift();
    return entry === undefined ? this.#ask(this) : this.take(entry);
  }

  /** The entry is what was asked for. */
  take(entry: Entry): undefined {
    this.taken = { item: entry.item, token: entry };
  }

  override stop(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  async return(): Promise<Result> {
    await this.stop();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
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
