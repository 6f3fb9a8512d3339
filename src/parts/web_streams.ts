/**
 * A run as a web stream, and web streams as the source of a run.
 *
 * @module
 */

import { createDeferred, type Deferred } from "../internal/promises.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import type { QueueOptions } from "../base/types.ts";
import type { ItemIterator } from "../core/items.ts";

/**
 * A stream of the items; each is computed when the stream's queue has room for it. `open` is called
 * when the strategy was accepted: a stream that cannot be made takes no source.
 */
export function createReadable(
  open: () => ItemIterator,
  strategy: QueueOptions<never> = { highWaterMark: 0 },
): ReadableStream<unknown> {
  let items: ItemIterator;
  let emptySize: number | null = 0;
  let failure: { readonly error: unknown } | undefined;
  return new ReadableStream({
    start(controller) {
      items = open();
      emptySize = controller.desiredSize;
    },
    async pull(controller) {
      if (failure === undefined) {
        let result: IteratorResult<unknown, void> | undefined;
        try {
          result = await items.next();
        } catch (error) {
          failure = { error };
        }
        if (result?.done) return controller.close();
        if (result !== undefined) return await enqueue(controller, result.value, items);
      }
      // An error empties the queue, so what waits in it must be read first; each read pulls.
      if (controller.desiredSize === emptySize) controller.error(failure!.error);
    },
    cancel: (reason) => items.stop(reason),
  }, strategy as QueuingStrategy<unknown>);
}

/** Where the strategy cannot say how large `item` is, the stream has failed, and cancels nothing. */
async function enqueue(
  controller: ReadableStreamDefaultController<unknown>,
  item: unknown,
  items: ItemIterator,
): Promise<void> {
  let reason: unknown = NOT_WANTED;
  try {
    controller.enqueue(item);
  } catch (error) {
    reason = error;
  }
  // workerd 1.20261023 throws nothing.
  if (controller.desiredSize === null) await items.stop(reason);
}

/** Takes what is written, one chunk at a time, and hands it to a run that reads it. */
export class WrittenSource implements AsyncIterable<unknown> {
  /** A write is done when the run has taken its chunk, which is how the run slows its writer. */
  readonly writable: WritableStream<unknown>;
  /** The chunk that waits to be taken. */
  #offered: { readonly chunk: unknown; readonly taken: Deferred<void> } | undefined;
  #asked: Deferred<IteratorResult<unknown>> | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #controller: WritableStreamDefaultController | undefined;

  /** Called when a write becomes pending, which the end of the run has to settle. */
  onWait: () => void = () => {};
  /** Called with the reason when the writer aborts. */
  onAbort: (reason: unknown) => Promise<void> = () => Promise.resolve();

  constructor(strategy?: QueueOptions<never>) {
    this.writable = new WritableStream({
      start: (controller) => {
        this.#controller = controller;
        // The stream waits for a write that is under way before it calls `abort`.
        controller.signal?.addEventListener("abort", () => this.#refuse(controller.signal.reason));
      },
      write: (chunk) => this.#offer(chunk),
      close: () => this.#end(),
      abort: (reason) => {
        this.#refuse(reason);
        return this.onAbort(reason);
      },
    }, strategy as QueuingStrategy<unknown>);
  }

  /** Is closed by {@linkcode WrittenSource.stop}, which has a reason. */
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return { next: () => this.#next() };
  }

  #next(): Promise<IteratorResult<unknown>> {
    if (this.#offered !== undefined) {
      const { chunk, taken } = this.#offered;
      this.#offered = undefined;
      taken.resolve();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#ended) return this.#answerEnd();
    return (this.#asked = createDeferred()).promise;
  }

  /** The run wants no more: later writes fail with `reason`. */
  readonly stop = (reason: unknown): void => {
    if (this.#ended) return;
    const error = reason ?? new TypeError("Cannot write: the pipeline takes no more items");
    this.#offered?.taken.reject(error);
    this.#end();
    this.#controller!.error(error);
  };

  #offer(chunk: unknown): Promise<void> | undefined {
    const asked = this.#asked;
    if (asked === undefined) {
      const offered = this.#offered = { chunk, taken: createDeferred<void>() };
      this.onWait();
      return offered.taken.promise;
    }
    this.#asked = undefined;
    asked.resolve({ done: false, value: chunk });
  }

  #refuse(reason: unknown): void {
    this.#failure ??= { error: reason };
    this.#offered?.taken.reject(reason);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#offered = undefined;
    if (this.#asked === undefined) return;
    if (this.#failure === undefined) this.#asked.resolve({ done: true, value: undefined });
    else this.#asked.reject(this.#failure.error);
    this.#asked = undefined;
  }

  #answerEnd(): Promise<IteratorResult<unknown>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return Promise.resolve({ done: true, value: undefined });
  }
}
