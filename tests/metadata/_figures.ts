// What the tests of the figures share.

import { assert, assertEquals } from "@std/assert";
import type { PipelineRun } from "../../mod.ts";

/** What is counted of a stage; what is left out is 0. */
export interface Figures {
  readonly in: number;
  readonly passed: number;
  readonly dropped?: number;
  readonly failed?: number;
  readonly held?: number;
}

/** Fails where the figures of the stage "stage" are others, are below zero or do not add up. */
export function expectFigures(run: PipelineRun<unknown>, expected: Figures): void {
  const stage = run.metadata().steps.find(({ key }) => key === "stage")!;
  const { inputCount, passedCount, droppedCount, errorCount, inFlightCount } = stage;
  const figures = [passedCount, droppedCount, errorCount, inFlightCount];
  assert(figures.every((figure) => figure >= 0), figures.join(", "));
  assertEquals(figures.reduce((sum, figure) => sum + figure), inputCount);
  assertEquals(
    {
      in: inputCount,
      passed: passedCount,
      dropped: droppedCount,
      failed: errorCount,
      held: inFlightCount,
    },
    { dropped: 0, failed: 0, held: 0, ...expected },
  );
}
