// L16: a source item is done once, and only when everything that was made of it has left the run.

import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { ROWS } from "./_traced_operators.ts";
import { runTraced, type Verdict } from "./_traced_program.ts";

const SEED = 271_127;
const RUNS_PER_ROW = 25;

const RIGHT = { early: 0, twice: 0, missing: 0, misattributed: 0 };

async function findWrong(first: string, runs: number): Promise<readonly (Verdict | number)[]> {
  for (let run = 0; run < runs; run++) {
    const { rows, ...verdict } = await runTraced(SEED + run, first);
    if (JSON.stringify(verdict) !== JSON.stringify(RIGHT)) {
      return [SEED + run, { ...verdict, rows }];
    }
  }
  return [];
}

for (const row of Object.keys(ROWS)) {
  test(`[L16] ${row} acknowledges each source item once, and none before all of it is out`, async () => {
    assertEquals(await findWrong(row, RUNS_PER_ROW), []);
  });
}
