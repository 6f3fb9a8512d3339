/**
 * What the sources of jobs give: items with positions, or deliveries of a queue.
 *
 * @module
 */

import { CloseDeadline } from "../core/close_deadline.ts";
import {
  closeIterator,
  findPrompt,
  openIterator,
  OwnIterator,
  type PromptIterator,
  requireResult,
  toMany,
} from "../internal/many.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import { cancelAndRelease } from "../internal/streams.ts";
import { hasProperty, isObject, readProperty } from "../internal/thrown.ts";
import { hasMethods, refuse, refuseValue } from "../internal/validation.ts";
import type { Delivery } from "./ack_source.ts";
import { CONSUME, RUN_JOB } from "./_errors.ts";
import type { Positioned } from "./positioned_source.ts";
import { copySaved } from "./saved.ts";

/** Reads what `open()` of a source has returned, and closes it unless it is over. */
export class RecordReader {
  readonly #source: unknown;
  readonly #closeTimeoutMs: number;
  #iterator: AsyncIterator<unknown> | undefined;
  #prompt: PromptIterator<unknown> | undefined;
  /** Whether the source has been asked, and has not answered. */
  #isReading = false;
  /** Whether it has ended, or failed, where it is not being read. */
  #isSpent = false;

  constructor(source: unknown, closeTimeoutMs: number) {
    this.#source = source;
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  /** The source itself, where it may have items at once. */
  get prompt(): PromptIterator<unknown> | undefined {
    this.#open();
    return this.#prompt;
  }

  #open(): AsyncIterator<unknown> {
    if (this.#iterator === undefined) {
      const iterator = this.#iterator = openRecords(this.#source);
      this.#prompt = findPrompt({ iterator, next: iterator.next });
    }
    return this.#iterator;
  }

  async next(): Promise<IteratorResult<unknown>> {
    this.#isReading = this.#isSpent = true;
    try {
      const result: unknown = await this.#open().next();
      requireResult(result);
      this.#isSpent = !!result.done;
      return result;
    } finally {
      this.#isReading = false;
    }
  }

  /** Closes the source, unless there is nothing to close; rejects with what that fails with in time. */
  async close(reason: unknown): Promise<void> {
    if (this.#iterator === undefined || (this.#isSpent && !this.#isReading)) return;
    const closing = closeIterator(this.#iterator, reason);
    if (closing === undefined) return;
    // An async generator does not close before its pending `next()` is settled.
    if (this.#isReading) return ignoreLateOutcome(closing);
    const deadline = new CloseDeadline(this.#closeTimeoutMs, () => {});
    let isClosed = false;
    const note = () => void (isClosed = true);
    await deadline.wait(closing.then(note, note));
    deadline.end();
    if (isClosed) await closing;
  }
}

function openRecords(source: unknown): AsyncIterator<unknown> {
  const many = toMany(source);
  if (many?.kind === "stream") return new StreamIterator(many.stream);
  // The cast: it is asked and closed as an async iterator is.
  if (many?.kind === "async") {
    return openIterator(many.source, many.open).iterator as AsyncIterator<unknown>;
  }
  const rule = "an async iterable, such as an async generator";
  refuseValue(RUN_JOB, "what open() of its source returns", rule, source);
}

/** Reads a web stream, also where it is no async iterable. */
export class StreamIterator extends OwnIterator<unknown> {
  readonly #reader: ReadableStreamDefaultReader<unknown>;

  constructor(stream: ReadableStream<unknown>) {
    super();
    this.#reader = stream.getReader();
  }

  override async next(): Promise<IteratorResult<unknown, void>> {
    const result = await this.#reader.read();
    if (!result.done) return result;
    this.#reader.releaseLock();
    return { done: true, value: undefined };
  }

  override async stop(reason: unknown): Promise<void> {
    await cancelAndRelease(this.#reader, reason);
  }
}

/**
 * Reads the records of a source with positions, in order: each with a copy of its position, which the
 * source may change later.
 */
export function readPositions(id: string): (value: unknown) => Positioned<unknown, unknown> {
  let last: unknown;
  return (value) => {
    if (!hasProperty(value, "item") || !hasProperty(value, "position")) {
      const hint = hasProperty(value, "ack") ? "; a queue is read by consume()" : "";
      const rule = "an object with item and position, as positioned() makes it";
      refuseValue(RUN_JOB, "what its source gives", rule, value, hint);
    }
    // The cast: both are there.
    const { item, position } = value as Positioned<unknown, unknown>;
    if (position === undefined) {
      refuse(RUN_JOB, "a position must not be undefined, which is the beginning");
    }
    if (!isObject(position)) return { item, position };
    if (position === last) {
      const problem =
        "its source must give each item its own position, and has given one object twice";
      refuse(RUN_JOB, problem);
    }
    last = position;
    return { item, ...copySaved(id, { position }) };
  };
}

/** The delivery that `value` is. */
export function requireDelivery(value: unknown): Delivery<unknown> {
  const isDelivery = hasProperty(value, "item") &&
    hasMethods(value, ["ack", "nack", "extend"]);
  if (!isDelivery) {
    const hint = hasProperty(value, "position") ? "; items with positions are for durable()" : "";
    const rule = "a delivery, an object with item, attempts, ack, nack and extend";
    refuseValue(CONSUME, "what its source gives", rule, value, hint);
  }
  const attempts = readProperty(value, "attempts");
  if (Number.isSafeInteger(attempts) && (attempts as number) > 0) return value as Delivery<unknown>;
  const rule = "how often it was delivered, 1 at first";
  refuseValue(CONSUME, "attempts of a delivery", rule, attempts);
}
