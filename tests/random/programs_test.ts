// All laws at once, over random pipelines of every operator, inputs, failures, orders of completion
// and consumers. A failure prints the seed and the smallest program that shows it. `deno task fuzz`
// runs many more of them.

import fc from "fast-check";
import { test } from "../harness.ts";
import { LIST_FAMILIES, STREAMING_FAMILIES } from "./families.ts";

/** The same programs everywhere and every time, so that a failure is found again. */
const OPTIONS = { numRuns: 300, seed: 20261123 };

const SLOW = { hangAfterMs: 120_000 };

const TITLES: Readonly<Record<string, string>> = {
  "in order": "[L3] [L6] random pipelines that keep the order do what their model does",
  "item by item": "[L3] [L6] random pipelines in any order lose nothing and invent nothing",
  "every operator":
    "[L3] [L6] [L14] random pipelines of every operator do, stage by stage, what each must",
  "faults": "[L4] [L6] [L12] [L14] random pipelines end well, whatever fails or hangs in them",
};

for (const { name, programs, check } of [...STREAMING_FAMILIES, ...LIST_FAMILIES]) {
  const title = TITLES[name] ?? `[L14] random pipelines do what plain arrays do: ${name}`;
  test(title, () => fc.assert(fc.asyncProperty(programs, check), OPTIONS), SLOW);
}
