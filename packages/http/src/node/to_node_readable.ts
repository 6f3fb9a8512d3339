import { Readable } from "node:stream";
import type { Many } from "@headrace/pipeline/core";
import { HalfCharacters } from "../_half_characters.ts";
import { requireMany, runOf } from "../_run_of.ts";
import { readInteger, requireKnown } from "../_options.ts";

/**
 * Options of {@linkcode toNodeReadable} and {@linkcode toNodeDuplex}.
 *
 * @category Node
 */
export interface NodeStreamOptions {
  /** Whether items are values of any type; else they are text or bytes. @default {false} */
  readonly objectMode?: boolean | undefined;
  /**
   * How much is read ahead of the reader: items in `objectMode`, bytes otherwise; a positive integer.
   * 1 in `objectMode` and 16,384 otherwise by default.
   */
  readonly highWaterMark?: number | undefined;
}

/** The options as Node's streams take them. */
export function readStreamOptions(
  name: string,
  options: NodeStreamOptions,
): { readonly objectMode: boolean; readonly highWaterMark: number } {
  requireKnown(name, options, ["objectMode", "highWaterMark"]);
  const { objectMode = false, highWaterMark } = options;
  const fallback = objectMode ? 1 : 16_384;
  return {
    objectMode,
    highWaterMark: readInteger(name, "highWaterMark", highWaterMark, { fallback }),
  };
}

/**
 * The items of a run as a `Readable` of Node.
 *
 * Items are computed as the stream is read. Destroying it closes the run at once, also while it waits for an
 * item, which `Readable.from` does not; a run that fails destroys it with the error.
 *
 * @param items A run, or anything that holds many items.
 * @param options What the items are, and how many are read ahead.
 * @throws {TypeError | RangeError} If `items` are not many, or an option is not valid.
 * @category Node
 *
 * @example Through a stream of Node
 * ```ts
 * import { toNodeReadable } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 * import { text } from "node:stream/consumers";
 *
 * const lines = StreamingPipeline.start<number>().map("line", (id) => `${id}\n`);
 *
 * assertEquals(await text(toNodeReadable(lines.execute([1, 2]))), "1\n2\n");
 * ```
 */
export function toNodeReadable(
  items: object & Many<unknown>,
  options: NodeStreamOptions = {},
): Readable {
  const name = "toNodeReadable()";
  const many = requireMany(name, items, "of a pipeline it takes pipeline.execute(source)");
  return new Readable({ ...readStreamOptions(name, options), ...readFrom(runOf(many)) });
}

/** How a stream of Node reads a run, and closes it. */
export function readFrom(
  run: AsyncGenerator<unknown, void, undefined>,
): {
  read(this: Readable): void;
  destroy(error: Error | null, callback: (error: Error | null) => void): void;
} {
  const halves = new HalfCharacters();
  return {
    // Node calls it again after each push.
    read() {
      void pushNext(this, run, halves);
    },
    destroy(error, callback) {
      run.return().then(() => callback(error), (failure) => callback(error ?? failure));
    },
  };
}

async function pushNext(
  stream: Readable,
  run: AsyncGenerator<unknown>,
  halves: HalfCharacters,
): Promise<void> {
  try {
    for (;;) {
      const { done, value } = await run.next();
      if (stream.destroyed) return;
      // Pushing `null` would end the stream; pushing an empty chunk would not make Node read again.
      if (value === null) throw new TypeError("Cannot pass an item on: null ends a stream of Node");
      const isText = typeof value === "string" && !stream.readableObjectMode;
      const chunk = isText ? halves.join(value) : value;
      const half = isText ? "" : halves.end();
      if (half !== "") stream.push(half);
      if (done) return void stream.push(null);
      const isEmpty = !stream.readableObjectMode && (chunk as { length?: number }).length === 0;
      if (!isEmpty) return void stream.push(chunk);
    }
  } catch (error) {
    stream.destroy(
      error instanceof Error ? error : new Error("The run has failed", { cause: error }),
    );
  }
}
