/** Options of {@linkcode readChunks}. */
export interface ReadChunksOptions {
  /** The most bytes in one chunk. */
  readonly chunkBytes: number;
  /** Called when the body breaks off before its end. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * A request body in larger chunks: what an ordinary read brings on Workers is 4 KiB at most. A read
 * takes what has arrived, so that a slow upload waits for nothing.
 */
export function readChunks(
  body: ReadableStream<Uint8Array>,
  { chunkBytes, onBroken }: ReadChunksOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read(new Uint8Array(chunkBytes));
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        onBroken(error);
        throw error;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
