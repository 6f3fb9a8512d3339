/** What it costs to acknowledge the items of a source, beside a run that does not. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { durable, memoryStore, positioned } from "@headrace/pipeline/durable";
import { type Group, HEADRACE, type Row } from "../lib/row.ts";
import { incrementAfterTurn, numbers } from "../lib/work.ts";

const PLAIN = `${HEADRACE}, executeForEach`;
const ACKS = `${HEADRACE}, a job with acks`;
const SNAPSHOTS = `${HEADRACE}, a job with snapshots`;

const start = () => StreamingPipeline.start<number>();

/** Pipelines that give one number for each. */
const PIPELINES = {
  "3 maps + 1 filter": start().map("one", (n) => n + 1).map("two", (n) => n * 2)
    .map("three", (n) => n - 1).filter("all", (n) => n > -1),
  "batch + flatten": start().batch("rows", 50).flatten("row"),
  "parallel map, 16 at a time": start().map("one", incrementAfterTurn, { concurrencyLimit: 16 }),
};

const GROUPS: readonly Group[] = Object.entries(PIPELINES).map(([name, pipeline]) => {
  const runJob = (mode: "acks" | "snapshots") => (items: number) =>
    countItems((take) => {
      const job = durable(pipeline, { id: "job", mode, store: memoryStore() });
      return job.run(positioned([...numbers(items)]), take);
    });
  const runPlain = (items: number) =>
    countItems((take) => pipeline.executeForEach([...numbers(items)], take));
  return {
    name,
    baseline: PLAIN,
    expected: (items) => items,
    contenders: [
      { name: PLAIN, kind: "ours", run: runPlain },
      { name: ACKS, kind: "ours", run: runJob("acks") },
      { name: SNAPSHOTS, kind: "ours", run: runJob("snapshots") },
    ],
  };
});

async function countItems(run: (take: () => void) => Promise<unknown>): Promise<number> {
  let count = 0;
  await run(() => void count++);
  return count;
}

export const durableJobs: Row = {
  id: "durable",
  title: "durable jobs over a store in memory, with a commit each 500 items",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: GROUPS,
  targets: [],
};
