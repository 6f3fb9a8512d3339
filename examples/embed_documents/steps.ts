/** What the pipelines of both forms are made of. */

import { createStreamingStep, type StageContext, type StreamingStep } from "@headrace/pipeline";
import { setImmediate } from "node:timers/promises";
import { type CleanDocument, cleanDocument } from "./clean.ts";
import { type DiscoverEvents, discoverFiles, type EmbedRequest } from "./discover.ts";
import {
  BatchEmbedder,
  type BatchItem,
  embeddingInput,
  type RefusalEvents,
} from "./embed_batch.ts";
import type { Embedder } from "./embedder.ts";
import { readDocument, type SourceDocument } from "./read.ts";
import { type Chunk, SPLIT_SETTINGS, splitDocument } from "./split.ts";
import type { EmbeddedChunk, StoredChunk, VectorStore } from "./store.ts";

/** What the steps work with. */
export interface StepParts {
  readonly store: VectorStore;
  readonly embedder: Embedder;
  /** Put behind each text before it is embedded; empty for none. */
  readonly endOfText: string;
  /** Told of what the walk leaves out, and of what the embedder refuses. */
  readonly events: DiscoverEvents & RefusalEvents;
}

/** What a step of one item gets beside the item and its index: the part of it that is used here. */
export type Call = Pick<StageContext<unknown, unknown>, "signal">;

/** The steps from a folder to its stored chunks, each defined once, in their order. */
export class EmbedSteps {
  readonly #parts: StepParts;
  readonly #settings: string;
  readonly #batches: BatchEmbedder;

  constructor(parts: StepParts) {
    this.#parts = parts;
    this.#batches = new BatchEmbedder(parts);
    this.#settings = JSON.stringify([parts.embedder.model, SPLIT_SETTINGS, parts.endOfText]);
  }

  readonly discover: StreamingStep<EmbedRequest, string> = createStreamingStep(
    "discover",
    ({ input }) => this.#discover(input),
  );

  async *#discover(input: AsyncIterable<EmbedRequest>): AsyncGenerator<string, void, undefined> {
    for await (const wanted of input) yield* discoverFiles(wanted, this.#parts.events);
  }

  readonly read = (path: string, _: number, { signal }: Call): Promise<SourceDocument> =>
    readDocument(path, this.#settings, signal);

  readonly isChanged = ({ path, hash }: SourceDocument): boolean =>
    !this.#parts.store.isUnchanged(path, hash);

  readonly clean = (document: SourceDocument): CleanDocument => cleanDocument(document);

  readonly split = (document: CleanDocument, _: number, { signal }: Call): AsyncIterable<Chunk> =>
    splitDocument(document, signal);

  readonly toInput = (chunk: Chunk): BatchItem => ({
    chunk,
    input: embeddingInput(chunk, this.#parts.endOfText),
  });

  readonly embed = async (
    batch: BatchItem[],
    _: number,
    { signal }: Call,
  ): Promise<EmbeddedChunk[]> => {
    await letOthersRun(signal);
    return await this.#batches.embed(batch, signal);
  };

  readonly save = async (
    chunks: EmbeddedChunk[],
    _: number,
    { signal }: Call,
  ): Promise<StoredChunk[]> => {
    await letOthersRun(signal);
    return this.#parts.store.save(chunks);
  };

  readonly isComplete = ({ completes }: StoredChunk): boolean => completes;
}

/** Lets timers and Ctrl-C through: where no work ever waits, a long list would keep them out. */
async function letOthersRun(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
