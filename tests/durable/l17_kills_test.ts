import { assert, assertEquals } from "@std/assert";
import { durable } from "../../src/durable/mod.ts";
import { killAtEveryPoint } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { PIPELINE_ROWS, type PipelineRow } from "./_pipelines.ts";

const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8];

const kill = (
  { pipeline, compare }: Omit<PipelineRow, "title">,
  options: { kills?: 1 | 2; sink?: "plain"; commit?: number; items?: readonly number[] } = {},
) =>
  killAtEveryPoint({
    createJob: (store) =>
      durable(pipeline, {
        id: "job",
        mode: "snapshots",
        store,
        commit: { items: options.commit ?? 2, ms: 1_000 },
      }),
    items: options.items ?? NUMBERS,
    ...(options.kills && { kills: options.kills }),
    ...(options.sink && { sink: options.sink }),
    ...(compare && { compare }),
  });

for (const { title, ...row } of PIPELINE_ROWS) {
  test(`[L17] a job killed at any point goes on exactly: ${title}`, async () => {
    for (const commit of [1, 2, 100]) {
      const { runs, points, duplicates } = await kill(row, { commit });

      assertEquals([runs, duplicates], [points, 0]);
      assert(points > 15);
    }
  });

  test(`[L17] a job killed at any two points goes on exactly: ${title}`, async () => {
    const { runs, points, duplicates } = await kill(row, { kills: 2, items: NUMBERS.slice(0, 5) });

    assertEquals(duplicates, 0);
    assert(runs > points * 5);
  });

  test(`[L17] a job with a plain sink loses nothing at any point: ${title}`, async () => {
    const { runs, points } = await kill(row, { sink: "plain" });

    assertEquals(runs, points);
  });
}
