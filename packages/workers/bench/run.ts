// `deno task bench [rounds]`, in this folder: the same work in one stage here, and in workers, in turns in
// one process, for items that take longer and longer. Prints how many times as fast the workers are, by the
// least time of all rounds, for what else the machine does only adds to it; and the median of the rounds.

import { inWorkers, workerPool } from "@headrace/workers";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import { countTurnsPerMs, type Load, work } from "./work.ts";

const ITEM_MS = [0.005, 0.01, 0.02, 0.05, 0.1, 1, 10];
const PAYLOAD_BYTES = [100, 10_000];
/** How long the work of one measurement takes on one core, and the fewest items: few disturb a short one. */
const TOTAL_MS = 12;
const MIN_ITEMS = 20;

const rounds = Number(Deno.args[0] ?? 60);
const turnsPerMs = countTurnsPerMs();
const pools = [1, 2].map((workers) =>
  workerPool<typeof import("./work.ts")>(new URL("./work.ts", import.meta.url), { workers })
);
const here = StreamingPipeline.start<Load>().use("work", map(work));
const away = pools.map((pool) =>
  StreamingPipeline.start<Load>().use("work", inWorkers(pool, { export: "work" }))
);

const cells = PAYLOAD_BYTES.flatMap((bytes) =>
  ITEM_MS.map((itemMs) => {
    const turns = Math.round(itemMs * turnsPerMs);
    const length = Math.max(MIN_ITEMS, TOTAL_MS / itemMs | 0);
    // Each with bytes of its own: what items in one message share is copied once.
    const items = Array.from({ length }, (): Load => ({ turns, payload: new Uint8Array(bytes) }));
    return { bytes, itemMs, items, times: [here, ...away].map((): number[] => []) };
  })
);
// All of them in each round, so that what disturbs some seconds disturbs none of them alone.
for (let round = -1; round < rounds; round++) {
  for (const { items, times } of cells) {
    for (const [at, pipeline] of [here, ...away].entries()) {
      const ms = await time(pipeline, items);
      if (round >= 0) times[at]!.push(ms);
    }
  }
}
for (const bytes of PAYLOAD_BYTES) {
  console.log(
    `\nitems of ${bytes} bytes, ${rounds} rounds, against the same stage without workers`,
  );
  console.log("| ms an item | 1 worker | 2 workers |\n| --- | --- | --- |");
  for (const { itemMs, times: [base, ...others] } of cells.filter((cell) => cell.bytes === bytes)) {
    console.log(`| ${itemMs} | ${others.map((each) => show(base!, each)).join(" | ")} |`);
  }
}
for (const pool of pools) await pool.close();

async function time(pipeline: typeof here, items: readonly Load[]): Promise<number> {
  const startedAt = performance.now();
  await pipeline.executeReduce(items, (sum: number, made) => sum + made, 0);
  return performance.now() - startedAt;
}

function show(base: readonly number[], others: readonly number[]): string {
  const ratios = base.map((ms, round) => ms / others[round]!).toSorted((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)]!;
  return `${(Math.min(...base) / Math.min(...others)).toFixed(2)} (${median.toFixed(2)})`;
}
