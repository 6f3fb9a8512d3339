/** What the pipeline is made of. */

import { createStreamingStep, type StageContext, type StreamingStep } from "@headrace/pipeline";
import { type Embedder, type RefusedTextError, TextEmbedder } from "@headrace/documents";
import {
  type DiscoverEvents,
  discoverFiles,
  readTextFile,
  type TextFile,
} from "@headrace/documents/files";
import type { EmbeddedChunk, SqliteDocumentStore, StoredChunk } from "@headrace/documents/store";
import { setImmediate } from "node:timers/promises";
import { type CleanDocument, cleanDocument } from "./clean.ts";
import { type Chunk, embeddingInput, SPLIT_SETTINGS, splitDocument } from "./split.ts";

/** How many chunks go to the embedder, and into one transaction. */
export const BATCH_SIZE = 50;

/** Which files a run is about. */
export interface EmbedRequest {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Glob pattern, relative to the folder, with `/` between segments. */
  readonly pattern: string;
}

/** A chunk and what the embedder gets to see of it. */
export interface BatchItem {
  readonly chunk: Chunk;
  readonly text: string;
}

/** Called with each text that was refused. */
export interface RefusalEvents {
  refused(path: string, error: RefusedTextError): void;
}

/** What the steps work with. */
export interface StepParts {
  readonly store: SqliteDocumentStore;
  readonly embedder: Embedder;
  /** Appended to each text before it is embedded; empty for none. */
  readonly endOfText: string;
  /** Called with what the walk leaves out, and with what the embedder refuses. */
  readonly events: DiscoverEvents & RefusalEvents;
}

/**
 * What a step of one item gets besides the item and its index: the part of it that is used here.
 */
export type Call = Pick<StageContext<unknown, unknown>, "signal">;

/** The steps from a folder to its stored chunks, each defined once, in their order. */
export class EmbedSteps {
  readonly #parts: StepParts;
  /** All that decides, besides its bytes, what is stored of a file. */
  readonly settings: string;
  readonly #texts: TextEmbedder<BatchItem>;

  constructor(parts: StepParts) {
    this.#parts = parts;
    const { embedder, store } = parts;
    this.#texts = new TextEmbedder({ embedder, memory: store, describe: nameOf });
    this.settings = settingsOf(embedder.model, parts.endOfText);
  }

  readonly discover: StreamingStep<EmbedRequest, string> = createStreamingStep(
    "discover",
    ({ input }) => this.#discover(input),
  );

  async *#discover(input: AsyncIterable<EmbedRequest>): AsyncGenerator<string, void, undefined> {
    for await (const wanted of input) yield* discoverFiles(wanted, this.#parts.events);
  }

  readonly read = (path: string, _: number, { signal }: Call): Promise<TextFile> =>
    readTextFile(path, this.settings, signal);

  readonly isChanged = ({ path, hash }: TextFile): boolean =>
    !this.#parts.store.isUnchanged(path, hash);

  readonly clean = (document: TextFile): CleanDocument => cleanDocument(document);

  readonly split = (document: CleanDocument, _: number, { signal }: Call): AsyncIterable<Chunk> =>
    splitDocument(document, signal);

  readonly toInput = (chunk: Chunk): BatchItem => ({
    chunk,
    text: embeddingInput(chunk, this.#parts.endOfText),
  });

  readonly embed = async (
    batch: BatchItem[],
    _: number,
    { signal }: Call,
  ): Promise<EmbeddedChunk[]> => {
    await letOthersRun(signal);
    const answers = await this.#texts.embed(batch, signal);
    return answers.flatMap((answer) => {
      const { item: { chunk }, hash } = answer;
      if ("vector" in answer) return [{ ...chunk, input: hash, vector: answer.vector }];
      this.#parts.events.refused(chunk.path, answer.refusal);
      return [];
    });
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

/** All that decides, besides its bytes, what is stored of a file: part of its hash. */
export function settingsOf(model: string, endOfText: string): string {
  return JSON.stringify([model, SPLIT_SETTINGS, endOfText]);
}

/** Lets timers and Ctrl-C through: where no work ever waits, a long list would keep them out. */
async function letOthersRun(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

function nameOf({ chunk: { position, headings, text } }: BatchItem): string {
  const under = headings.length === 0 ? "" : ` under "${headings.join(" > ")}"`;
  return `chunk ${position + 1}${under} (${text.length} characters)`;
}
