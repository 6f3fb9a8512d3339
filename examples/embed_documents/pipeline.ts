import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import type { CallOptions } from "./calls.ts";
import { cleanDocument } from "./clean.ts";
import { discoverFiles, type EmbedRequest } from "./discover.ts";
import { BATCH_SIZE, embedBatch, embeddingInput } from "./embed_batch.ts";
import type { Embedder } from "./embedder.ts";
import type { ErrorReport } from "./error_report.ts";
import { Failures } from "./failures.ts";
import type { RunEvents } from "./progress.ts";
import { readDocument } from "./read.ts";
import { SPLIT_SETTINGS, splitDocument } from "./split.ts";
import type { VectorStore } from "./store.ts";

/** What fails leaves the stream for `errorsTo`; the rest goes on. */
const SPLIT = { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS } as const;
const PARALLEL_READS = { ...SPLIT, parallel: true, concurrencyLimit: 10 } as const;
/** Beside a file or a request, a look at the clock is nothing. */
const TIME_ALL = { metadata: { verbosity: "full" } } as const;

/** What a run works with. */
export interface EmbedParts {
  readonly store: VectorStore;
  readonly embedder: Embedder;
  readonly calls: CallOptions;
  /** Put behind each text before it is embedded; empty for none. */
  readonly endOfText: string;
  readonly events: RunEvents;
  /** Absent where no report is wanted. */
  readonly report?: ErrorReport | undefined;
}

/** Brings the stored chunks of all matching files up to date, as one stream from disk to database. */
export async function embedFiles(
  request: EmbedRequest,
  { store, embedder, calls, endOfText, events, report }: EmbedParts,
  signal: AbortSignal,
): Promise<void> {
  const settings = JSON.stringify([embedder.model, SPLIT_SETTINGS, endOfText]);
  const failures = new Failures({ store, events, report });

  const pipeline = StreamingPipeline.start<EmbedRequest>(undefined, TIME_ALL)
    .add("discover", async function* ({ input }) {
      for await (const wanted of input) yield* discoverFiles(wanted, failures);
    })
    .map("read", (path, _, { signal }) => readDocument(path, settings, signal), PARALLEL_READS)
    .filter("changed", ({ path, hash }) => !store.isUnchanged(path, hash))
    .map("clean", (document) => cleanDocument(document), SPLIT)
    .flatMap("split", (document, _, { signal }) => splitDocument(document, signal), SPLIT)
    .map("input", (chunk) => ({ chunk, input: embeddingInput(chunk, endOfText) }))
    .batch("batches", BATCH_SIZE)
    .map("embed", (batch, _, { signal }) => embedBatch(embedder, batch, signal), {
      ...SPLIT,
      ...calls,
    })
    .flatten("embedded")
    .batch("writes", BATCH_SIZE)
    .flatMap("store", (chunks) => store.save(chunks))
    .filter("completed", ({ completes }) => completes);

  const run = pipeline.run(request, {
    signal,
    errorsTo: (failed) => {
      try {
        failures.take(failed);
      } catch (reason) {
        // The run ends with this very error, and asks for nothing more on the way.
        void run.abort(reason);
      }
    },
  });
  events.started(run);
  // Nothing is left to do with a completed file: reading them all is what runs the pipeline.
  for await (const _completed of run);
}
