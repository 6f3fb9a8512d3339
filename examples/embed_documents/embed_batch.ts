import { bisect } from "@headrace/pipeline/policies";
import { createHash } from "node:crypto";
import type { Embedder } from "./embedder.ts";
import { EmbeddingAnswerError, EmbeddingHttpError } from "./embedder_http.ts";
import { causeOf, errorCode, reasonOf, RefusedTextError } from "./errors.ts";
import type { Chunk } from "./split.ts";
import type { EmbeddedChunk, VectorStore } from "./store.ts";

/** How many chunks go to the embedder, and into one transaction. */
export const BATCH_SIZE = 50;

/** How many characters one call has at most, unless a text alone has more: each may be a token. */
export const MAX_CALL_CHARS = 100_000;

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

/** What is asked for a batch, and what was answered so far. */
interface Asked {
  readonly calls: readonly (readonly Sent[])[];
  readonly answers: PromiseSettledResult<Float32Array>[][];
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
  /** By batch: when it is tried again, it goes on where it was. So does `bisect`, by its array. */
  readonly #asked = new WeakMap<readonly BatchItem[], Asked>();
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
    const { calls, answers } = this.#asked.get(batch) ?? this.#prepare(batch);
    for (const call of calls.slice(answers.length)) answers.push(await this.#ask(call, signal));
    const all = answers.flat();
    for (const [at, sent] of calls.flat().entries()) {
      const answer = all[at];
      if (answer?.status === "fulfilled") vectors.set(sent.hash, answer.value);
      else this.#refuse(sent, answer?.reason);
    }
    return batch.flatMap(({ chunk, input }) => {
      const hash = hashOf(input);
      const vector = vectors.get(hash) ?? this.#recallVector(hash);
      return vector === undefined ? [] : [{ ...chunk, input: hash, vector }];
    });
  }

  /** Those of the batch that the store does not know, each text once. */
  #prepare(batch: readonly BatchItem[]): Asked {
    const unknown = new Map<string, Sent>();
    for (const item of batch) {
      const hash = hashOf(item.input);
      const known = this.#parts.store.recall(hash);
      if (known === undefined) unknown.set(hash, { ...item, hash });
      else if ("refusal" in known) this.#tell(item, refusedBefore(item, known.refusal));
    }
    const asked = { calls: callsOf(unknown.values()), answers: [] };
    this.#asked.set(batch, asked);
    return asked;
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

function callsOf(texts: Iterable<Sent>): Sent[][] {
  const calls: Sent[][] = [];
  let chars = Infinity;
  for (const text of texts) {
    chars += text.input.length;
    if (chars > MAX_CALL_CHARS) {
      calls.push([]);
      chars = text.input.length;
    }
    calls.at(-1)?.push(text);
  }
  return calls;
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
