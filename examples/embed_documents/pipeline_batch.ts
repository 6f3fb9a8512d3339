import { ListErrorStrategy, Pipeline } from "@headrace/pipeline";
import { callPatiently } from "./calls.ts";
import type { CleanDocument } from "./clean.ts";
import type { EmbedRequest } from "./discover.ts";
import { BATCH_SIZE, type BatchItem } from "./embed_batch.ts";
import type { FormParts } from "./forms.ts";
import type { Call } from "./steps.ts";
import { figuresOfLists } from "./totals.ts";

/** What fails is left out of the list, and counted; `failures` hears which items those are. */
const SKIP = { errorStrategy: ListErrorStrategy.SKIP_FAILED } as const;
const PARALLEL_READS = { ...SKIP, parallel: true, concurrencyLimit: 10 } as const;

/**
 * Embeds all matching files list by list: each stage is done with all of them before the next one
 * begins, and every list stays in memory to the end.
 */
export async function embedAsLists(
  { request, steps, calls, failures, events, signal }: FormParts,
): Promise<void> {
  const split = (document: CleanDocument, index: number, call: Call) =>
    Array.fromAsync(steps.split(document, index, call));
  // A list can try again by itself, but does not tell what it gives up.
  const embed = (batch: BatchItem[], _: number, { signal }: Call) =>
    callPatiently(steps.embed, batch, calls, signal);

  const pipeline = Pipeline.start<EmbedRequest>()
    .add("discover", steps.discover)
    .map("read", failures.watch("read", steps.read), PARALLEL_READS)
    .filter("changed", steps.isChanged)
    .map("clean", failures.watch("clean", steps.clean), SKIP)
    .flatMap("split", failures.watch("split", split), SKIP)
    .map("input", steps.toInput)
    .batch("batches", BATCH_SIZE)
    .map("embed", failures.watch("embed", embed), SKIP)
    .flatten("embedded")
    .batch("writes", BATCH_SIZE)
    .flatMap("store", steps.save)
    .filter("completed", steps.isComplete);

  const result = await pipeline.execute(request, { signal });
  events.counted(() => figuresOfLists(result.metadata));
  if (!result.success) throw result.error.cause ?? new Error(result.error.message);
}
