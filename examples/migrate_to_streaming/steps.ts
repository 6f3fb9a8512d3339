/** The steps of the batch program. Streaming stages take them as they are. */

import { createStep, createTransform, type Step } from "@headrace/pipeline";
import type { LiveItems } from "./live_items.ts";
import { addTo, createSummary, type Summary } from "./summary.ts";
import { type Chunk, countWords, listPaths, type Note, readNote, splitNote } from "./work.ts";
import type { WordVector } from "./work.ts";

/** A step that finds the counter of live items in the run's context. */
type Counted<TInput, TOutput> = Step<TInput, TOutput, unknown, LiveItems>;

export const list: Counted<string, string[]> = createStep("list", ({ input }) => listPaths(input));

export const read: Counted<string, Note> = createStep(
  "read",
  ({ input, context }) => readNote(input, context),
);

export const split: Counted<Note, Chunk[]> = createStep(
  "split",
  ({ input, context }) => splitNote(input, context),
);

export const count: Counted<Chunk, WordVector> = createStep(
  "count",
  ({ input, context }) => countWords(input, context),
);

export const summarize: Counted<WordVector[], Summary> = createTransform(
  "summarize",
  (vectors) => vectors.reduce(addTo, createSummary()),
);
