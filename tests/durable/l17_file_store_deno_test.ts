// Jobs whose store is in files, killed at every point.

import { assert, assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { type CheckpointStore, durable, fileStore } from "../../src/durable/mod.ts";
import { killAtEveryPoint, type KilledWorld } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const ITEMS = [1, 2, 3, 4, 5];
const PIPELINES = {
  acks: StreamingPipeline.start<number>()
    .map("same", (n) => Promise.resolve(n), { concurrencyLimit: 2, ordered: false })
    .batch("pairs", 2),
  snapshots: StreamingPipeline.start<number>().scan("total", (total, n) => total + n, 0)
    .batch("pairs", 2),
};

async function createWorld(): Promise<KilledWorld<number[]>> {
  const folder = await Deno.makeTempDir();
  return {
    open: () => ({ store: fileStore(`${folder}/job.checkpoint`) }),
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

for (const mode of ["acks", "snapshots"] as const) {
  test(`[L17] a job of the mode ${mode} over a file that is killed at any point loses nothing`, async () => {
    let stores = 0;
    const { runs, points } = await killAtEveryPoint<number, number[]>({
      createJob: (store: CheckpointStore) => {
        stores++;
        return durable(PIPELINES[mode], { id: "job", mode, store, commit: { items: 2 } });
      },
      items: ITEMS,
      sink: "plain",
      createWorld,
      order: mode === "acks" ? "any" : "same",
      // What was in a batch that was not done is cut elsewhere the next time.
      ...(mode === "acks" && { compare: (outputs) => [...new Set(outputs.flat())] }),
    });

    assert(points > 20);
    // Each kill has another process, with a store of its own.
    assertEquals([runs, stores], [points, 1 + 2 * points]);
  });
}
