import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { SinkProbe, SourceProbe } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const pipeline = StreamingPipeline.start<number>().map("same", (n) => n);
const countsOf = ({ pullCount, givenCount, openCount, closedCount }: SourceProbe<number>) => [
  ...[pullCount, givenCount, openCount, closedCount],
];

test("SourceProbe counts what is asked for, given, open and closed", async () => {
  const source = new SourceProbe([1, 2, 3]);
  assertEquals(await pipeline.executeToArray(source), [1, 2, 3]);
  assertEquals(countsOf(source), [4, 3, 0, 0]);

  const items = pipeline.execute(source);
  await items.next();
  assertEquals(countsOf(source), [5, 4, 1, 0]);
  await items.return();
  assertEquals(countsOf(source), [5, 4, 0, 1]);
});

test("SourceProbe is over when it has ended, failed or been closed, and counts that once", async () => {
  const source = new SourceProbe([1]);
  const iterator = source[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.next();
  assertEquals(await iterator.next(), { done: true, value: undefined });
  await iterator.return!();
  assertEquals(countsOf(source), [2, 1, 0, 0]);
});

test("SourceProbe fails, and is silent, where it is to", async () => {
  const failure = new RangeError("no");
  const failing = new SourceProbe([1, 2], { failAfter: 1, failure });
  const error = await assertRejects(() => pipeline.executeToArray(failing), Error);
  assertEquals([error.cause, ...countsOf(failing)], [failure, 2, 1, 0, 0]);
  await assertRejects(
    () => new SourceProbe([1], { failAfter: 0 })[Symbol.asyncIterator]().next(),
    Error,
    "The source failed",
  );

  const silent = new SourceProbe([1, 2], { silentAfter: 1 });
  const controller = new AbortController();
  const running = pipeline.executeToArray(silent, { signal: controller.signal });
  for (let turn = 0; turn < 50; turn++) await undefined;
  controller.abort(failure);
  assertEquals(await running.catch((thrown) => thrown), failure);
  assertEquals(countsOf(silent), [2, 1, 0, 1]);
});

test("SinkProbe keeps what it has taken, and how many at a time", async () => {
  const sink = new SinkProbe<number>();
  await Promise.all([sink.take(1), sink.take(2)]);
  await sink.take(3);

  assertEquals([sink.items, sink.mostAtOnce], [[1, 2, 3], 2]);
});

test("SinkProbe fails where it is to", async () => {
  const failure = new RangeError("no");
  const sink = new SinkProbe<number>({ failAfter: 1, failure });
  await sink.take(1);

  assertEquals(await sink.take(2).catch((thrown) => thrown), failure);
  assertEquals(sink.items, [1]);
  const other = new SinkProbe<number>({ failAfter: 0 });
  await assertRejects(() => other.take(1), Error, "The sink failed");
});

test("[L9] the probes refuse options that are not valid", () => {
  const rows: [() => unknown, string][] = [
    [() => new SourceProbe(3 as never), "Cannot make a SourceProbe: items must be an array, got 3"],
    [() => new SourceProbe([], { failAfter: -1 }), "failAfter must be a non-negative integer"],
    [() => new SourceProbe([], { silentAfter: 0.5 }), "silentAfter must be a non-negative integer"],
    [() => new SourceProbe([], { fail: 1 } as never), 'unknown option "fail"'],
    [() => new SinkProbe({ failAfter: "1" as never }), "failAfter must be a non-negative integer"],
    [() => new SinkProbe({ size: 1 } as never), 'unknown option "size"'],
  ];
  for (const [make, message] of rows) assertThrows(make, Error, message);
});
