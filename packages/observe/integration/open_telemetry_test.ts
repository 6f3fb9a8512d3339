// Traces, as the SDK of OpenTelemetry records them.

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { SpanStatusCode } from "@opentelemetry/api";
import { openTelemetry } from "@headrace/observe/open_telemetry";
import { Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { test as testWithoutSdk } from "../../../tests/harness.ts";
import { test } from "./sdk.ts";

const RETRY = { maxAttempts: 3, backoffMs: 0, shouldRetry: () => true };
const SECRET = "secret";

test(
  "a run has a span, its stages have one below it, and sampled items one below theirs",
  async (sdk, observe) => {
    const run = StreamingPipeline.start<number>()
      .filter("even", (item) => item % 2 === 0)
      .map("double", (item) => Promise.resolve(item * 2), { concurrencyLimit: 3 })
      .run(Array.from({ length: 100 }, (_, item) => item), {
        observer: observe({ name: "numbers", itemShare: 0.1 }),
      });
    for await (const _item of run);
    await run.ended;

    const root = sdk.span("numbers");
    equal(root.parentSpanContext, undefined);
    equal(root.spanContext().traceId, run.traceId);
    deepEqual(root.attributes, {
      "headrace.pipeline": "numbers",
      "headrace.run.status": "completed",
      "headrace.items.out": 50,
    });
    const stages = sdk.below(root);
    deepEqual(stages.map(({ name }) => name), ["even", "double"]);
    deepEqual(
      stages.map((stage) => stage.spanContext().spanId),
      run.metadata().steps.map(({ spanId }) => spanId),
    );
    const indexes = stages.map((stage) =>
      sdk.below(stage).map(({ attributes }) => attributes["headrace.item.index"]).toSorted(
        (left, right) => Number(left) - Number(right),
      )
    );
    deepEqual(indexes, [[0, 10, 20, 30, 40, 50, 60, 70, 80, 90], [0, 10, 20, 30, 40]]);
    equal(sdk.spans.length, 1 + 2 + 15);
  },
);

test(
  "retries and failures are events, or the status of the item's own span, by their codes",
  async (sdk, observe) => {
    const attempts = new Map<number, number>();
    await StreamingPipeline.start<number>()
      .map("step", async (item) => {
        const attempt = (attempts.get(item) ?? 0) + 1;
        attempts.set(item, attempt);
        if (await attempt <= item) throw Object.assign(new Error(SECRET), { code: "NOT_YET" });
        return item;
      }, { retry: RETRY, errorStrategy: "SKIP_FAILED", concurrencyLimit: 2 })
      .executeToArray([1, 2, 9, 9], { observer: observe({ itemShare: 0.5 }) });

    const stage = sdk.span("pipeline");
    const [step] = sdk.below(stage);
    const items = sdk.below(step!);
    const eventsOf = (index: number) =>
      items.find(({ attributes }) => attributes["headrace.item.index"] === index)!.events
        .map(({ name, attributes }) => [name, attributes!["headrace.attempt"]]);
    deepEqual(eventsOf(0), [["retry", 2]]);
    deepEqual(eventsOf(2), [["retry", 2], ["retry", 3]]);
    const failed = items.find(({ status }) => status.code === SpanStatusCode.ERROR)!;
    deepEqual(
      [
        failed.attributes["error.type"],
        failed.attributes["headrace.attempts"],
        failed.status.message,
      ],
      ["NOT_YET", 3, 'Stage "step" failed at item 2 after 3 attempts: NOT_YET'],
    );
    // Items without a span.
    deepEqual(
      step!.events.map(({ name, attributes }) => [name, attributes!["headrace.item.index"]]),
      [["retry", 1], ["retry", 1], ["retry", 3], ["retry", 3], ["failure", 3]],
    );
    deepEqual(step!.attributes["headrace.items.failed"], 2);
    const told = sdk.spans.map((
      { name, attributes, events, status },
    ) => [name, attributes, events, status]);
    ok(!JSON.stringify(told).includes(SECRET));
  },
);

test("the span of an item that gives many ends when they are read", async (sdk, observe) => {
  await StreamingPipeline.start<number>()
    .flatMap("expand", async function* (item) {
      yield item;
      const child = sdk.tracerProvider.getTracer("test").startSpan("child");
      await Promise.resolve();
      child.end();
      if (item === 2) throw new Error(SECRET);
    }, { errorStrategy: "SKIP_FAILED" })
    .executeToArray([1, 2], { observer: observe({ itemShare: 1 }) });

  const [stage] = sdk.below(sdk.span("pipeline"));
  const [first, second] = sdk.below(stage!);
  deepEqual([first, second].map((span) => sdk.below(span!).map(({ name }) => name)), [
    ["child"],
    ["child"],
  ]);
  deepEqual([first!.status.code, second!.status.code], [
    SpanStatusCode.UNSET,
    SpanStatusCode.ERROR,
  ]);
});

test("a batch pipeline is traced down to the items of its lists", async (sdk, observe) => {
  const result = await Pipeline.start<number[]>()
    .filter("even", (item) => item % 2 === 0)
    .map("half", async (item) => {
      if (await item === 4) throw new Error(SECRET);
      return item / 2;
    }, { errorStrategy: "SKIP_FAILED", parallel: true })
    .execute([1, 2, 3, 4], { observer: observe({ name: "lists", itemShare: 1 }) });
  await Promise.resolve();

  ok(result.success);
  const root = sdk.span("lists");
  equal(result.metadata.traceId, root.spanContext().traceId);
  const stages = sdk.below(root);
  deepEqual(stages.map(({ name }) => name), ["even", "half"]);
  deepEqual(
    stages.map(({ attributes }) => [
      attributes["headrace.items.in"],
      attributes["headrace.items.out"],
      attributes["headrace.items.failed"],
    ]),
    [[4, 2, 0], [2, 1, 1]],
  );
  const values = stages.flatMap((stage) => sdk.below(stage));
  deepEqual(values.map((value) => sdk.below(value).length), [4, 2]);
});

test("a run that fails says so, and what was given up is ended", async (sdk, observe) => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => begin = resolve);
  let count = 0;
  const run = StreamingPipeline.start<number>()
    .map("step", async (item, _index, { signal }) => {
      if (++count === 3) begin();
      if (item === 0) {
        await begun;
        throw new Error(SECRET);
      }
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
      return item;
    }, { concurrencyLimit: 3 })
    .run([0, 1, 2], { observer: observe({ itemShare: 1 }) });
  await rejects(async () => {
    for await (const _item of run);
  });
  await run.ended;
  await new Promise((resolve) => setTimeout(resolve));

  const root = sdk.span("pipeline");
  equal(root.status.code, SpanStatusCode.ERROR);
  match(root.status.message!, /^Stage "step" failed at item 0: /);
  const [stage] = sdk.below(root);
  equal(sdk.below(stage!).length, 3);
  equal(sdk.spans.length, 5);
});

testWithoutSdk(
  "without an SDK, calls are made as they are, and the ids are the run's own",
  async () => {
    const run = StreamingPipeline.start<number>()
      .map("step", (item, _index, { traceId }) => [item, traceId] as const)
      .run([1], { observer: openTelemetry() });
    for await (const [item, traceId] of run) deepEqual([item, traceId], [1, run.traceId]);
    match(run.traceId, /^(?!0{32})[0-9a-f]{32}$/);
  },
);
