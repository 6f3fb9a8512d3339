// Random pipelines and lists come to the same on both sides of the bridge and over it: the same data,
// the same failures by index, the same counts. A failure prints the seed and the smallest program
// that shows it.

import fc from "fast-check";
import { test } from "../../harness.ts";
import { LIST_PROGRAMS, ONE_FAILING_PROGRAMS } from "./arbitrary.ts";
import { checkAlike, checkSide } from "./laws.ts";
import { SIDES } from "./sides.ts";

const RUNS = 300;

/** The same programs everywhere and every time, so that a failure is found again. */
const OPTIONS = { numRuns: RUNS, seed: 20261123 };

const SLOW = { hangAfterMs: 120_000 };

for (const side of SIDES) {
  test(
    `[L14] random pipelines come to what plain arrays come to: ${side.name}`,
    () =>
      fc.assert(fc.asyncProperty(LIST_PROGRAMS, (program) => checkSide(side, program)), OPTIONS),
    SLOW,
  );
}

test(
  "random pipelines of which one stage fails come to the same on all sides",
  () => fc.assert(fc.asyncProperty(ONE_FAILING_PROGRAMS, checkAlike), OPTIONS),
  SLOW,
);
