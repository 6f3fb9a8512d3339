/**
 * Where the failed items of `SPLIT_ERRORS` go.
 *
 * @module
 */

import type { FailedItem } from "../base/errors.ts";
import type { RunSettings } from "../core/run_options.ts";
import type { ErrorsOfRun } from "../core/scope.ts";
import type { ErrorSink } from "../base/options.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { openErrorSink, type RunSink } from "./error_sink.ts";
import { Ring } from "../internal/ring.ts";

type Answer = IteratorResult<FailedItem, void>;

/** Fails the run when the channel is full and not being read. */
class ErrorChannelFullError extends Error {
  override readonly name: string = "ErrorChannelFullError";
  readonly code: string = "ERROR_CHANNEL_FULL";

  constructor(size: number) {
    super(
      `run.errors is not read, and ${size} errors are pending: read it, pass errorsTo, ` +
        `or raise errorBuffer`,
    );
  }
}

/** The channel of one run. */
export function openErrorChannel({ errorBuffer, errorsTo }: RunSettings): ErrorChannel {
  return new ErrorChannel(errorBuffer, errorsTo);
}

/**
 * Hands failed items to a sink, and holds them for `run.errors`. While it is read, it pushes
 * back when it is full; while it is not, it throws then.
 */
export class ErrorChannel implements ErrorsOfRun, AsyncIterableIterator<FailedItem, void> {
  readonly #size: number;
  readonly #sink: RunSink | undefined;
  readonly #held: Ring<FailedItem> = new Ring();
  #isRead = false;
  #isOver = false;
  readonly #asked: Ring<Deferred<Answer>> = new Ring();
  #room: Deferred<void> | undefined;

  constructor(size: number, sink: ErrorSink | undefined) {
    this.#size = size;
    this.#sink = sink && openErrorSink(sink);
  }

  /** Takes a failed item; if it returns a promise, the next item must wait for it. */
  push(failed: FailedItem): Promise<void> | undefined {
    return this.#sink === undefined ? this.#hold(failed) : this.#write(this.#sink, failed);
  }

  /** No more failed items will come: pending reads end, and pending writes resolve. */
  end(): void {
    this.#isOver = true;
    this.#answerAll();
    this.#makeRoom();
  }

  /** Ends, and closes the sink; the caller waits for what it returns. */
  close(aborted: { readonly reason: unknown } | undefined): Promise<void> | undefined {
    this.end();
    return this.#sink?.end(aborted);
  }

  next(): Promise<Answer> {
    this.#isRead = true;
    const held = this.#held.shift();
    if (held !== undefined) {
      this.#makeRoom();
      return Promise.resolve({ done: false, value: held });
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const asked = createDeferred<Answer>();
    this.#asked.push(asked);
    return asked.promise;
  }

  return(): Promise<Answer> {
    this.#isRead = false;
    this.#answerAll();
    this.#makeRoom();
    return Promise.resolve({ done: true, value: undefined });
  }

  #answerAll(): void {
    for (let asked = this.#asked.shift(); asked; asked = this.#asked.shift()) {
      asked.resolve({ done: true, value: undefined });
    }
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #write(sink: RunSink, failed: FailedItem): Promise<void> {
    await sink.write(failed);
    // With a sink, the channel need not be read.
    if (this.#isRead) await this.#hold(failed);
  }

  #hold(failed: FailedItem): Promise<void> | undefined {
    const asked = this.#asked.shift();
    if (asked !== undefined) {
      asked.resolve({ done: false, value: failed });
      return;
    }
    if (this.#held.length < this.#size) return this.#held.push(failed) as undefined;
    if (!this.#isRead) throw new ErrorChannelFullError(this.#size);
    this.#room ??= createDeferred();
    return this.#room.promise.then(() => this.#isOver ? undefined : this.#hold(failed));
  }
}
