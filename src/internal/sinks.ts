/**
 * Writes to web streams.
 *
 * @module
 */

import { andThen } from "./promises.ts";
import { readProperty } from "./thrown.ts";

/** A lock on a stream, and how many writes it is held for. */
interface Lock {
  readonly writer: WritableStreamDefaultWriter<unknown>;
  users: number;
}

/** A stream has one writer at a time, which all that write to it at that time share. */
const locks: WeakMap<WritableStream<never>, Lock> = new WeakMap();

/** Whether a value does what a `WritableStream` does, whichever realm or polyfill made it. */
export function isWritable(value: unknown): value is WritableStream<never> {
  return typeof readProperty(value, "getWriter") === "function";
}

/**
 * A function as a sink. Of `errorsTo` it may make a stream; here that is refused, for nothing would be
 * written to it.
 */
export function callSink(sink: (item: never) => unknown): (item: unknown) => unknown {
  return (item) => andThen(sink(item as never), refuseStream);
}

function refuseStream(answer: unknown): void {
  if (isWritable(answer)) {
    throw new TypeError("A sink must be a WritableStream, not a function that makes one");
  }
}

/**
 * Writes to a stream that the run does not own. It is locked while a write is under way, so
 * that several runs may write to it, one after the other or at the same time.
 */
export class SharedStream {
  readonly #stream: WritableStream<never>;
  /** The locks that are held, each by a write. */
  readonly #held: Set<() => void> = new Set();
  #isReleased = false;

  constructor(stream: WritableStream<never>) {
    this.#stream = stream;
  }

  /** Resolves when the stream has taken the item, or is released. */
  async write(item: unknown): Promise<void> {
    const lock = this.#lock();
    const release = () => {
      if (this.#held.delete(release)) this.#unlock(lock);
    };
    this.#held.add(release);
    try {
      await lock.writer.ready;
      await lock.writer.write(item);
    } catch (error) {
      // What becomes of the stream later is its owner's business.
      if (!this.#isReleased) throw error;
    } finally {
      release();
    }
  }

  /** Unlocks the stream, whatever is still under way. */
  release(): void {
    this.#isReleased = true;
    for (const release of [...this.#held]) release();
  }

  #lock(): Lock {
    let lock = locks.get(this.#stream);
    if (lock === undefined) {
      lock = { writer: this.#stream.getWriter(), users: 0 };
      locks.set(this.#stream, lock);
    }
    lock.users++;
    return lock;
  }

  #unlock(lock: Lock): void {
    if (--lock.users > 0) return;
    locks.delete(this.#stream);
    lock.writer.releaseLock();
  }
}
