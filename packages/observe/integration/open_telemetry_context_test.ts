// Which trace a run continues, and which its functions see.

import { deepEqual, equal, ok } from "node:assert/strict";
import { context, propagation, trace } from "@opentelemetry/api";
import { traceparent } from "@headrace/observe/open_telemetry";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "./sdk.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";
const HEADERS = { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01`, tracestate: "vendor=1" };

/** What a request of here would carry. */
function outgoing(): string | undefined {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers.traceparent;
}

test(
  "a run continues the trace of the headers that it is given, and passes it on",
  async (sdk, observe) => {
    const seen: unknown[] = [];
    const run = StreamingPipeline.start<number>()
      .map("request", async (item, _index, stage) => {
        await Promise.resolve();
        seen.push(outgoing(), traceparent(stage));
        return item;
      })
      .run([1, 2], { observer: observe({ parent: new Headers(HEADERS), itemShare: 0 }) });
    for await (const _item of run);
    await run.ended;

    const root = sdk.span("pipeline");
    equal(run.traceId, TRACE_ID);
    deepEqual(
      [
        root.spanContext().traceId,
        root.parentSpanContext?.spanId,
        root.parentSpanContext?.isRemote,
      ],
      [TRACE_ID, PARENT_ID, true],
    );
    equal(root.spanContext().traceState?.get("vendor"), "1");
    const own = `00-${TRACE_ID}-${sdk.span("request").spanContext().spanId}-01`;
    deepEqual(seen, [own, own, own, own]);
  },
);

test(
  "the span that is active when a run begins is its parent, and headers that are not valid name none",
  async (sdk, observe) => {
    const tracer = sdk.tracerProvider.getTracer("test");
    const pipeline = StreamingPipeline.start<number>();
    await tracer.startActiveSpan("request", async (span) => {
      await pipeline.executeToArray([1], { observer: observe({ name: "first" }) });
      for (
        const wrong of [
          "",
          "00-0-0-01",
          `00-${"0".repeat(32)}-${PARENT_ID}-01`,
          `ff${HEADERS.traceparent.slice(2)}`,
        ]
      ) {
        await pipeline.executeToArray([1], {
          observer: observe({ name: "other", parent: { traceparent: wrong } }),
        });
      }
      span.end();
    });
    const request = sdk.span("request");
    equal(sdk.below(request).length, 5);
  },
);

test("generators and what is read late run in the context of their stage", async (sdk, observe) => {
  const seen = new Map<string, Set<string | undefined>>();
  const note = (place: string) => {
    const spanId = trace.getSpanContext(context.active())?.spanId;
    seen.set(place, (seen.get(place) ?? new Set()).add(spanId));
  };
  const items = await StreamingPipeline.start<number>()
    .flatMap("expand", async function* (item) {
      try {
        note("expand");
        yield item;
        await Promise.resolve();
        note("expand");
        yield item + 1;
      } finally {
        note("expand");
      }
    })
    .flatMap("sync", function* (item) {
      note("sync");
      yield item;
      note("sync");
    })
    .add("step", async function* ({ input }) {
      note("step");
      for await (const item of input) {
        note("step");
        yield item;
      }
      note("step");
    })
    .executeToArray([1, 3], { observer: observe({ itemShare: 0 }) });

  deepEqual(items, [1, 2, 3, 4]);
  for (const stage of ["expand", "sync", "step"]) {
    deepEqual([...seen.get(stage)!], [sdk.span(stage).spanContext().spanId], stage);
  }
});

test("groups and branches continue the trace inside of their stage", async (sdk, observe) => {
  const seen = new Set<string>();
  const run = StreamingPipeline.start<number>()
    .groupBy(
      "parity",
      (item) => item % 2,
      (group) =>
        group.map("inside", (item, _index, { traceId }) => {
          seen.add(traceId);
          return item;
        }),
    )
    .run([1, 2, 3], { observer: observe({ itemShare: 1 }) });
  for await (const _item of run);
  await run.ended;

  deepEqual([...seen], [run.traceId]);
  equal(new Set(sdk.spans.map((span) => span.spanContext().traceId)).size, 1);
  equal(sdk.spans.filter(({ name }) => name === "inside").length, 3);
  const [stage] = sdk.below(sdk.span("pipeline"));
  ok(sdk.below(stage!).some(({ name }) => name === "inside"));
});
