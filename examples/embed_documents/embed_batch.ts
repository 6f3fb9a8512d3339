import { EmbeddingHttpError } from "./embedder_http.ts";
import type { Embedder } from "./embedder.ts";
import { describeError, FatalError } from "./errors.ts";
import type { RunEvents } from "./progress.ts";
import type { Chunk } from "./split.ts";
import type { EmbeddedChunk } from "./store.ts";

/** How many chunks go to the embedder, and into one transaction. */
export const BATCH_SIZE = 50;

/** When an endpoint is down, there is no use in asking it thousands of times. */
const MAX_FAILED_BATCHES_IN_A_ROW = 5;
/** Wrong key, no access, wrong address or model: the next batch would get the same answer. */
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([401, 403, 404]);

/** A chunk and what the embedder gets to see of it. */
export interface BatchItem {
  readonly chunk: Chunk;
  readonly input: string;
}

/** The headings and tags say what a text from the middle of a document is about. */
export function embeddingInput({ headings, tags, text }: Chunk, endOfText: string): string {
  const above = [headings.join(" > "), tags.join(" ")].filter((line) => line !== "");
  return [...above, text].join("\n") + endOfText;
}

/** Embeds batches, and decides what a failed one means for the run. */
export class BatchEmbedder {
  readonly #embedder: Embedder;
  readonly #events: Pick<RunEvents, "failed">;
  #failedInARow = 0;

  constructor(embedder: Embedder, events: Pick<RunEvents, "failed">) {
    this.#embedder = embedder;
    this.#events = events;
  }

  async embed(batch: readonly BatchItem[], signal: AbortSignal): Promise<EmbeddedChunk[]> {
    const vectors = await this.#embedder.embed(batch.map(({ input }) => input), signal);
    this.#failedInARow = 0;
    return batch.map(({ chunk }, at) => ({ ...chunk, vector: vectorAt(vectors, at) }));
  }

  /** Every file with a chunk in the batch has failed: it stays incomplete and is done again next time. */
  readonly onFailure = (batch: readonly BatchItem[], error: unknown): void => {
    for (const path of new Set(batch.map(({ chunk }) => chunk.path))) {
      this.#events.failed(path, error);
    }
    this.#failedInARow++;
    if (error instanceof EmbeddingHttpError && HOPELESS_STATUSES.has(error.status)) {
      throw new FatalError(`The run stops: ${describeError(error)}`, { cause: error });
    }
    if (this.#failedInARow === MAX_FAILED_BATCHES_IN_A_ROW) {
      throw new FatalError(
        `The run stops: ${MAX_FAILED_BATCHES_IN_A_ROW} batches in a row failed, the last with: ${
          describeError(error)
        }`,
        { cause: error },
      );
    }
  };
}

function vectorAt(vectors: readonly Float32Array[], at: number): Float32Array {
  const vector = vectors[at];
  if (vector === undefined) throw new Error(`The embedder gave no vector for text ${at}`);
  return vector;
}
