import type { FailedItem } from "@headrace/pipeline";
import { createVectors } from "./4_batch_tail.ts";
import type { LiveItems } from "./live_items.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { runProgram } from "./program.ts";
import { addTo, createSummary } from "./summary.ts";

/** Step 5: the streaming pipeline alone. No list of all items is left. */
export async function sumUp(folder: string, live: LiveItems): Promise<Outcome> {
  const failed: FailedItem[] = [];
  const summary = await createVectors(live).executeReduce(folder, addTo, createSummary(), {
    errorsTo: (item) => failed.push(item),
  });
  return outcomeOf(summary, failed);
}

if (import.meta.main) await runProgram(sumUp);
