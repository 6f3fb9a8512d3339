/**
 * The source of a job on its way into the pipeline: it can be held back.
 *
 * @module
 */

import { closeIterator, OwnIterator, requireResult } from "../internal/many.ts";
import { createDeferred, type Deferred, ignoreLateOutcome } from "../internal/promises.ts";
import { openRecords, PositionedRecords } from "./_records.ts";

type Result = IteratorResult<unknown, void>;

const DONE: Result = { done: true, value: undefined };

/** Gives the items of a source without their positions, the last of which it knows. */
export class HeldSource extends OwnIterator<unknown> {
  /** Behind the item that was given last; `undefined` where none was, and the run began at the start. */
  position: unknown;
  /** Whether an item was asked for and has not been given. */
  isAsked = false;
  /** Whether the source has ended. */
  isOver = false;

  readonly #source: AsyncIterable<unknown>;
  readonly #onGive: () => void;
  readonly #records: PositionedRecords = new PositionedRecords();
  #iterator: AsyncIterator<unknown> | undefined;
  /** What was read to see whether there is something. */
  #peeked: Promise<unknown> | undefined;
  #gate: Deferred<void> | undefined;
  #isClosed = false;
  /** Whether the source has been asked, and has not answered. */
  #isReading = false;
  /** Whether there is nothing to be closed any more: it has ended, or failed. */
  #isSpent = false;

  /** `onGive` is called before each item that is given. */
  constructor(source: AsyncIterable<unknown>, position: unknown, onGive: () => void) {
    super();
    this.#source = source;
    this.position = position;
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

  /** Whether there is an item: reads it, for the next time that one is asked for. */
  async hasItem(): Promise<boolean> {
    const result = await (this.#peeked = this.#read());
    requireResult(result);
    return !result.done;
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
    const read = this.#peeked ?? this.#read();
    this.#peeked = undefined;
    // A failure is held back as well: what came before it is saved first.
    const outcome = await read.then((result) => ({ result }), (error) => ({ error }));
    while (this.#gate !== undefined) await this.#gate.promise;
    if (this.#isClosed) return DONE;
    this.#isSpent = true;
    if ("error" in outcome) throw outcome.error;
    const { result } = outcome;
    requireResult(result);
    this.#isSpent = result.done === true;
    if (result.done) {
      this.isOver = true;
      return DONE;
    }
    const { item, position } = this.#records.require(result.value);
    this.position = position;
    this.#onGive();
    return { done: false, value: item };
  }

  async #read(): Promise<unknown> {
    this.#isReading = true;
    try {
      return await (this.#iterator ??= openRecords(this.#source)).next();
    } finally {
      this.#isReading = false;
    }
  }

  override async stop(reason: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.release();
    if (this.#iterator === undefined || this.#isSpent) return;
    const closing = closeIterator(this.#iterator, reason);
    // An async generator does not close before its pending `next()` is settled.
    if (this.#isReading && closing !== undefined) ignoreLateOutcome(closing);
    else await closing;
  }
}
