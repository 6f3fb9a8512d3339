// What the tests of the figures share.

import { assertEquals } from "@std/assert";
import type { PipelineRun } from "../../mod.ts";
import { expectBalance } from "../../src/testing/balance.ts";

/** What is counted of a stage; what is left out is 0. */
export interface Figures {
  readonly in: number;
  readonly passed: number;
  readonly dropped?: number;
  readonly failed?: number;
  readonly abandoned?: number;
  readonly held?: number;
}

/** Fails where the figures of the stage "stage" are others, are below zero or do not add up. */
export function expectFigures(run: PipelineRun<unknown>, expected: Figures): void {
  const stage = run.metadata().steps.find(({ key }) => key === "stage")!;
  expectBalance(stage);
  const { inputCount, passedCount, droppedCount, errorCount, abandonedCount, inFlightCount } =
    stage;
  assertEquals(
    {
      in: inputCount,
      passed: passedCount,
      dropped: droppedCount,
      failed: errorCount,
      abandoned: abandonedCount,
      held: inFlightCount,
    },
    { dropped: 0, failed: 0, abandoned: 0, held: 0, ...expected },
  );
}
