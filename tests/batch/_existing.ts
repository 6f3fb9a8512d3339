// What the programs of the existing pipeline share.

import { createStep, type Step, type StepResult } from "../../mod.ts";

/** Fails for 0. */
export const divide: Step<number, number> = createStep("divide", async ({ input }) => {
  if (input === 0) throw new Error("division by zero");
  return await 10 / input;
});

/** What a program that logs failures makes of a result. */
export function describe(result: StepResult<unknown>): string {
  if (result.success) return "ok";
  return `${result.metadata.stepName}: ${result.error.code}: ${result.error.message}`;
}
