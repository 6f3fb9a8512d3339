// What a run that is stopped does to the sources beside its first.

import { assert, assertEquals } from "@std/assert";
import {
  interleave,
  merge,
  type PipelineRun,
  retrySource,
  share,
  StreamingPipeline,
} from "../../mod.ts";
import { asStreams } from "../../src/streams/as_streams.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SOURCE_KINDS, type SourceKind, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { pull, readAll } from "./_ends.ts";
import type { AnyPipeline } from "./_rows.ts";

const start = () => StreamingPipeline.start<number>();

type Other = () => AsyncIterable<number>;

/** The operators that have items of another source come out. */
const OPEN_ENDED: Readonly<Record<string, (other: Other) => AnyPipeline>> = {
  mergeWith: (other) => start().mergeWith("with", other),
  interleaveWith: (other) => start().interleaveWith("with", other),
  concatWith: (other) => start().concatWith("with", other),
  combineLatestWith: (other) => start().combineLatestWith("with", other),
};

async function readRest(run: PipelineRun<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of run) items.push(item);
  return items;
}

/** Where the pipeline stands that reads the other source. */
const PLACES: Readonly<
  Record<string, (build: (other: Other) => AnyPipeline, other: Other) => AnyPipeline>
> = {
  "": (build, other) => build(other),
  " in a group": (build, other) =>
    start().groupBy("groups", () => 0, (group) => group.compose(build(other) as never)),
  " in a branch": (build, other) =>
    start().fanOut("branches", { only: (items) => items.compose(build(other) as never) }),
};

for (const [name, build] of Object.entries(OPEN_ENDED)) {
  for (const [place, buildIn] of Object.entries(PLACES)) {
    for (const kind of SOURCE_KINDS) {
      test(`[L4] [L5] ${name}()${place} that is stopped ends its other source as well, with ${kind}`, () =>
        new TestClock().use(async (clock) => {
          for (const silentAfter of [undefined, 0, 2]) {
            if (silentAfter !== undefined && kind === "a sync iterable") continue;
            const first = new SourceProbe(
              kind === "a sync iterable" ? "an async generator" : kind,
              {
                silentAfter: 4,
              },
            );
            const options = silentAfter === undefined ? {} : { silentAfter };
            const other = new SourceProbe(kind as SourceKind, options);
            const run = buildIn(build, () => other.source).run(first.source);
            const items = run[Symbol.asyncIterator]();
            const pulls = Array.from({ length: 3 }, () => watch(items.next()));
            await settle();

            const stopping = watch(run.stop());
            await settle();
            const reading = watch(readRest(run));
            await settle();

            assertEquals([reading.state, stopping.state], ["resolved", "resolved"]);
            assertEquals(pulls.map(({ state }) => state), ["resolved", "resolved", "resolved"]);
            for (const { opened, closed, isOver } of [first, other]) {
              assert(opened <= 1 && closed <= 1);
              assert(opened === 0 || isOver || closed === 1);
            }
            assertEquals([clock.timerCount, run.metadata().status], [0, "stopped"]);
          }
        }));
    }
  }
}

test("[L4] a source whose turn has not come is not opened any more, and cancelled where it was handed over", async () => {
  const other = new SourceProbe("a ReadableStream");
  const stream = other.createStream();
  const run = start().concatWith("with", stream as never).run(
    new SourceProbe("an async generator").source,
  );
  await pull(run, 2);
  await settle();

  const stopping = run.stop();
  const rest = await readRest(run);
  await stopping;

  assertEquals([rest, other.opened, other.closed, stream.locked], [[], 0, 1, false]);
});

test("[L4] what has come of another source comes out", async () => {
  const first = new SourceProbe("an async generator", { silentAfter: 2 });
  const other = new SourceProbe("an async generator", { items: [-1, -2, -3] });
  const run = start().mergeWith("with", () => other.source).run(first.source);
  const seen = await pull(run, 1);
  await settle();

  const stopping = run.stop();
  seen.push(...await readRest(run));
  await stopping;

  const given = [...[0, 1].slice(0, first.given), ...[-1, -2, -3].slice(0, other.given)];
  assertEquals(seen.toSorted(), given.toSorted());
});

/** What makes one source of several, or of one. */
const SOURCES: Readonly<Record<string, (probe: SourceProbe) => AsyncIterable<number>>> = {
  merge: (probe) => merge(probe.source, []),
  interleave: (probe) => interleave(probe.source, []),
  retrySource: (probe) => retrySource(() => probe.source, 3),
  share: (probe) => share(probe.source, { bufferSize: 4 }).reader("only"),
};

for (const [name, build] of Object.entries(SOURCES)) {
  test(`[L4] ${name}() as the source of a run that is stopped is closed, and loses nothing`, () =>
    new TestClock().use(async (clock) => {
      const probe = new SourceProbe("an async generator");
      const run = start().map("work", (item) => Promise.resolve(item), { concurrencyLimit: 4 })
        .run(build(probe));
      const seen = await pull(run, 2);
      await settle();

      const stopping = run.stop();
      seen.push(...await readRest(run));
      await stopping;

      assertEquals(seen, seen.map((_, index) => index));
      assert(seen.length >= 5);
      assertEquals([probe.closed, clock.timerCount], [1, 0]);
    }));
}

test("[L4] a web stream per stage: what has passed the first comes out of the last", () =>
  new TestClock().use(async (clock) => {
    const controller = new AbortController();
    const probe = new SourceProbe("an async generator", { silentAfter: 6 });
    const pipeline = start().map("one", (item) => item + 1).batch("two", 4).map("three", (b) => b);
    const seen: unknown[] = [];
    const stream = asStreams(pipeline, probe.source, { stop: controller.signal, highWaterMark: 2 });
    const reading = watch(readAll(stream, (item) => seen.push(item)));
    await settle();

    controller.abort();
    await settle();

    assertEquals(seen, [[1, 2, 3, 4], [5, 6]]);
    assertEquals([reading.state, probe.closed, clock.timerCount], ["resolved", 1, 0]);
  }));

test("[L4] an outer pipeline that is stopped lets runs inside its functions end", async () => {
  const inner = start().map("inner", (item) => Promise.resolve(item * 10));
  const run = start().map("outer", (item) => inner.executeToArray([item, item + 1]))
    .run(new SourceProbe("an async generator").source);
  const seen = await pull(run, 2);

  const stopping = run.stop();
  seen.push(...await readRest(run));
  await stopping;

  assertEquals(seen, [[0, 10], [10, 20]]);
});
