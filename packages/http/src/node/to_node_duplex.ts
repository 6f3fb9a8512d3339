import { Duplex } from "node:stream";
import type { PipelineOf } from "@headrace/pipeline/core";
import { toTransformStream } from "@headrace/pipeline/streams";
import { type NodeStreamOptions, readFrom, readStreamOptions } from "./to_node_readable.ts";

/**
 * A pipeline as a `Duplex` of Node, to stand in a chain of streams: what is written goes in, and what comes
 * out is read.
 *
 * A write is done when the pipeline has taken its item, which slows the writer to the reader. The end of the
 * writer is the end of the source; destroying the stream aborts the run.
 *
 * @typeParam TInput The type of the items that are written.
 * @param pipeline A pipeline of either face.
 * @param options What the items are, and how many are read ahead.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Node
 *
 * @example Between two streams of Node
 * ```ts
 * import { lines } from "@headrace/formats";
 * import { toNodeDuplex } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 * import { Readable } from "node:stream";
 * import { text } from "node:stream/consumers";
 *
 * const upper = StreamingPipeline.start<Uint8Array>().use("line", lines()).map("upper", (line) => line.toUpperCase());
 *
 * const chain = Readable.from([new TextEncoder().encode("mi"), new TextEncoder().encode("ll\nrace")]).pipe(toNodeDuplex(upper));
 * assertEquals(await text(chain), "MILLRACE");
 * ```
 */
export function toNodeDuplex<TInput>(
  pipeline: PipelineOf<TInput, unknown>,
  options: NodeStreamOptions = {},
): Duplex {
  const settings = readStreamOptions("toNodeDuplex()", options);
  const { readable, writable } = toTransformStream(pipeline);
  const writer = writable.getWriter();
  const reader = readable.getReader();
  // The write that fails reports the failure.
  writer.closed.catch(() => {});
  const run = {
    next: () => reader.read(),
    return: async () => {
      await Promise.all([
        reader.cancel(),
        writer.abort(new DOMException("The stream was destroyed", "AbortError")),
      ]);
      return { done: true as const, value: undefined };
    },
  };
  return new Duplex({
    ...settings,
    ...readFrom(run as AsyncGenerator<unknown, void, undefined>),
    write: (chunk: TInput, _encoding, callback) => settle(writer.write(chunk), callback),
    final: (callback) => settle(writer.close(), callback),
  });
}

function settle(promise: Promise<void>, callback: (error?: Error | null) => void): void {
  promise.then(() => callback(), (error) => callback(error));
}
