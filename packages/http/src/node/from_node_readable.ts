import * as streams from "node:stream";
import { finished, type Readable } from "node:stream";
import { ClosingGenerator } from "../_closing_generator.ts";
import { complaint } from "../_options.ts";

/**
 * A `Readable` of Node as a source that is destroyed at once when the run is closed. A run reads a `Readable`
 * as it is, too; but one that is silent is then destroyed with its next chunk only. The connection of a request
 * is left alone, for its answer.
 *
 * It is read once, at the pace of the run. A stream that fails, or that is destroyed before its end, fails the
 * source.
 *
 * @typeParam T What its chunks are: bytes, unless it has an encoding or is in object mode.
 * @param readable The stream.
 * @throws {TypeError} If it is no stream of Node.
 * @category Node
 *
 * @example A file, line by line
 * ```ts
 * import { lines } from "@headrace/formats";
 * import { fromNodeReadable } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 * import { Readable } from "node:stream";
 *
 * const file = Readable.from([new TextEncoder().encode("mill\nrace\n")]);
 * const pipeline = StreamingPipeline.start<Uint8Array>().use("line", lines());
 *
 * assertEquals(await pipeline.executeToArray(fromNodeReadable(file)), ["mill", "race"]);
 * ```
 */
export function fromNodeReadable<T = Uint8Array>(
  readable: Readable,
): AsyncGenerator<T, void, undefined> {
  if (typeof readable?.read !== "function" || typeof readable.destroy !== "function") {
    throw new TypeError(
      complaint("fromNodeReadable()", "readable", "a Readable of Node", readable),
    );
  }
  return new ReadableSource<T>(readable);
}

class ReadableSource<T> extends ClosingGenerator<T> {
  readonly #readable: Readable;
  #iterator: AsyncIterator<T, unknown> | undefined;
  #isOver = false;

  constructor(readable: Readable) {
    super();
    this.#readable = readable;
  }

  override async next(): Promise<IteratorResult<T, void>> {
    if (this.#isOver) return { done: true, value: undefined };
    this.#iterator ??= this.#readable[Symbol.asyncIterator]();
    try {
      const { done, value } = await this.#iterator.next();
      if (done !== true) return { done: false, value };
    } catch (error) {
      // A failure after it was destroyed here is a consequence of that, and ignored.
      if (!this.#isOver) throw error;
    }
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  override async return(): Promise<IteratorResult<T, void>> {
    const stream = this.#readable;
    this.#isOver = true;
    if (!stream.closed) {
      // `finished` handles the event "error", which would be uncaught otherwise.
      const closed = new Promise<void>((resolve) => void finished(stream, () => resolve()));
      destroy(stream);
      await closed;
    }
    return { done: true, value: undefined };
  }
}

/**
 * Destroys a stream as Node does after a loop over it: of a request it takes the connection away first, which
 * the answer still needs. The types of Node leave the function out.
 */
function destroy(stream: Readable): void {
  const { destroy } = streams as { destroy?: (stream: Readable, error: null) => void };
  if (destroy === undefined) stream.destroy();
  else destroy(stream, null);
}
