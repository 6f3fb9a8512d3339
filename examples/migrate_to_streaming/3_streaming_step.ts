import {
  createStreamingStep,
  ListErrorStrategy,
  Pipeline,
  type StreamingStep,
} from "@headrace/pipeline";
import type { LiveItems } from "./live_items.ts";
import { type Outcome, outcomeOfError } from "./outcome.ts";
import { runProgram } from "./program.ts";
import { list, summarize } from "./steps.ts";
import { countWords, readNote, splitNote, type WordVector } from "./work.ts";

/** The three stages that hold most of the memory, as one: it has one note at a time. */
export const readVectors: StreamingStep<string, WordVector, unknown, LiveItems> =
  createStreamingStep("readVectors", async function* ({ input, context }) {
    for await (const path of input) {
      const note = await readNote(path, context);
      for (const chunk of splitNote(note, context)) yield await countWords(chunk, context);
    }
  });

/** Step 3: a batch pipeline again, with a streaming step in it. */
export async function sumUp(folder: string, live: LiveItems): Promise<Outcome> {
  const result = await Pipeline.start<string, LiveItems>(() => live)
    .add("paths", list)
    .map("vectors", readVectors, { errorStrategy: ListErrorStrategy.COLLECT_ERRORS })
    .add("summary", summarize)
    .execute(folder);
  return result.success ? { summary: result.data } : outcomeOfError(result.error);
}

if (import.meta.main) await runProgram(sumUp);
