import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { count } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

test("take() lets the first items pass, at most as many as there are", async () => {
  const taken = async (limit: number) => await start.take("some", limit).executeToArray([5, 6, 7]);

  assertEquals(await taken(0), []);
  assertEquals(await taken(-0), []);
  assertEquals(await taken(1), [5]);
  assertEquals(await taken(2), [5, 6]);
  assertEquals(await taken(3), [5, 6, 7]);
  assertEquals(await taken(4), [5, 6, 7]);
  assertEquals(await taken(Number.MAX_SAFE_INTEGER), [5, 6, 7]);
});

for (const kind of SOURCE_KINDS) {
  test(`take() closes ${kind} without asking for another item`, async () => {
    const probe = new SourceProbe(kind);

    assertEquals(await start.take("two", 2).executeToArray(probe.source), [0, 1]);

    assertEquals([probe.pulls, probe.closed, probe.cleaned], [2, 1, 1]);
  });

  test(`take(0) never opens ${kind}`, async () => {
    const probe = new SourceProbe(kind);
    const calls: number[] = [];
    const pipeline = start.map("called", (item) => calls.push(item)).take("none", 0);

    assertEquals(await pipeline.executeToArray(probe.source), []);

    assertEquals([probe.opened, probe.pulls, calls.length], [0, 0, 0]);
  });
}

test("take() counts items that are undefined, null or NaN", async () => {
  const values = [undefined, null, Number.NaN, 1];

  const pipeline = StreamingPipeline.start<unknown>().take("three", 3);

  assertEquals(await pipeline.executeToArray(values), [undefined, null, Number.NaN]);
});

test("take() ends where the smallest of several counts says", async () => {
  const pipeline = start.take("five", 5).take("two", 2).take("three", 3);

  assertEquals(await pipeline.executeToArray(count()), [0, 1]);
});

test("take() counts again in each run", async () => {
  const pipeline = start.take("two", 2);

  assertEquals(await pipeline.executeToArray(count()), [0, 1]);
  assertEquals(await pipeline.executeToArray(count()), [0, 1]);
});

test("take() after flatMap() stops in the middle of an iterable", async () => {
  const calls: number[] = [];
  const pipeline = start
    .flatMap("three each", (item) => {
      calls.push(item);
      return [item, item, item];
    })
    .take("four", 4);

  assertEquals(await pipeline.executeToArray(count()), [0, 0, 0, 1]);
  assertEquals(calls, [0, 1]);
});
