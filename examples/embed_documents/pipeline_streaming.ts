import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import type { FormParts } from "./forms.ts";
import { BATCH_SIZE, type EmbedRequest } from "./steps.ts";

/** What fails leaves the stream for `errorsTo`; the rest goes on. */
const SPLIT = { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS } as const;
const PARALLEL_READS = { ...SPLIT, parallel: true, concurrencyLimit: 10 } as const;
/** Beside a file or a request, a look at the clock is nothing. */
const TIME_ALL = { metadata: { verbosity: "full" } } as const;

/** Embeds all matching files as one stream from disk to database. */
export async function embedAsStream(
  { request, steps, calls, failures, events, signal }: FormParts,
): Promise<void> {
  const pipeline = StreamingPipeline.start<EmbedRequest>(undefined, TIME_ALL)
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

  // Nothing is left to do with a completed file.
  await pipeline.executeForEach(request, () => {}, {
    signal,
    errorsTo: (failed) => failures.take(failed),
    observer: (run) => events.observe(run),
  });
}
