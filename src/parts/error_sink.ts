/**
 * What `errorsTo` says where failed items go.
 *
 * @module
 */

import type { FailedItem } from "../base/errors.ts";
import { isWritable, SharedStream } from "../internal/sinks.ts";
import type { ErrorSink } from "../base/options.ts";

/** Takes the failed items of one run. */
export interface RunSink {
  /** Resolves when the item was taken; rejects with why it was not. */
  write(failed: FailedItem): Promise<void>;
  /** No more items come, for `aborted.reason` where the run was aborted; a promise is waited for. */
  end(aborted: { readonly reason: unknown } | undefined): Promise<void> | undefined;
}

/** Opens the sink of one run; nothing is locked, called or made before the first failed item. */
export function openErrorSink(sink: ErrorSink): RunSink {
  return isWritable(sink) ? new GivenStream(sink) : new CalledSink(sink);
}

/** A stream that the caller made: it serves other runs, too. */
class GivenStream implements RunSink {
  readonly #stream: SharedStream;

  constructor(stream: WritableStream<FailedItem>) {
    this.#stream = new SharedStream(stream as WritableStream<never>);
  }

  write(failed: FailedItem): Promise<void> {
    return this.#stream.write(failed);
  }

  end(): undefined {
    this.#stream.release();
  }
}

/** A function that takes failed items, or makes a stream for them: what it returns first decides which. */
class CalledSink implements RunSink {
  readonly #sink: (failed: FailedItem) => unknown;
  /** The first call, while it is not known what kind of function it is. */
  #first: Promise<void> | undefined;
  #isCalledForEach = false;
  /** Of the stream that was made. */
  #writer: WritableStreamDefaultWriter<FailedItem> | undefined;

  constructor(sink: (failed: FailedItem) => unknown) {
    this.#sink = sink;
  }

  async write(failed: FailedItem): Promise<void> {
    if (this.#isCalledForEach) return void await this.#sink(failed);
    if (this.#writer === undefined) {
      if (this.#first === undefined) return await this.#begin(failed);
      // Called once more, a function that makes a stream would make a second one.
      await this.#first.catch(() => {});
      return await this.write(failed);
    }
    await this.#writer.write(failed);
  }

  async #begin(failed: FailedItem): Promise<void> {
    this.#first = this.#callFirst(failed);
    try {
      await this.#first;
    } finally {
      this.#first = undefined;
    }
    await this.#writer?.write(failed);
  }

  async #callFirst(failed: FailedItem): Promise<void> {
    const answer = await this.#sink(failed);
    if (isWritable(answer)) this.#writer = answer.getWriter();
    else this.#isCalledForEach = true;
  }

  end(aborted: { readonly reason: unknown } | undefined): Promise<void> | undefined {
    if (this.#first === undefined && this.#writer === undefined) return undefined;
    return this.#end(aborted);
  }

  async #end(aborted: { readonly reason: unknown } | undefined): Promise<void> {
    await this.#first?.catch(() => {});
    const writer = this.#writer;
    if (writer === undefined) return;
    try {
      await (aborted === undefined ? writer.close() : writer.abort(aborted.reason));
    } finally {
      writer.releaseLock();
    }
  }
}
