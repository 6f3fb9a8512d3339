import { ListErrorStrategy, Pipeline } from "@headrace/pipeline";
import type { LiveItems } from "./live_items.ts";
import { type Outcome, outcomeOfError } from "./outcome.ts";
import { runProgram } from "./program.ts";
import { count, list, read, split, summarize } from "./steps.ts";
import type { WordVector } from "./work.ts";

const READS = {
  parallel: true,
  concurrencyLimit: 4,
  errorStrategy: ListErrorStrategy.COLLECT_ERRORS,
} as const;

/** From a folder to its vectors, list by list. Each list stays in memory to the end of the run. */
export function createVectors(live: LiveItems): Pipeline<string, WordVector[], unknown, LiveItems> {
  return Pipeline.start<string, LiveItems>(() => live)
    .add("paths", list)
    .map("notes", read, READS)
    .flatMap("chunks", split)
    .map("vectors", count);
}

/** Step 1: the program before the migration. */
export async function sumUp(folder: string, live: LiveItems): Promise<Outcome> {
  const result = await createVectors(live).add("summary", summarize).execute(folder);
  return result.success ? { summary: result.data } : outcomeOfError(result.error);
}

if (import.meta.main) await runProgram(sumUp);
