// Traces on every runtime; `integration/open_telemetry_test.ts` has the SDK, and contexts that are carried.

import {
  openTelemetry,
  type OpenTelemetryOptions,
  traceparent,
} from "@headrace/observe/open_telemetry";
import { StreamingPipeline } from "@headrace/pipeline";
import { SpanStatusCode } from "@opentelemetry/api";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { settle, TestClock } from "@headrace/pipeline/testing";
import { Recorder } from "./support/recorder.ts";
import { range } from "./support/runs.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const HEADERS = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` };

test("openTelemetry() has a tree of a run, its stages and sampled items, all of them ended once", async () => {
  const tracerProvider = new Recorder();
  const ids: string[] = [];
  const run = StreamingPipeline.start<number>()
    .flatMap("twice", function* (item) {
      yield item;
      yield item;
    })
    .map("step", (item, _index, stage) => {
      ids.push(traceparent(stage));
      if (item === 2) throw new Error("no");
      return Promise.resolve(item);
    }, { errorStrategy: "SKIP_FAILED" })
    .run([1, 2, 3], {
      observer: openTelemetry({ tracerProvider, itemShare: 0.5, parent: HEADERS }),
    });
  assertEquals(await collect(run), [1, 1, 3, 3]);
  await settle();

  const { spans } = tracerProvider;
  assert(spans.every(({ isEnded, ids }) => isEnded && ids.traceId === TRACE_ID));
  const [root, twice, step] = spans;
  const children = (parent = root) =>
    spans.filter(({ parentId }) => parentId === parent!.ids.spanId)
      .map(({ name, attributes }) => [name, attributes["headrace.item.index"]]);
  assertEquals(root!.parentId, "b7ad6b7169203331");
  assertEquals(children(), [["twice", undefined], ["step", undefined]]);
  assertEquals(children(twice), [["twice", 0], ["twice", 2]]);
  assertEquals(children(step), [["step", 0], ["step", 2], ["step", 4]]);
  const failed = spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
  assertEquals(failed.map(({ name, attributes }) => [name, attributes["headrace.item.index"]]), [
    ["step", 2],
  ]);
  // The other one has no span of its own.
  assertEquals(step!.events, ["failure"]);
  assertEquals(step!.attributes["headrace.items.failed"], 2);
  assertEquals(ids[0], `00-${TRACE_ID}-${step!.ids.spanId}-01`);
});

test("openTelemetry() ends the spans of a run that is left, and of one that fails", async () => {
  for (const fails of [false, true]) {
    const tracerProvider = new Recorder();
    const run = StreamingPipeline.start<number>()
      .flatMap("endless", async function* () {
        for (let item = 0;; item++) {
          if (fails && item === 2) throw new Error("secret");
          yield item;
        }
      })
      .run([1], { observer: openTelemetry({ tracerProvider, itemShare: 1 }) });
    const read = async () => {
      for await (const item of run) if (item === 3) break;
    };
    if (fails) await assertRejects(read);
    else await read();
    await settle();

    const [root, ...rest] = tracerProvider.spans;
    assert(rest.every(({ isEnded }) => isEnded) && root!.isEnded);
    assertEquals(root!.attributes["headrace.run.status"], fails ? "failed" : "closed");
    assertEquals(root!.status.code, fails ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    assert(!JSON.stringify(tracerProvider.spans).includes("secret"));
  }
});

test("openTelemetry() ends no span after the one that it is in, also where calls never end", () =>
  new TestClock().use(async (clock) => {
    const tracerProvider = new Recorder();
    const run = StreamingPipeline.start<number>()
      .fanOut("branches", {
        first: (branch) => branch.map("hang", () => new Promise(() => {})),
        second: { build: (branch) => branch.map("step", (item) => item), whenFull: "dropNewest" },
      })
      .run([1, 2], {
        observer: openTelemetry({ tracerProvider, itemShare: 1 }),
        closeTimeoutMs: 1,
      });
    const reading = collect(run);
    await settle();
    const stopping = run.stop({ deadlineMs: 0 });
    for (let passed = 0; passed < 3; passed++) await clock.advance(1);
    await Promise.all([reading, stopping]);
    const { spans, ended } = tracerProvider;

    assert(spans.some(({ name }) => name === "hang"));
    for (const span of spans) {
      const parent = spans.find(({ ids }) => ids.spanId === span.parentId);
      if (parent !== undefined) assert(ended.indexOf(span) < ended.indexOf(parent), span.name);
    }
    assertEquals(ended.length, spans.length);
  }));

const failing = StreamingPipeline.start<number>().map("step", () => {
  throw new Error("no");
}, { errorStrategy: "SKIP_FAILED" });
const grouped = StreamingPipeline.start<number>().groupBy(
  "groups",
  (item) => item % 3,
  (group) => group.compose(failing),
);

for (
  const [what, pipeline] of [["a stage", failing], ["the groups of a stage", grouped]] as const
) {
  test(`openTelemetry() adds no more than a hundred events to ${what}, and counts the others`, async () => {
    const tracerProvider = new Recorder();
    await pipeline.executeToArray(range(150), {
      observer: openTelemetry({ tracerProvider, itemShare: 0 }),
    });
    await settle();
    const [, stage] = tracerProvider.spans;
    assertEquals(stage!.events.length, 100);
    assertEquals(stage!.attributes["headrace.events.left_out"], 50);
  });
}

const SPAN_METHODS = [
  "spanContext",
  "setAttribute",
  "setAttributes",
  "addEvent",
  "setStatus",
  "end",
];

for (const broken of ["startSpan", "record", ...SPAN_METHODS]) {
  test(`a run does not fail for telemetry whose ${broken}() throws`, async () => {
    const fail = () => {
      throw new Error("no telemetry");
    };
    const ids = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
    const span = Object.fromEntries(
      SPAN_METHODS.map((name) => [name, name === broken ? fail : () => ids]),
    );
    const tracer = { startSpan: broken === "startSpan" ? fail : () => span };
    const observable = { addCallback() {} };
    const meter = {
      createObservableCounter: () => observable,
      createObservableGauge: () => observable,
      createHistogram: () => ({ record: broken === "record" ? fail : () => {} }),
    };
    const observer = openTelemetry({
      itemShare: 1,
      tracerProvider: { getTracer: () => tracer },
      meterProvider: { getMeter: () => meter },
    });
    const made = await StreamingPipeline.start<number>()
      .map("some", (item) => {
        if (item === 2) throw new Error("two");
        return item;
      }, { errorStrategy: "SKIP_FAILED" })
      .executeToArray([1, 2, 3], { observer });
    await settle();

    assertEquals(made, [1, 3]);
  });
}

test("[L9] openTelemetry() refuses options that are not valid", () => {
  for (
    const [options, message] of [
      [{ itemShare: 2 }, "itemShare must be from 0 to 1, got 2"],
      [{ itemShare: NaN }, "itemShare must be from 0 to 1, got NaN"],
      [{ parent: "00-1" }, 'parent must be headers or a function that gives them, got "00-1"'],
      [{ tracerProvider: {} }, "tracerProvider must have getTracer(), got an object"],
      [{ meterProvider: 3 }, "meterProvider must have getMeter(), got 3"],
      [{ sampleRate: 1 }, 'unknown option "sampleRate"'],
    ] as [OpenTelemetryOptions, string][]
  ) {
    assertThrows(() => openTelemetry(options), Error, message);
  }
  assertThrows(
    () => traceparent({ traceId: "1", spanId: "2" }),
    TypeError,
    "the context of a stage",
  );
});
