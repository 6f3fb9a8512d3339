import { pipelineToStreaming, StreamingError } from "@headrace/pipeline";
import { createVectors } from "./1_batch.ts";
import type { LiveItems } from "./live_items.ts";
import { type Outcome, outcomeOfError } from "./outcome.ts";
import { runProgram } from "./program.ts";
import { addTo, createSummary } from "./summary.ts";

/** Step 2: the batch pipeline of step 1 inside a streaming one. Each item is a whole folder. */
export async function sumUp(folder: string, live: LiveItems): Promise<Outcome> {
  const pipeline = pipelineToStreaming(createVectors(live)).flatten("vector");
  try {
    return { summary: await pipeline.executeReduce(folder, addTo, createSummary()) };
  } catch (error) {
    if (error instanceof StreamingError) return outcomeOfError(error);
    throw error;
  }
}

if (import.meta.main) await runProgram(sumUp);
