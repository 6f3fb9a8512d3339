// L1: building does nothing, and a source is opened at the first pull.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

for (const row of ROWS) {
  test(`[L1] ${row.title} does nothing before the first pull`, async () => {
    const calls = new CallProbe();
    const probe = new SourceProbe("an async iterable", { items: range(20) });

    const pipeline = row.build(calls);
    const items = pipeline.execute(probe.source);
    await settle();

    assertEquals([probe.opened, probe.pulls, calls.started], [0, 0, 0]);
    await items.next();
    assertEquals(probe.opened, 1);
    await items.return();
  });

  test(`[L1] ${row.title} after take(0) never opens its source`, async () => {
    const calls = new CallProbe();
    const probe = new SourceProbe("an async iterable");

    const items = await row.build(calls).take("none", 0).executeToArray(probe.source);

    assertEquals(items, []);
    assertEquals([probe.opened, probe.closed, calls.started], [0, 0, 0]);
  });
}

for (const kind of SOURCE_KINDS) {
  for (const row of TYPICAL_ROWS) {
    const setUp = () => {
      const probe = new SourceProbe(kind);
      return { probe, pipeline: row.build(new CallProbe()) };
    };

    test(`[L1] ${row.title} opens ${kind} at the first pull, once`, async () => {
      const { probe, pipeline } = setUp();
      const items = pipeline.execute(probe.source);
      await settle();
      const before = probe.opened;

      await items.next();
      await items.next();

      assertEquals([before, probe.opened], [0, 1]);
      await items.return();
    });

    test(`[L1] ${row.title} never pulls ${kind} when it is closed before the first pull`, async () => {
      const { probe, pipeline } = setUp();

      await pipeline.execute(probe.source).return();
      await pipeline.run(probe.source).abort();
      await pipeline.run(probe.source)[Symbol.asyncDispose]();
      await pipeline.toReadableStream(probe.source).cancel();

      assertEquals([probe.opened, probe.pulls], [0, 0]);
    });
  }
}

for (const row of TYPICAL_ROWS) {
  const STREAMS = {
    "run()": (probe: SourceProbe, calls: CallProbe) => row.build(calls).run(probe.source),
    "run().readable": (probe: SourceProbe, calls: CallProbe) =>
      row.build(calls).run(probe.source).readable,
    "toReadableStream()": (probe: SourceProbe, calls: CallProbe) =>
      row.build(calls).toReadableStream(probe.source),
    "toTransformStream()": (_: SourceProbe, calls: CallProbe) =>
      row.build(calls).toTransformStream(),
  };
  for (const [end, open] of Object.entries(STREAMS)) {
    test(`[L1] ${end} of ${row.title} does nothing before it is read`, async () => {
      const calls = new CallProbe();
      const probe = new SourceProbe("a ReadableStream");

      open(probe, calls);
      await settle();

      assertEquals([probe.opened, calls.started], [0, 0]);
    });
  }
}

test("[L1] start() builds the context at the first pull", async () => {
  let built = 0;
  const pipeline = StreamingPipeline.start<number, number>(() => ++built)
    .map("context", (_, __, { context }) => context);

  const items = pipeline.execute([1, 2]);
  const before = built;
  await items.next();

  assertEquals([before, built], [0, 1]);
  await items.return();
});

test("[L1] through() makes its transform at the first pull", async () => {
  let made = 0;
  const pipeline = StreamingPipeline.start<number>().through("made", () => {
    made++;
    return new TransformStream<number, number>();
  });

  const items = pipeline.execute([1]);
  const before = made;
  await items.next();

  assertEquals([before, made], [0, 1]);
  await items.return();
});

test("[L1] each stage leaves the pipeline that it is called on as it was", async () => {
  const base = StreamingPipeline.start<number>().map("double", (item) => item * 2);

  const longer = base.map("again", (item) => item * 2);

  assertEquals(await base.executeToArray([1]), [2]);
  assertEquals(await longer.executeToArray([1]), [4]);
  assertStrictEquals(Object.is(base, longer), false);
});
