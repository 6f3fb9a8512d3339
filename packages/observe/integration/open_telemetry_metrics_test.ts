// Metrics, as the SDK of OpenTelemetry collects them.

import { deepEqual, equal } from "node:assert/strict";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "./sdk.ts";

test(
  "metrics agree with the metadata to the item, over runs that are over and one that goes on",
  async (sdk, observe) => {
    const observer = observe({ name: "numbers", itemShare: 0.1 });
    const pipeline = StreamingPipeline.start<number>()
      .filter("even", (item) => item % 2 === 0)
      .map("step", (item) => {
        if (item % 5 === 0) throw new Error("no");
        return item;
      }, {
        errorStrategy: "SKIP_FAILED",
        retry: {
          maxAttempts: 2,
          backoffMs: 0,
          shouldRetry: () => true,
        },
      });
    const items = Array.from({ length: 40 }, (_, item) => item);
    await pipeline.executeToArray(items, { observer });
    const first = await pipeline.getMetadata();
    await using run = pipeline.run(items, { observer });
    const iterator = run[Symbol.asyncIterator]();
    for (let read = 0; read < 5; read++) await iterator.next();
    const second = run.metadata();

    const points = await sdk.points("headrace.items");
    const totals = Object.fromEntries(points.map(({ attributes, value }) => [
      `${attributes["headrace.stage"]} ${attributes["headrace.outcome"]}`,
      value,
    ]));
    const expected: Record<string, number> = {};
    for (const [index, { key }] of first.steps.entries()) {
      const both = [first.steps[index]!, second.steps[index]!];
      const add = (outcome: string, counts: number[]) => {
        expected[`${key} ${outcome}`] = counts[0]! + counts[1]!;
      };
      add("passed", both.map(({ passedCount }) => passedCount));
      add("dropped", both.map(({ droppedCount }) => droppedCount));
      add("failed", both.map(({ errorCount }) => errorCount));
      add("abandoned", both.map(({ abandonedCount }) => abandonedCount));
    }
    deepEqual(totals, expected);
    const [active] = await sdk.points("headrace.runs.active");
    equal(active!.value, 1);
    const retries = await sdk.points("headrace.retries");
    equal(retries.at(-1)!.value, first.steps[1]!.retryCount + second.steps[1]!.retryCount);

    await iterator.return?.();
    await run.ended;
    equal((await sdk.points("headrace.runs.active"))[0]!.value, 0);
    const durations = await sdk.points("headrace.run.duration");
    deepEqual(durations.map(({ attributes }) => attributes["headrace.run.status"]), [
      "completed",
      "closed",
    ]);
  },
);
