// On Deno only, because two kills took a third of the time of each suite: what could differ between
// runtimes is seen with one kill, which is tried on all of them.

import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { killAcks, killSnapshots, STATELESS_ROWS } from "./_kills.ts";
import { PIPELINE_ROWS } from "./_pipelines.ts";

for (const row of STATELESS_ROWS) {
  test(`[L17] a job with acks loses nothing, killed at any two points: ${row.title}`, async () => {
    const { runs, points } = await killAcks(row, { sink: "plain", kills: 2 });

    assert(runs > points * 5);
  });
}

for (const row of PIPELINE_ROWS) {
  test(`[L17] a job killed at any two points goes on exactly: ${row.title}`, async () => {
    const { runs, points, duplicates } = await killSnapshots(row, { kills: 2 });

    assertEquals(duplicates, 0);
    assert(runs > points * 5);
  });
}
