/**
 * One source while it is read, whatever kind it is of.
 *
 * @module
 */

import {
  closeIterator,
  findPrompt,
  type OpenIterator,
  openIterator,
  type PromptIterator,
  refusePromise,
  requireResult,
  toMany,
} from "./many.ts";
import { cancelAndRelease } from "./streams.ts";

/** How an open source is read. */
export interface Port {
  /** The next result, or the promise of it. */
  read(): unknown;
  /** Called when the source has ended or failed: it is not closed then. */
  release(): void;
  close(reason: unknown): Promise<void> | undefined;
  /** Whether closing it answers what was asked of it, so that closing never waits for an item. */
  readonly answersWhenClosed: boolean;
}

/** Opens `source`: see `Source` for what is one item and what is many. */
export function openPort(source: unknown): Port {
  const many = toMany(source);
  if (many === undefined) return openPort([source]);
  if (many.kind === "stream") return new StreamPort(many.stream);
  const opened = openIterator(many.source, many.open);
  if (many.kind === "sync") return new SyncPort(opened);
  const prompt = findPrompt(opened);
  return prompt === undefined ? new IteratorPort(opened) : new PromptPort(opened, prompt);
}

class IteratorPort implements Port {
  readonly answersWhenClosed = false;
  readonly #opened: OpenIterator;

  constructor(opened: OpenIterator) {
    this.#opened = opened;
  }

  read(): unknown {
    const { iterator, next } = this.#opened;
    return next.call(iterator);
  }

  release(): void {}

  close(reason: unknown): Promise<void> | undefined {
    return closeIterator(this.#opened.iterator, reason);
  }
}

class PromptPort extends IteratorPort {
  readonly #iterator: PromptIterator<unknown>;

  constructor(opened: OpenIterator, iterator: PromptIterator<unknown>) {
    super(opened);
    this.#iterator = iterator;
  }

  override read(): unknown {
    return this.#iterator.ask() ?? { done: false, value: this.#iterator.taken };
  }
}

class SyncPort extends IteratorPort {
  override read(): unknown {
    const result = super.read();
    requireResult(result);
    refusePromise(result);
    return result;
  }
}

class StreamPort implements Port {
  readonly answersWhenClosed = true;
  readonly #reader: ReadableStreamDefaultReader<unknown>;

  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader();
  }

  read(): unknown {
    return this.#reader.read();
  }

  release(): void {
    this.#reader.releaseLock();
  }

  close(reason: unknown): Promise<void> {
    return cancelAndRelease(this.#reader, reason);
  }
}
