// All laws at once, over random pipelines of every operator, inputs, failures, orders of completion
// and consumers. A failure prints the seed and the smallest program that shows it.

import fc from "fast-check";
import { test } from "../harness.ts";
import { ANY_PROGRAMS, EXACT_PROGRAMS, ITEMWISE_PROGRAMS } from "./arbitrary.ts";
import { checkProgram } from "./laws.ts";
import type { Program } from "./program.ts";

const RUNS = 300;

/** The same programs everywhere and every time, so that a failure is found again. */
const SEED = 20261123;

const FAMILIES: Readonly<Record<string, fc.Arbitrary<Program>>> = {
  "[L3] [L6] random pipelines that keep the order do what their model does": EXACT_PROGRAMS,
  "[L3] [L6] random pipelines in any order lose nothing and invent nothing": ITEMWISE_PROGRAMS,
  "[L3] [L6] [L14] random pipelines of every operator do, stage by stage, what each must":
    ANY_PROGRAMS,
};

for (const [title, programs] of Object.entries(FAMILIES)) {
  test(
    title,
    () => fc.assert(fc.asyncProperty(programs, checkProgram), { numRuns: RUNS, seed: SEED }),
  );
}
