import { log, type LogOptions, type LogRecord, summarize } from "@headrace/observe";
import { dashboard } from "@headrace/observe/dashboard";
import { type ObservedRun, Pipeline, StreamingPipeline } from "@headrace/pipeline";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";
import { withFakeTime } from "./support/fake_time.ts";
import { range, twelve } from "./support/runs.ts";

const SECRET = "secret";

/** Fails on every third item, at its first attempt on every second. */
function failing() {
  const seen = new Set<number>();
  return StreamingPipeline.start<number>(undefined, { metadata: { verbosity: "counts" } })
    .map("step", (item) => {
      if (item % 3 === 0) throw Object.assign(new Error(SECRET), { code: "NO_THIRD" });
      if (item % 2 === 0 && !seen.has(item)) {
        seen.add(item);
        throw Object.assign(new Error(SECRET), { code: "NOT_YET" });
      }
      return item;
    }, {
      errorStrategy: "SKIP_FAILED",
      retry: {
        maxAttempts: 2,
        backoffMs: 0,
        shouldRetry: (error) => (error as { code?: string }).code === "NOT_YET",
      },
    });
}

test("log() has a record of the beginning, each retry and failure, and the end", async () => {
  const records: LogRecord[] = [];
  const options: LogOptions = { write: (record) => records.push(record), level: "debug" };
  await failing().executeToArray([1, 2, 3, 4], { observer: (run) => log(run, options) });
  await settle();

  const [start, ...rest] = records;
  const { traceId } = start!;
  assertEquals(start, { ...start!, level: "info", event: "run.started", status: "running" });
  assertEquals(
    rest.slice(0, -1).map(({ time: _time, spanId: _spanId, message: _message, ...rest }) => rest),
    [
      {
        ...{ level: "debug", event: "item.retried", run: "run", traceId, key: "step" },
        ...{ itemIndex: 1, attempts: 2, code: "NOT_YET" },
      },
      {
        ...{ level: "warn", event: "item.failed", run: "run", traceId, key: "step" },
        ...{ itemIndex: 2, attempts: 1, retryable: false, code: "NO_THIRD" },
      },
      {
        ...{ level: "debug", event: "item.retried", run: "run", traceId, key: "step" },
        ...{ itemIndex: 3, attempts: 2, code: "NOT_YET" },
      },
    ],
  );
  const { level, status, outputCount, stages } = records.at(-1)!;
  assertEquals([level, status, outputCount], ["info", "completed", 3]);
  assertEquals(stages, [{
    key: "step",
    inputCount: 4,
    outputCount: 3,
    droppedCount: 0,
    errorCount: 1,
    abandonedCount: 0,
    retryCount: 2,
    codes: { NO_THIRD: 1 },
  }]);
  assert(!JSON.stringify(records).includes(SECRET));
});

test("log() leaves out what is below its level, and counts the records that are too many", async () => {
  const records: LogRecord[] = [];
  const options = { write: (record: LogRecord) => records.push(record), maxItemRecords: 2 };
  const items = range(30);
  await failing().executeToArray(items, { observer: (run) => log(run, options) });
  await settle();
  assertEquals(records.map(({ event }) => event), [
    "run.started",
    "item.failed",
    "item.failed",
    "run.ended",
  ]);
  assertEquals(records.at(-1)!.leftOut, 8);

  records.length = 0;
  await failing().executeToArray(items, {
    observer: (run) => log(run, { ...options, level: "error" }),
  });
  await settle();
  assertEquals(records, []);
});

test("log() reports a run that fails by its code, and one that is aborted", async () => {
  const records: LogRecord[] = [];
  const options = { write: (record: LogRecord) => records.push(record), name: "ingest" };
  const run = StreamingPipeline.start<string>()
    .map("parsed", (text) => JSON.parse(text) as unknown)
    .run([SECRET]);
  const { done } = log(run, options);
  await assertRejects(() => collect(run));
  await done;
  const { level, status, code, message } = records.at(-1)!;
  assertEquals([level, status, code], ["error", "failed", "STEP_ERROR"]);
  assertEquals(message, 'Stage "parsed" failed at item 0: SyntaxError');

  const other = StreamingPipeline.start<number>().run([1]);
  log(other, options);
  await other.abort(SECRET);
  await settle();
  const aborted = records.at(-1)!;
  assertEquals([aborted.run, aborted.level, aborted.status], ["ingest", "warn", "aborted"]);
  assert(!JSON.stringify(records).includes(SECRET));
});

test("a run that is aborted for a reason that cannot be read is reported as any", async () => {
  const { proxy: reason, revoke } = Proxy.revocable({}, {});
  revoke();
  const records: LogRecord[] = [];
  const board = dashboard();
  const run = StreamingPipeline.start<number>().run([1]);
  board.observe()(run);
  const { done } = log(run, { write: (record) => records.push(record) });
  await run.abort(reason);
  await done;
  assertEquals([records.at(-1)!.event, records.at(-1)!.code], ["run.ended", "a thrown object"]);
  assertStringIncludes(summarize(run), "aborted: a thrown object\n");
  const events = (await board.fetch(new Request("http://localhost/events"))).body!.getReader();
  const { value } = await events.read();
  assertStringIncludes(new TextDecoder().decode(value), '"failure":"a thrown object"');
  await events.cancel();
});

test("log() writes the figures at an interval, while the run goes on", async () => {
  await withFakeTime(async (clock) => {
    const records: LogRecord[] = [];
    const { pipeline, next } = twelve();
    const run = pipeline.run([1, 2]);
    log(run, { write: (record) => records.push(record), everyMs: 1_000 });
    await clock.advance(1_000);
    const reading = collect(run);
    await clock.advance(1_000);
    await next();
    await clock.advance(1_000);
    await next();
    await reading;
    await settle();
    assertEquals(records.map(({ event, outputCount }) => [event, outputCount]), [
      ["run.started", undefined],
      ["run.progress", 0],
      ["run.progress", 1],
      ["run.ended", 2],
    ]);
    const slow = records[2]!.stages!.at(-1)!;
    assertEquals([slow.key, slow.inputCount, slow.inFlightCount], ["slow", 2, 1]);
    assertEquals(clock.timerCount, 0);
  });
});

test("log() of a batch pipeline reports the items of its lists, once", async () => {
  const records: LogRecord[] = [];
  const result = await Pipeline.start<string[]>()
    .map("parsed", (text) => JSON.parse(text) as unknown)
    .execute(["1", SECRET], {
      observer: (run) => log(run, { write: (record) => records.push(record) }),
    });
  await settle();
  assertEquals(result.success, false);
  const failed = records.filter(({ event }) => event === "item.failed");
  assertEquals(failed.map(({ key, itemIndex }) => [key, itemIndex]), [["parsed", 1]]);
  assertEquals(records.at(-1)!.level, "error");
  assert(!JSON.stringify(records).includes(SECRET));
});

test("a log that fails ends the log and not the run", async () => {
  const failure = new Error("disk full");
  let calls = 0;
  const run = failing().run([3, 3, 3]);
  const { done } = log(run, {
    write() {
      calls++;
      throw failure;
    },
  });
  assertEquals(await collect(run), []);
  assertEquals([await assertRejects(() => done), calls], [failure, 1]);
});

test("a log whose promise rejects ends the log and not the run", async () => {
  const failure = new Error("disk full");
  const run = failing().run([3, 3, 3]);
  const { done } = log(run, { write: () => Promise.reject(failure) });
  assertEquals(await collect(run), []);
  assertEquals(await assertRejects(() => done), failure);
});

test("[L9] log() refuses options that are not valid", () => {
  const run: ObservedRun = StreamingPipeline.start<number>().run([1]);
  const write = () => {};
  for (
    const [make, message] of [
      [() => log(run, {} as LogOptions), "write must be a function, got undefined"],
      [() => log(run, undefined as unknown as LogOptions), "its options must be an object"],
      [() => log(run, { write, level: "trace" as "info" }), 'level must be "debug" or "info" or'],
      [() => log(run, { write, everyMs: 0 }), "everyMs must be from 1 to"],
      [
        () => log(run, { write, maxItemRecords: 0.5 }),
        "maxItemRecords must be a non-negative integer",
      ],
      [() => log(run, { write, levle: "info" } as LogOptions), 'unknown option "levle"'],
    ] as const
  ) {
    assertThrows(make, Error, message);
  }
});
