import { bisect } from "@headrace/pipeline/policies";
import { createHash } from "node:crypto";
import type { Embedder } from "./embedder.ts";
import { EmbeddingAnswerError, EmbeddingHttpError } from "./embedder_http.ts";
import { causeOf, errorCode, reasonOf, RefusedTextError } from "./errors.ts";
import type { Chunk } from "./split.ts";
import type { EmbeddedChunk, VectorStore } from "./store.ts";

/** How many chunks go to the embedder, and into one transaction. */
export const BATCH_SIZE = 50;

/** Bad request, content too large, unprocessable content: what is wrong may be one text. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);
/** What an embedder takes, if it takes anything. */
const GOOD_TEXT = "text";

/** A chunk and what the embedder gets to see of it. */
export interface BatchItem {
  readonly chunk: Chunk;
  readonly input: string;
}

/** Told of a text that was refused. */
export interface RefusalEvents {
  refused(path: string, error: RefusedTextError): void;
}

/** What a `BatchEmbedder` works with. */
export interface BatchEmbedderParts {
  readonly embedder: Embedder;
  /** Knows what the embedder has answered before. */
  readonly store: VectorStore;
  readonly events: RefusalEvents;
}

/** A text on its way to the embedder. */
interface Sent extends BatchItem {
  readonly hash: string;
}

/** The headings and tags say what a text from the middle of a document is about. */
export function embeddingInput({ headings, tags, text }: Chunk, endOfText: string): string {
  const above = [headings.join(" > "), tags.join(" ")].filter((line) => line !== "");
  return [...above, text].join("\n") + endOfText;
}

/**
 * Asks the embedder for the vectors of batches, but for no text that the store has seen before. A
 * batch that is refused is halved until a single text is: that one is told of and remembered.
 */
export class BatchEmbedder {
  readonly #parts: BatchEmbedderParts;
  readonly #ask: (
    texts: readonly Sent[],
    signal: AbortSignal,
  ) => Promise<PromiseSettledResult<Float32Array>[]>;
  /** What is asked for a batch: `bisect` goes on where it was when it gets the same array again. */
  readonly #asked = new WeakMap<readonly BatchItem[], Sent[]>();
  /** Whether it has taken a text in this run: a refusal is then that of the text. */
  #hasTaken = false;

  constructor(parts: BatchEmbedderParts) {
    this.#parts = parts;
    this.#ask = bisect(
      (texts: readonly Sent[], signal: AbortSignal) => this.#call(texts, signal),
      { when: (error, texts) => isRefusal(error) && (this.#hasTaken || texts.length > 1) },
    );
  }

  /** The chunks that have vectors, in order; of the others the events are told. */
  async embed(batch: readonly BatchItem[], signal: AbortSignal): Promise<EmbeddedChunk[]> {
    const vectors = new Map<string, Float32Array>();
    const asked = this.#asked.get(batch) ?? this.#prepare(batch);
    this.#asked.set(batch, asked);
    const answers = await this.#ask(asked, signal);
    for (const [at, answer] of answers.entries()) {
      const sent = asked[at];
      if (sent === undefined) continue;
      if (answer.status === "fulfilled") vectors.set(sent.hash, answer.value);
      else this.#refuse(sent, answer.reason);
    }
    return batch.flatMap(({ chunk, input }) => {
      const hash = hashOf(input);
      const vector = vectors.get(hash) ?? this.#recallVector(hash);
      return vector === undefined ? [] : [{ ...chunk, input: hash, vector }];
    });
  }

  /** Those of the batch that the store does not know, each text once. */
  #prepare(batch: readonly BatchItem[]): Sent[] {
    const unknown = new Map<string, Sent>();
    for (const item of batch) {
      const hash = hashOf(item.input);
      const known = this.#parts.store.recall(hash);
      if (known === undefined) unknown.set(hash, { ...item, hash });
      else if ("refusal" in known) this.#tell(item, refusedBefore(item, known.refusal));
    }
    return [...unknown.values()];
  }

  #recallVector(hash: string): Float32Array | undefined {
    const known = this.#parts.store.recall(hash);
    return known !== undefined && "vector" in known ? known.vector : undefined;
  }

  async #call(texts: readonly Sent[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    try {
      return await this.#embed(texts.map(({ input }) => input), signal);
    } catch (error) {
      // A wrong setting has every text refused: one that is surely good tells.
      if (texts.length === 1 && !this.#hasTaken && isRefusal(error)) {
        await this.#embed([GOOD_TEXT], signal).catch(() => {});
      }
      throw error;
    }
  }

  async #embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    signal.throwIfAborted();
    const vectors = await this.#parts.embedder.embed(texts, signal);
    requireFinite(vectors);
    this.#hasTaken ||= vectors.length === texts.length;
    return vectors;
  }

  #refuse(sent: Sent, cause: unknown): void {
    const reason = reasonOf(cause);
    this.#parts.store.refuse(sent.hash, reason);
    this.#tell(sent, new RefusedTextError(`${reason}, for ${nameOf(sent)}`, cause));
  }

  #tell({ chunk }: BatchItem, error: RefusedTextError): void {
    this.#parts.events.refused(chunk.path, error);
  }
}

function isRefusal(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof EmbeddingAnswerError || errorCode(cause) === "WRONG_COUNT" ||
    cause instanceof EmbeddingHttpError && REFUSING_STATUSES.has(cause.status);
}

function refusedBefore(item: BatchItem, reason: string): RefusedTextError {
  const message = `${reason}, for ${nameOf(item)}; it is not sent again until it changes`;
  return new RefusedTextError(message, undefined);
}

function nameOf({ chunk: { position, headings, text } }: BatchItem): string {
  const under = headings.length === 0 ? "" : ` under "${headings.join(" > ")}"`;
  return `chunk ${position + 1}${under} (${text.length} characters)`;
}

function requireFinite(vectors: readonly Float32Array[]): void {
  for (const [at, vector] of vectors.entries()) {
    if (vector.every(Number.isFinite)) continue;
    throw new EmbeddingAnswerError(`The embedder's vector for text ${at} is not finite`);
  }
}

function hashOf(input: string): string {
  return createHash("sha256").update(input).digest("hex");
}
