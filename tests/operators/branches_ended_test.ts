// fanOut(), route() and partition() have ended when all of their pipelines have; one that has failed
// may be long in saying so.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = () => StreamingPipeline.start<number>();

const ALL_END: Readonly<Record<string, StreamingPipeline<number, unknown, unknown>>> = {
  "fanOut()": start().fanOut("s", {
    one: (items) => items.take("one", 1),
    three: (items) => items.batch("pairs", 2).take("three", 3),
  }),
  "fanOut() to one that takes nothing": start().fanOut("s", {
    none: (items) => items.take("none", 0),
    two: (items) => items.take("two", 2),
  }),
  "fanOut() to a sink": start().fanOut("s", {
    one: (items) => items.take("one", 1),
    two: { build: (items) => items.take("two", 2), to: () => settle() },
  }),
  "route()": start().route("s", (item) => item % 2 === 0 ? "even" : "odd", {
    even: (items) => items.take("one", 1),
    odd: (items) => items.takeWhile("small", (item) => item < 3),
  }),
  "partition()": start().partition(
    "s",
    (item) => item % 2 === 0,
    (items) => items.take("one", 1),
    (items) => items.takeWhile("small", (item) => item < 3),
  ),
};

const ENDED: Readonly<Record<string, readonly unknown[]>> = {
  "fanOut()": [0, [0, 1], [2, 3], [4, 5]],
  "fanOut() to one that takes nothing": [0, 1],
  "fanOut() to a sink": [0],
  "route()": [0, 1],
  "partition()": [0, 1],
};

for (const [name, pipeline] of Object.entries(ALL_END)) {
  test(`[L2] [L4] ${name} ends, and closes its source, when all of its pipelines have ended`, async () => {
    const probe = new SourceProbe("an async generator");

    assertEquals(await pipeline.executeToArray(probe.source), ENDED[name]);

    assertEquals([probe.closed, probe.cleaned], [1, 1]);
    assertLessOrEqual(probe.pulls, 8);
    const { steps, status } = await pipeline.getMetadata();
    const stage = steps[0]!;
    assertEquals([status, stage.inFlightCount, stage.errorCount], ["completed", 0, 0]);
    expectBalance(stage);
  });
}

for (const whenFull of ["wait", "error", "dropNewest", "dropOldest"] as const) {
  test(`[L11] a branch whose failure cannot come out yet holds the source back, with "${whenFull}"`, async () => {
    const failure = new Error("gone");
    const held = createDeferred<number>();
    const source = new SourceProbe("an async iterable");
    const pipeline = start().fanOut("stage", {
      fails: {
        // The failure of the second call comes out after the first one's answer.
        build: (items) =>
          items.map("call", (item) => item === 0 ? held.promise : Promise.reject(failure), {
            concurrencyLimit: 2,
          }),
        whenFull,
        bufferSize: 2,
        onDrop: () => {},
      },
      goesOn: { build: (items) => items, to: () => {} },
    });
    const outcome = watch(pipeline.executeToArray(source.source));
    await settle();

    // Two calls, two that wait in the buffer, and one for room in it.
    assertEquals([outcome.state, source.given], ["pending", 5]);
    held.resolve(0);
    await settle();
    const { cause } = outcome.error as StreamingError;
    assertEquals((cause as StreamingError).cause, failure);
    assertEquals(source.closed, 1);
  });
}
