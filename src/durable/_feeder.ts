/**
 * The source of a job in the mode `acks`, on its way into one run of the pipeline after another.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { PromptIterator } from "../internal/many.ts";
import { ignoreLateOutcome, isPromiseLike, waitTurns } from "../internal/promises.ts";
import { refuseValue } from "../internal/validation.ts";
import type { SourceRecord } from "../parts/lineage.ts";
import type { Delivery } from "./ack_source.ts";
import type { Entries, Entry } from "./_entries.ts";
import { RUN_JOB } from "./_errors.ts";
import type { RecordReader } from "./_records.ts";
import type { UnchangedOptions } from "./unchanged.ts";
import { OVER } from "./_waits.ts";

type Result = IteratorResult<SourceRecord, void>;

const DONE: Result = { done: true, value: undefined };
/** Turns of the microtask queue after which what has been given already has come. */
const GIVEN_TURNS = 4;

/** What a source has given of an item. */
export interface ReadRecord {
  readonly item: unknown;
  readonly position: unknown;
  /** Acknowledges the item; absent for sources with positions. */
  readonly delivery?: Delivery<unknown>;
}

/** What a {@linkcode Feeder} reads, and what it says of it. */
export interface FeederParts {
  readonly reader: RecordReader;
  /** Checks what it gives. */
  readonly readRecord: (value: unknown) => ReadRecord;
  readonly entries: Entries;
  readonly unchanged: UnchangedOptions<unknown> | undefined;
  /** An item has been read whose key and hash say that it has not changed. */
  readonly onUnchanged: (entry: Entry) => void;
  /** Called when it waits for room; the function that it returns is called when the wait ends. */
  readonly onFull: () => () => void;
}

/** Reads the source once, whatever becomes of the runs: an item that is not done is given again. */
export class Feeder {
  /** Whether the source has ended. */
  isOver = false;
  /** Whether nothing more will be read. */
  isStopped = false;
  readonly #parts: FeederParts;
  /** The answer that is waited for, or that came when no run was there to take it. */
  #pending: Promise<IteratorResult<unknown>> | undefined;

  constructor(parts: FeederParts) {
    this.#parts = parts;
  }

  /** What is not done, and then the rest of the source. */
  all(): AsyncIterable<SourceRecord> {
    return new Pass(this.#parts.entries.open(), (pass) => this.#ask(pass));
  }

  /** One item that is not done. */
  only(entry: Entry): AsyncIterable<SourceRecord> {
    return new Pass([entry], () => Promise.resolve(DONE));
  }

  /** The next item that is not done yet: at once where nothing has to be waited for. */
  #ask(pass: Pass): Promise<Result> | undefined {
    const { entries, unchanged } = this.#parts;
    while (unchanged === undefined && this.#pending === undefined && !this.#isOverFor(pass)) {
      if (!entries.hasRoom) break;
      const { prompt } = this.#parts.reader;
      if (prompt === undefined) break;
      const asked = prompt.ask();
      if (asked !== undefined) {
        this.#pending = asked;
        break;
      }
      const entry = this.#add(prompt.taken);
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
      const result = await (this.#pending ??= this.#parts.reader.next());
      if (this.#isOverFor(pass)) return DONE;
      this.#pending = undefined;
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
    if (unchanged === undefined) return this.#add(record);
    const read = this.#parts.readRecord(record);
    const known = readKnown(unchanged, read.item);
    const entry = this.#addRead(read, known);
    if (entry.isDone) return entry;
    if (await unchanged.store.get(known.key) === known.hash) onUnchanged(entry);
    return entry;
  }

  #add(record: unknown): Entry {
    return this.#addRead(this.#parts.readRecord(record));
  }

  #addRead({ item, position, delivery }: ReadRecord, known?: Entry["known"]): Entry {
    const attempts = delivery === undefined ? 0 : delivery.attempts - 1;
    const readAtMs = clock.now();
    const entry = { item, position, delivery, known, readAtMs, isDone: false, attempts };
    this.#parts.entries.add(entry);
    return entry;
  }

  /** Emits nothing more, and ends the wait for room. */
  stop(): void {
    this.isStopped = true;
    this.#parts.entries.giveRoom();
  }

  /** Calls `giveBack` with what the source has given, and no run has taken, now or when it comes. */
  async giveBackUnread(giveBack: (delivery: Delivery<unknown>) => void): Promise<void> {
    const { readRecord } = this.#parts;
    const given = this.#pending?.then((result) => {
      const delivery = result.done ? undefined : readRecord(result.value).delivery;
      if (delivery !== undefined) giveBack(delivery);
    });
    if (given === undefined) return;
    ignoreLateOutcome(given);
    // Where something has been given already, this is called before the source is closed.
    await Promise.race([given.catch(() => {}), waitTurns(GIVEN_TURNS)]);
  }

  /** Closes the source; rejects with what that fails with in time. */
  async close(): Promise<void> {
    this.stop();
    if (this.#pending !== undefined) ignoreLateOutcome(this.#pending);
    await this.#parts.reader.close(OVER);
  }
}

/** The key and hash of an item. */
function readKnown(
  { key, hash }: UnchangedOptions<unknown>,
  item: unknown,
): NonNullable<Entry["known"]> {
  const known = { key: key(item), hash: hash(item) };
  for (const name of ["key", "hash"] as const) {
    const value: unknown = known[name];
    if (typeof value === "string") continue;
    if (isPromiseLike(value)) ignoreLateOutcome(value);
    refuseValue(RUN_JOB, `what unchanged.${name} returns`, "a text", value);
  }
  return known;
}

/** What one run of the pipeline reads. */
class Pass extends PromptIterator<SourceRecord> {
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
}
