import {
  type FailedItem,
  StreamingErrorStrategy,
  StreamingPipeline,
  streamingToPipeline,
} from "@headrace/pipeline";
import type { LiveItems } from "./live_items.ts";
import { type Outcome, outcomeOf, outcomeOfError } from "./outcome.ts";
import { runProgram } from "./program.ts";
import { count, list, read, split, summarize } from "./steps.ts";
import type { WordVector } from "./work.ts";

const READS = {
  parallel: true,
  concurrencyLimit: 4,
  errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS,
} as const;

/** From a folder to its vectors, item by item: the steps of step 1 in streaming stages. */
export function createVectors(
  live: LiveItems,
): StreamingPipeline<string, WordVector, unknown, LiveItems> {
  return StreamingPipeline.start<string, LiveItems>(() => live)
    .flatMap("paths", list)
    .map("notes", read, READS)
    .flatMap("chunks", split)
    .map("vectors", count);
}

/** Step 4: a streaming pipeline whose callers, and whose last step, still are those of a batch. */
export async function sumUp(folder: string, live: LiveItems): Promise<Outcome> {
  const failed: FailedItem[] = [];
  // No later step reads the state of the streaming stages.
  const options = { errorsTo: (each: FailedItem) => failed.push(each), keepState: false } as const;
  const result = await streamingToPipeline(createVectors(live), options)
    .add("summary", summarize)
    .execute(folder);
  return result.success ? outcomeOf(result.data, failed) : outcomeOfError(result.error);
}

if (import.meta.main) await runProgram(sumUp);
