// What the tests of errors share.

import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { readFailure } from "../operators/_outcome.ts";

/** A pipeline of numbers without stages. */
export function start(): StreamingPipeline<number, number, Record<never, never>> {
  return StreamingPipeline.start<number>();
}

/** The error of a stage that throws this. */
export async function fail(cause: unknown): Promise<StreamingError> {
  const pipeline = start().map("stage", () => {
    throw cause;
  });
  return (await readFailure(pipeline.execute([1]))).error;
}
