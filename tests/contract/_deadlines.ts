// Runs that are stopped, and not done by their deadline.

import { type PipelineRun, type StreamingMetadata, StreamingPipeline } from "../../mod.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { type AnyPipeline, KEY } from "./_rows.ts";

/** When what runs is aborted. */
export const DEADLINE_MS = 50;
/** How long the rest has from then on. */
export const CLOSE_MS = 70;

/** A pipeline without stages. */
export const start = (): StreamingPipeline<number, number> => StreamingPipeline.start<number>();

/** A call that never ends. */
export const forever = (): Promise<never> => new Promise<never>(() => {});

/** Reads to the end. */
export async function readInto(seen: unknown[], run: AsyncIterable<unknown>): Promise<void> {
  for await (const item of run) seen.push(item);
}

/** The figures of a stage, which must add up. */
export function readStep(run: PipelineRun<unknown>, key: string = KEY): StreamingMetadata {
  const step = run.metadata().steps.find((step) => step.key === key)!;
  expectBalance(step);
  return step;
}

/**
 * Adds, after a stage whose calls hang, stages that keep items and store them when it is let go.
 */
export function keepAfter(pipeline: AnyPipeline, stored: unknown[][]): AnyPipeline {
  return pipeline
    .batch("insert", 1_000)
    .map("store", async (batch, _, { signal }) => {
      await undefined;
      signal.throwIfAborted();
      stored.push(batch as unknown[]);
      return batch;
    });
}
