import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import type { CallOptions } from "./calls.ts";
import type { StoredChunk } from "@headrace/documents/store";
import { BATCH_SIZE, type EmbedRequest, type EmbedSteps } from "./steps.ts";

/** What fails leaves the stream for `errorsTo`; the rest goes on. */
const SPLIT = { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS } as const;
const PARALLEL_READS = { ...SPLIT, parallel: true, concurrencyLimit: 10 } as const;
/** Compared with a file or a request, a look at the clock costs nothing. */
const TIME_ALL = { metadata: { verbosity: "full" } } as const;

/** From disk to database: what comes out is the last chunk of each document that is now complete. */
export function createPipeline(
  steps: EmbedSteps,
  calls: CallOptions,
): StreamingPipeline<EmbedRequest, StoredChunk, object> {
  return StreamingPipeline.start<EmbedRequest>(undefined, TIME_ALL)
    .add("discover", steps.discover)
    .map("read", steps.read, PARALLEL_READS)
    .filter("changed", steps.isChanged)
    .map("clean", steps.clean, SPLIT)
    .flatMap("split", steps.split, SPLIT)
    .map("input", steps.toInput)
    .batch("batches", BATCH_SIZE)
    .map("embed", steps.embed, { ...SPLIT, ...calls })
    .flatten("embedded")
    .batch("writes", BATCH_SIZE)
    .flatMap("store", steps.save)
    .filter("completed", steps.isComplete);
}
