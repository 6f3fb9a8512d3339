// Durable jobs over a store of a package, killed at every point, also in the middle of a transaction.

import { assert, assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../src/core/mod.ts";
import { durable } from "../../src/durable/mod.ts";
import { scan } from "../../src/operators/mod.ts";
import { killAtEveryPoint, type KilledWorld } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

/**
 * A row that a job writes. Its table has no key, so that a row that is written twice is in it
 * twice.
 */
export interface TotalRow {
  readonly at: number;
  readonly total: number;
}

const PIPELINES = {
  acks: StreamingPipeline.start<number>().map("row", (n): TotalRow => ({ at: n, total: n })),
  snapshots: StreamingPipeline.start<number>().use(
    "total",
    scan((row: TotalRow, n: number) => ({ at: row.at + 1, total: row.total + n }), {
      at: 0,
      total: 0,
    }),
  ),
};

/** Holds the store of each world of `createWorld`, over the database `name`, to law L17. */
export function testKillsAtEveryPoint(
  name: string,
  createWorld: () => Promise<KilledWorld<TotalRow>>,
): void {
  for (const mode of ["acks", "snapshots"] as const) {
    test(
      `[L17] a job of the mode ${mode} over ${name} that is killed at any point has each row once`,
      async () => {
        const { runs, points, duplicates } = await killAtEveryPoint<number, TotalRow>({
          createJob: (store) =>
            durable(PIPELINES[mode], { id: "job", mode, store, commit: { items: 2 } }),
          items: [1, 2, 3, 4, 5],
          createWorld,
        });

        assert(points > 20);
        assertEquals([runs, duplicates], [points, 0]);
      },
      { hangAfterMs: 60_000 },
    );
  }
}
