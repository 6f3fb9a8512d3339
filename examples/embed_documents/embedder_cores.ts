import { type Embedder, LexicalEmbedder } from "@headrace/documents";
import { WorkerError, type WorkerPool, workerPool } from "@headrace/workers";

/** How many texts a worker gets at a time: a few milliseconds of work. */
const PART_SIZE = 10;

/**
 * An embedder that makes the vectors of the lexical one on all cores. Any other embedder works as it
 * does: what an endpoint computes keeps no core busy here.
 */
export class CoresEmbedder implements Embedder {
  readonly model: string;
  readonly #embedder: Embedder;
  /** Starts no worker before there are texts. */
  readonly #pool: WorkerPool<typeof import("./hash_texts.ts")> | undefined;

  /** `module` is what the workers run. */
  constructor(
    embedder: Embedder,
    module: URL | string = new URL("./hash_texts.ts", import.meta.url),
  ) {
    this.model = embedder.model;
    this.#embedder = embedder;
    if (embedder instanceof LexicalEmbedder) {
      this.#pool = workerPool(module);
    }
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const pool = this.#pool;
    // Fewer are done before a worker has started.
    if (pool === undefined || texts.length <= PART_SIZE) {
      return await this.#embedder.embed(texts, signal);
    }
    const parts = Array.from(
      { length: Math.ceil(texts.length / PART_SIZE) },
      (_, part) => texts.slice(part * PART_SIZE, (part + 1) * PART_SIZE),
    );
    try {
      return (await Promise.all(parts.map((part) => pool.call("hashTexts", part, { signal }))))
        .flat();
    } catch (error) {
      // In a bundle there is no file for them.
      if (error instanceof WorkerError && error.code === "WORKER_NOT_STARTED") {
        return await this.#embedder.embed(texts, signal);
      }
      throw error;
    }
  }

  /** Ends the workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.close();
  }
}
