// Sinks that count, break, throw and abort as a test says.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { SinkProbe } from "../../src/testing/sink_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { test } from "../harness.ts";

const FAILURE = new Error("the disk is full");
const start = () => StreamingPipeline.start<number>().map("same", (item) => item);

test("SinkProbe reads up to its break, and the source is closed", async () => {
  const probe = new SourceProbe("an async generator");
  const sink = new SinkProbe({ breakAfter: 3 });

  await sink.read(start().execute(probe.source));

  assertEquals([sink.items, probe.closed, probe.cleaned], [[0, 1, 2], 1, 1]);
});

test("SinkProbe that breaks after no item reads nothing", async () => {
  const probe = new SourceProbe("an async generator");

  await new SinkProbe({ breakAfter: 0 }).read(start().execute(probe.source));

  assertEquals(probe.pulls, 0);
});

test("SinkProbe throws after its item, as a reader and as a function", async () => {
  for (const how of ["read", "take"] as const) {
    const probe = new SourceProbe("an async generator");
    const sink = new SinkProbe<number>({ failAfter: 2, failure: FAILURE });

    const error = how === "read"
      ? await sink.read(start().execute(probe.source)).catch((error) => error)
      : await start().executeForEach(probe.source, sink.take).catch((error) => error);

    // The run says that its sink has failed; a plain loop just throws.
    assertStrictEquals(how === "read" ? error : error.cause, FAILURE);
    assertEquals([sink.items, probe.closed, sink.running], [[0, 1], 1, 0]);
  }
});

test("SinkProbe aborts its signal after its item", async () => {
  const probe = new SourceProbe("an async generator");
  const sink = new SinkProbe<number>({ abortAfter: 2, reason: FAILURE });

  const error = await sink.read(start().execute(probe.source, { signal: sink.signal }))
    .catch((error) => error);

  assertStrictEquals(error, FAILURE);
  assertEquals([sink.items, probe.closed], [[0, 1], 1]);
});

test("SinkProbe that is slow holds its writer back", async () => {
  const gate = createDeferred<void>();
  const probe = new SourceProbe("an async iterable", { items: [0, 1, 2] });
  const sink = new SinkProbe<number>({ gate: (index) => index === 1 ? gate.promise : undefined });
  const stream = start().toReadableStream(probe.source);

  const piping = watch(stream.pipeTo(sink.createStream()));
  await settle();
  assertEquals([sink.items, sink.running, piping.state], [[0], 1, "pending"]);
  gate.resolve();
  await settle();

  assertEquals([sink.items, sink.peak, sink.closed, piping.state], [[0, 1, 2], 1, 1, "resolved"]);
});

test("SinkProbe as a stream keeps the reason of an abort, and how often it was closed", async () => {
  const [aborted, closed] = [new SinkProbe<number>(), new SinkProbe<number>()];

  await aborted.createStream().abort(FAILURE);
  await closed.createStream().close();

  assertEquals([aborted.reasons, aborted.closed], [[FAILURE], 0]);
  assertEquals([closed.reasons, closed.closed], [[], 1]);
});
