/**
 * The source of a job on its way into the pipeline: it can be held back.
 *
 * @module
 */

import { OwnIterator } from "../internal/many.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import type { Positioned } from "./positioned_source.ts";
import { readPositions, type RecordReader } from "./_records.ts";

type Result = IteratorResult<unknown, void>;

const DONE: Result = { done: true, value: undefined };

/** Gives the items of a source without their positions, the last of which it knows. */
export class HeldSource extends OwnIterator<unknown> {
  /**
   * After the item that was given last; `undefined` where none was, and the run began at the start.
   */
  position: unknown;
  /** Whether an item was asked for and has not been given. */
  isAsked = false;
  /** Whether the source has ended. */
  isOver = false;

  readonly #reader: RecordReader;
  readonly #onGive: () => void;
  readonly #readRecord: (value: unknown) => Positioned<unknown, unknown>;
  /** What was read to see whether there is an item. */
  #peeked: Promise<IteratorResult<unknown>> | undefined;
  #gate: Deferred<void> | undefined;
  #isClosed = false;

  /** `from` is where `reader` begins; `onGive` is called before each item that is given. */
  constructor(id: string, reader: RecordReader, from: unknown, onGive: () => void) {
    super();
    this.#reader = reader;
    this.#readRecord = readPositions(id);
    this.position = from;
    this.#onGive = onGive;
  }

  /** Emits nothing until {@linkcode HeldSource.release}; a pending `next()` stays pending. */
  hold(): void {
    this.#gate ??= createDeferred();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Whether there is an item, or a failure: reads it, for the next time that one is asked for. */
  hasItem(): Promise<boolean> {
    this.#peeked = this.#reader.next();
    return this.#peeked.then(({ done }) => !done, () => true);
  }

  override async next(): Promise<Result> {
    this.isAsked = true;
    try {
      return await this.#next();
    } finally {
      this.isAsked = false;
    }
  }

  async #next(): Promise<Result> {
    const read = this.#peeked ?? this.#reader.next();
    this.#peeked = undefined;
    // A failure is held back as well: what came before it is saved first.
    await read.catch(() => {});
    while (this.#gate !== undefined) await this.#gate.promise;
    if (this.#isClosed) return DONE;
    const { done, value } = await read;
    if (done) {
      this.isOver = true;
      return DONE;
    }
    const { item, position } = this.#readRecord(value);
    this.position = position;
    this.#onGive();
    return { done: false, value: item };
  }

  override async stop(reason: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.release();
    await this.#reader.close(reason);
  }
}
