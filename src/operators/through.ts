import { createStreamStage } from "./_stream_stage.ts";
import type { SharedBytes, WebTransform, WrittenItem } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { StreamContext } from "../core/context.ts";
import { OwnIterator } from "../internal/many.ts";
import { createDeferred, type Deferred, ignoreLateOutcome } from "../internal/promises.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import { cancelAndRelease } from "../internal/streams.ts";
import { hasProperty } from "../internal/thrown.ts";
import { refuseReturned, requireFunction } from "../internal/validation.ts";

/**
 * Sends the items through a web transform, such as a `TextDecoderStream`.
 *
 * Items are written while a read is pending, and no further ahead than the transform's own queues
 * ask for. The stage ends, or fails, when the readable does. A pair of your own has to see to that
 * where its writable fails: what never ends is waited for.
 *
 * @param create Makes the transform; called once per run.
 * @throws {TypeError} If `key` is taken or `create` is not a function.
 * @category The whole stream
 *
 * @example Bytes to text
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { through } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<Uint8Array>()
 *   .use("text", through(() => new TextDecoderStream()));
 *
 * const bytes = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac)];
 * assertEquals((await pipeline.executeToArray(bytes)).join(""), "€");
 * ```
 */
export function through<TInput, TOutput, TAccumulated = unknown, TContext = unknown>(
  create: () => WebTransform<TOutput, TInput> | WebTransform<TOutput, WrittenItem<TInput>>,
): Operator<TInput | SharedBytes<TInput>, TOutput, TAccumulated, TContext> {
  return createOperator("through", (place) => {
    const hint = isPair(create) ? "; each run needs one of its own: () => new …()" : "";
    requireFunction(place, "its transform", create, hint);
    return createStreamStage(place, (context) => {
      const pair: unknown = create();
      if (isPair(pair)) return new Passage(pair, context);
      refuseReturned(place, "its transform", "a readable/writable pair", pair);
    });
  });
}

type Pair = WebTransform<unknown, unknown>;

function isPair(value: unknown): value is Pair {
  return hasProperty(value, "readable") && hasProperty(value, "writable");
}

/**
 * Writes items in while a read is pending, and no further ahead than the transform's
 * own queues ask for. Pumped by hand: how much a native pipe reads ahead, and when its cancellation
 * has reached the source, differs on every runtime.
 */
class Passage extends OwnIterator<unknown> {
  readonly #input: AsyncGenerator<unknown, void, undefined>;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #writer: WritableStreamDefaultWriter<unknown>;
  #pumping: Promise<void> | undefined;
  #reading = false;
  /** Set while the pump waits because nothing is read. */
  #rest: Deferred<void> | undefined;
  /** Whether the pump has closed the writable end. */
  #isWritten = false;
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(pair: Pair, { input }: StreamContext) {
    super();
    const { reader, writer } = openPair(pair);
    this.#input = input;
    this.#reader = reader;
    this.#writer = writer;
    const checkOpen = () => {
      if (this.#isWritten) return;
      this.#failure ??= {
        error: new TypeError("Its transform is closed; each run needs one of its own"),
      };
    };
    // The same errors come out of the reader, which reports them.
    ignoreLateOutcome(writer.closed.then(checkOpen));
    ignoreLateOutcome(reader.closed);
  }

  override async next(): Promise<IteratorResult<unknown>> {
    this.#reading = true;
    this.#rest?.resolve();
    this.#pumping ??= this.#pump();
    try {
      const result = await this.#reader.read();
      if (!result.done) return result;
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#reading = false;
    }
    this.#end();
    if (this.#failure !== undefined) throw this.#failure.error;
    return { done: true, value: undefined };
  }

  /**
   * Closes both ends, for some runtimes do not carry a cancellation through a transform; one after
   * the other, for a stream that is errored meanwhile rejects its cancellation.
   */
  override async stop(reason: unknown): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#rest?.resolve();
    try {
      await this.#reader.cancel(reason);
    } finally {
      await this.#writer.abort(reason).catch(() => {});
      this.#release();
    }
  }

  /** Nothing more comes out: a writable end that is not notified of that is released. */
  #end(): void {
    if (!this.#closed && !this.#isWritten) {
      const { error } = this.#failure ?? { error: NOT_WANTED };
      ignoreLateOutcome(this.#writer.abort(error));
    }
    this.#release();
  }

  #release(): void {
    this.#closed = true;
    this.#rest?.resolve();
    this.#reader.releaseLock();
    this.#writer.releaseLock();
  }

  async #pump(): Promise<void> {
    try {
      while (await this.#isWanted()) {
        const result = await this.#read();
        if (this.#closed) return;
        if (result.done) {
          this.#isWritten = true;
          return await this.#writer.close();
        }
        ignoreLateOutcome(this.#writer.write(result.value));
      }
    } catch {
      // The transform has failed; its reader fails with the same, and reports it.
    }
  }

  /** Waits until the transform has room and a read is pending; false once the stage has ended. */
  async #isWanted(): Promise<boolean> {
    await this.#writer.ready;
    // On workerd the writer is ready, not errored, when the transform has terminated.
    if (this.#writer.desiredSize === null) return false;
    while (!this.#reading && !this.#closed) await (this.#rest = createDeferred<void>()).promise;
    return !this.#closed;
  }

  /** A failed input ends like an empty one, so that what is in the transform comes out first. */
  async #read(): Promise<IteratorResult<unknown, void>> {
    try {
      return await this.#input.next();
    } catch (error) {
      this.#failure = { error };
      return { done: true, value: undefined };
    }
  }
}

/** Both ends, or the error of the one that is in use elsewhere; the other is closed then. */
function openPair({ readable, writable }: Pair) {
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  try {
    reader = readable.getReader();
    return { reader, writer: writable.getWriter() };
  } catch (error) {
    if (reader !== undefined) ignoreLateOutcome(cancelAndRelease(reader, error));
    if (!writable.locked) ignoreLateOutcome(writable.abort(error));
    throw error;
  }
}
