// The pipelines that the tests of the registry register.

import * as v from "valibot";
import { createStep, Pipeline, StreamingPipeline } from "../../../mod.ts";

export interface Documents {
  documents: { title: string; pages: number }[];
}

export const Documents: v.GenericSchema<unknown, Documents> = v.object({
  documents: v.array(v.object({ title: v.string(), pages: v.number() })),
});

/** From documents to their titles. */
export const titles: Pipeline<Documents, string[]> = Pipeline.start<Documents>()
  .add("titles", createStep("titles", ({ input }) => input.documents.map(({ title }) => title)));

/** Each number twice as large. */
export const double: StreamingPipeline<number, number> = StreamingPipeline.start<number>()
  .map("doubled", (number) => number * 2);
