// What the tests of steps that are started again share.

import { assertEquals } from "@std/assert";
import {
  type AddOptions,
  type StreamingFunction,
  type StreamingMetadata,
  StreamingPipeline,
} from "../../mod.ts";
import { type Outcome, readOutcome } from "../operators/_outcome.ts";
import type { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import type { AnyPipeline } from "./_stages.ts";

/** A generator function over the whole stream. */
export type Generate = StreamingFunction<number, unknown, unknown, unknown>;

export const RETRY: AddOptions = { retry: { maxAttempts: 3, backoffMs: 10, jitter: 0 } };
export const SKIP: AddOptions = { errorStrategy: "SKIP_FAILED" };
export const BOTH: AddOptions = { ...RETRY, ...SKIP };
export const ITEMS: readonly number[] = [1, 2, 3, 4];

/** A pipeline of one step. */
export function build(generate: Generate, options: AddOptions): AnyPipeline {
  return StreamingPipeline.start<number>().add("step", generate, options);
}

/** What a run came to, and the figures of its step. */
export interface StepOutcome extends Outcome<unknown> {
  readonly stage: StreamingMetadata;
}

/** Runs to the end, however long it waits. */
export async function run(
  clock: TestClock,
  generate: Generate,
  options: AddOptions,
  items: readonly number[] = ITEMS,
): Promise<StepOutcome> {
  const pipeline = build(generate, options);
  const result = watch(readOutcome(pipeline.execute(items)));
  await clock.advance(1e6);
  assertEquals([result.state, clock.timerCount], ["resolved", 0]);
  const { steps: [stage] } = await pipeline.getMetadata();
  return { ...result.value!, stage: stage! };
}
