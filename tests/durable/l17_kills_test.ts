import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { killSnapshots } from "./_kills.ts";
import { PIPELINE_ROWS } from "./_pipelines.ts";

for (const row of PIPELINE_ROWS) {
  test(`[L17] a job killed at any point goes on exactly: ${row.title}`, async () => {
    for (const commit of [1, 2, 100]) {
      const { runs, points, duplicates } = await killSnapshots(row, { commit });

      assertEquals([runs, duplicates], [points, 0]);
      assert(points > 15);
    }
  });

  test(`[L17] a job with a plain sink loses nothing at any point: ${row.title}`, async () => {
    const { runs, points } = await killSnapshots(row, { sink: "plain" });

    assertEquals(runs, points);
  });
}
