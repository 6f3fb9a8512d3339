import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { killAcks, STATELESS_ROWS } from "./_kills.ts";

for (const row of STATELESS_ROWS) {
  test(`[L17] a job with acks loses nothing, killed at any point: ${row.title}`, async () => {
    const { runs, points } = await killAcks(row, { sink: "plain" });

    assertEquals(runs, points);
    assert(points > 15);
  });

  test(`[L17] a job with acks and a transactional sink is exact: ${row.title}`, async () => {
    const { duplicates, runs, points } = await killAcks(row, { sink: "transactional" });

    assertEquals([duplicates, runs], [0, points]);
  });
}
