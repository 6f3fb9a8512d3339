/**
 * Lets a step read everything that an earlier stage has made.
 *
 * @module
 */

import { OwnIterator } from "../internal/many.ts";
import { OneByOne } from "../internal/one_by_one.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import type { Ring } from "../internal/ring.ts";
import type { StepItems } from "./step_items.ts";
import { type Recording, recordingsOf } from "./recordings.ts";
import type { StageRun } from "../core/stage_run.ts";
import type { StateStreams } from "../core/state.ts";

/** For a step: what it has not read yet is pulled for it, and waits until it reads it. */
export class StepStreams implements StateStreams {
  readonly #run: StageRun;
  readonly #input: StepItems;
  readonly #materialized: Map<string, Promise<unknown[]>> = new Map();
  readonly #readers: Set<RecordingReader> = new Set();
  /** Releases what is kept for a step that has not read its input yet. */
  #release: (() => void) | undefined;

  constructor(run: StageRun, input: StepItems) {
    this.#run = run;
    this.#input = input;
    // Once everything has been pulled, all of it can still be read.
    input.onBegin = () => {
      if (!input.isReadToEnd) this.#release?.();
    };
  }

  /** From now on the step can read what goes by before it reads its input, whatever it asks for. */
  keepAll(): void {
    if (!this.#input.hasBegun) this.#release ??= recordingsOf(this.#run).keepAll(this.#run);
  }

  stream(key: string): AsyncGenerator<unknown, void, undefined> {
    this.keepAll();
    const recording = recordingsOf(this.#run).find(key, this.#run);
    const reader = new RecordingReader(recording, this.#input, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    return reader;
  }

  /** Stops the readers of a step that is over. */
  closeReaders(): void {
    for (const reader of this.#readers) reader.return();
  }

  materialize(key: string): Promise<unknown[]> {
    const known = this.#materialized.get(key);
    if (known !== undefined) return known;
    let items: Promise<unknown[]>;
    try {
      // All of the input is read ahead now, so whatever else the step may ask for has to be kept.
      recordingsOf(this.#run).keepAll(this.#run);
      items = collect(this.stream(key));
      // The run reports the same failure, whether or not this is awaited.
      ignoreLateOutcome(items);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#materialized.set(key, items);
    return items;
  }
}

/** Reads a recording, which begins when the reader is made, and pulls the source for more. */
class RecordingReader extends OwnIterator<unknown> {
  readonly #recording: Recording;
  readonly #input: StepItems;
  readonly #queue: Ring<unknown>;
  readonly #onEnd: () => void;
  readonly #calls: OneByOne = new OneByOne();
  #hasMore: boolean;

  constructor(recording: Recording, input: StepItems, onEnd: () => void) {
    super();
    this.#recording = recording;
    this.#input = input;
    this.#queue = recording.open();
    this.#hasMore = !recording.isComplete;
    this.#onEnd = onEnd;
  }

  /** One by one: of many calls that wait, an item would wake all. */
  override next(): Promise<IteratorResult<unknown, void>> {
    return this.#calls.run(() => this.#next());
  }

  async #next(): Promise<IteratorResult<unknown, void>> {
    while (this.#queue.length === 0 && this.#hasMore) {
      this.#hasMore = await this.#input.readAhead();
    }
    if (this.#queue.length === 0) return this.return();
    return { done: false, value: this.#queue.shift() };
  }

  override stop(): Promise<void> {
    this.#hasMore = false;
    this.#recording.close(this.#queue);
    this.#onEnd();
    while (this.#queue.length > 0) this.#queue.shift();
    return Promise.resolve();
  }
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
