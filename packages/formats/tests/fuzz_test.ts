// A sample of what `deno task fuzz` runs a million times: see main.ts beside it.

import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { check, fuzzCase } from "./support/fuzz.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

const SEED = 20_260_101;

test("each decoder makes the same of any bytes, wherever they are cut, within its limits", () => {
  fc.assert(fc.property(fuzzCase, check), { seed: SEED, numRuns: 2_000 });
});
