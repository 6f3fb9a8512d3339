import { StreamingPipeline } from "@headrace/pipeline";
import { attempt, attemptEach } from "./attempt.ts";
import { cleanDocument } from "./clean.ts";
import { discoverFiles, type EmbedRequest } from "./discover.ts";
import { BATCH_SIZE, BatchEmbedder, embeddingInput } from "./embed_batch.ts";
import type { Embedder } from "./embedder.ts";
import { SkipFileError } from "./errors.ts";
import type { RunEvents } from "./progress.ts";
import { readDocument } from "./read.ts";
import { SPLIT_SETTINGS, splitDocument } from "./split.ts";
import type { VectorStore } from "./store.ts";

const PARALLEL_READS = { parallel: true, concurrencyLimit: 10 } as const;

/** What a run works with. */
export interface EmbedParts {
  readonly store: VectorStore;
  readonly embedder: Embedder;
  /** Put behind each text before it is embedded; empty for none. */
  readonly endOfText: string;
  readonly events: RunEvents;
}

/** Brings the stored chunks of all matching files up to date, as one stream from disk to database. */
export async function embedFiles(
  request: EmbedRequest,
  { store, embedder, endOfText, events }: EmbedParts,
  signal: AbortSignal,
): Promise<void> {
  const settings = JSON.stringify([embedder.model, SPLIT_SETTINGS, endOfText]);
  const batches = new BatchEmbedder(embedder, events);

  function hasChanged({ path, hash }: { path: string; hash: string }): boolean {
    const unchanged = store.isUnchanged(path, hash);
    if (unchanged) events.unchanged();
    return !unchanged;
  }

  function onFileFailure(path: string, error: unknown): void {
    if (!(error instanceof SkipFileError)) return events.failed(path, error);
    store.deleteDocument(path);
    events.skipped(path, error.message);
  }

  const pipeline = StreamingPipeline.start<EmbedRequest>()
    .add("discover", async function* ({ input }) {
      for await (const wanted of input) yield* discoverFiles(wanted, events);
    })
    .tap("found", () => events.found())
    .flatMap(
      "read",
      attempt((path, signal) => readDocument(path, settings, signal), onFileFailure),
      PARALLEL_READS,
    )
    .filter("changed", hasChanged)
    .map("clean", (document) => cleanDocument(document))
    .flatMap("split", attemptEach(splitDocument, ({ path }, error) => onFileFailure(path, error)))
    .map("input", (chunk) => ({ chunk, input: embeddingInput(chunk, endOfText) }))
    .batch("batches", BATCH_SIZE)
    .flatMap("embed", attempt((batch, signal) => batches.embed(batch, signal), batches.onFailure))
    .flatten("embedded")
    .batch("writes", BATCH_SIZE)
    .map("store", (chunks) => store.save(chunks));

  await pipeline.executeForEach(request, ({ chunkCount, completed }) => {
    events.stored(chunkCount);
    for (const _path of completed) events.embedded();
  }, { signal });
}
