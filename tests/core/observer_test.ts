// The observer of a run: what it sees, and what it may add.

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  createFilterStep,
  type ObservedRun,
  type ObservedStage,
  Pipeline,
  type RunObserver,
  type StageHooks,
  StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { toReadableStream } from "../../src/streams/mod.ts";
import { settle } from "../../src/testing/turns.ts";
import { collect } from "../support/collect.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { turn } from "../../src/testing/turns.ts";

const TRACE_ID = "0123456789abcdef0123456789abcdef";
const SPAN_ID = "0123456789abcdef";

const RETRY = { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true };

/** An observer that adds `hooks` to every stage, and to those of the runs inside. */
function hooking(hooks: (stage: ObservedStage) => StageHooks): RunObserver {
  const observer: RunObserver = () => ({
    stage: (stage) => ({ inner: observer, ...hooks(stage) }),
  });
  return observer;
}

test("an observer sees each run once, at its first pull, however the run is read", async () => {
  const seen: ObservedRun[] = [];
  const observer: RunObserver = (run) => void seen.push(run);
  const pipeline = StreamingPipeline.start<number>().map("same", (item) => item);
  const ends: (() => Promise<unknown>)[] = [
    () => pipeline.executeToArray([1, 2], { observer }),
    () => pipeline.executeForEach([1, 2], () => {}, { observer }),
    () => pipeline.executeReduce([1, 2], (sum, item) => sum + item, 0, { observer }),
    () => collect(pipeline.execute([1, 2], { observer })),
    () => collect(pipeline.executeWithMetadata([1, 2], { observer })),
    () => collect(pipeline.run([1, 2], { observer })),
    () => collect(toReadableStream(pipeline, [1, 2], {}, { observer })),
  ];
  for (const end of ends) await end();
  await pipeline.run([1, 2], { observer }).abort("unread");

  assertEquals(seen.length, ends.length);
  for (const { sourceCount, ended, traceId } of seen) {
    const { status, outputCount, steps, traceId: same } = await ended;
    assertEquals([sourceCount, status, outputCount, same], [2, "completed", 2, traceId]);
    assertEquals(steps[0]!.inputCount, 2);
  }
});

test("an observer gives the trace and the spans that functions, metadata and errors have", async () => {
  const ids: unknown[] = [];
  const run = StreamingPipeline.start<number>()
    .map("step", (_item, index, { traceId, spanId }) => {
      ids.push(traceId, spanId);
      if (index === 1) throw new Error("no");
    })
    .run([1, 2], {
      observer: () => ({ traceId: TRACE_ID, stage: () => ({ spanId: SPAN_ID }) }),
    });

  const error = await assertRejects(() => collect(run), StreamingError);
  assertEquals(ids, [TRACE_ID, SPAN_ID, TRACE_ID, SPAN_ID]);
  assertEquals([error.traceId, error.spanId], [TRACE_ID, SPAN_ID]);
  assertEquals([run.traceId, run.metadata().steps[0]!.spanId], [TRACE_ID, SPAN_ID]);
});

test("hooks stand around the work on each item, and hear of what is retried and what fails", async () => {
  for (const parallel of [false, true]) {
    const events: string[] = [];
    const attempts = new Map<number, number>();
    const observer = hooking(({ key }) => ({
      call(work, index) {
        events.push(`${key} ${index}`);
        return work();
      },
      retried: (error, attempt, index) =>
        void events.push(`${key} ${index}: ${(error as Error).message}, attempt ${attempt}`),
      failed: ({ itemIndex, attempts }) =>
        void events.push(`${key} ${itemIndex} failed, attempts ${attempts}`),
    }));
    const output = await StreamingPipeline.start<number>()
      .map("step", async (item) => {
        const attempt = (attempts.get(item) ?? 0) + 1;
        attempts.set(item, attempt);
        if (await attempt < item) throw new Error(`no ${attempt}`);
        return item;
      }, { parallel, retry: RETRY, errorStrategy: "SKIP_FAILED" })
      .filter("all", () => true)
      .executeToArray([1, 2, 3], { observer });

    assertEquals(output, [1, 2]);
    assertEquals(events.toSorted(), [
      "all 0",
      "all 1",
      "step 0",
      "step 1",
      "step 1: no 1, attempt 2",
      "step 2",
      "step 2 failed, attempts 2",
      "step 2: no 1, attempt 2",
    ]);
  }
});

test("hooks may put another iterable around what a stage answers with", async () => {
  const read: string[] = [];
  const stages: ObservedStage[] = [];
  const observer = hooking((stage) => {
    stages.push(stage);
    return {
      call(work) {
        const answer = work();
        if (stage.gives === "one") return answer;
        return (async function* () {
          for await (const item of answer as AsyncIterable<unknown>) {
            read.push(`${stage.key} ${item}`);
            yield item;
          }
        })();
      },
    };
  });
  const output = await StreamingPipeline.start<string>()
    .flatMap("letter", async function* (text) {
      yield* text;
    })
    .add("twice", async function* ({ input }) {
      for await (const letter of input) yield letter + letter;
    })
    .executeToArray(["ab"], { observer });

  assertEquals(output, ["aa", "bb"]);
  assertEquals(read, ["letter a", "twice aa", "letter b", "twice bb"]);
  assertEquals(stages, [
    { key: "letter", stepName: "letter", operator: "flatMap", gives: "many" },
    { key: "twice", stepName: "twice", operator: "add", gives: "stream" },
  ]);
});

test("hooks hear of the attempts of a step that is started again", async () => {
  const events: string[] = [];
  let starts = 0;
  const observer = hooking(() => ({
    retried: (error, attempt, index) => void events.push(`${index} ${attempt} ${error}`),
  }));
  const output = await StreamingPipeline.start<number>()
    .add("step", async function* ({ input }) {
      starts++;
      for await (const item of input) {
        if (item === 2 && starts === 1) throw "no";
        yield item;
      }
    }, { retry: RETRY })
    .executeToArray([1, 2, 3], { observer });

  assertEquals(output, [1, 2, 3]);
  assertEquals(events, ["1 2 no"]);
});

test("[L6] what an async hook rejects with comes out as what a hook throws does", async () => {
  const step = { retry: RETRY, errorStrategy: "SKIP_FAILED" } as const;
  const fails = (): number => {
    throw new Error("no");
  };
  const throws = () => {
    throw new Error("late");
  };
  const late = async () => {
    await undefined;
    throws();
  };
  const pipelines = [
    StreamingPipeline.start<number>().map("step", fails, step),
    StreamingPipeline.start<number>().map("step", fails, { ...step, parallel: true }),
    StreamingPipeline.start<number>().add("step", async function* ({ input }) {
      for await (const _ of input) yield fails();
    }, step),
  ];
  for (const pipeline of pipelines) {
    await using run = pipeline.run([1], { observer: hooking(() => ({ failed: late })) });
    await collect(run).catch(() => {});
    await settle();
    assertEquals(run.metadata().cleanupErrors?.map(String), ["Error: late"]);

    const outcomes = [];
    for (const retried of [throws, late]) {
      const observer = hooking(() => ({ retried }));
      outcomes.push(await pipeline.executeToArray([1], { observer }).catch(String));
    }
    assertEquals(outcomes[1], outcomes[0]);
  }
});

test("the runs inside a stage are observed by the observer of the stage", async () => {
  const calls: string[] = [];
  const observer = hooking(({ key }) => ({
    call: (work, index) => (calls.push(`${key} ${index}`), work()),
  }));
  await StreamingPipeline.start<number>()
    .groupBy("parity", (item) => item % 2, (group) => group.map("inside", (item) => item))
    .executeToArray([1, 2, 3], { observer });
  assertEquals(calls.filter((call) => call.startsWith("inside")).toSorted(), [
    "inside 0",
    "inside 0",
    "inside 1",
  ]);
});

test("a batch pipeline is observed, the items of its lists too", async () => {
  const inner: ObservedRun[] = [];
  let outer: ObservedRun | undefined;
  const calls: string[] = [];
  const call = (key: string, depth: string): StageHooks["call"] => (work, index) => {
    calls.push(`${depth} ${key} ${index}`);
    return work();
  };
  const observer: RunObserver = (run) => {
    outer = run;
    return {
      stage: ({ key }) => ({
        call: call(key, "outer"),
        inner: (run) => {
          inner.push(run);
          return { stage: ({ key }) => ({ call: call(key, "inner") }) };
        },
      }),
    };
  };
  const step = createFilterStep((item: number) => item > 2, "large");
  const result = await Pipeline.start<number[]>()
    .map("double", (item) => item * 2)
    .add("large", step)
    .execute([1, 2], { observer });

  assert(result.success);
  assertEquals(result.data, [4]);
  assertEquals(calls, [
    "outer double 0",
    "inner double 0",
    "inner double 1",
    "outer large 0",
    "inner large 0",
    "inner large 1",
  ]);
  assertEquals((await outer!.ended).status, "completed");
  assertEquals(inner.map(({ sourceCount }) => sourceCount), [2, 2]);
  assertEquals(inner.map((run) => run.metadata().steps[0]!.passedCount), [2, 1]);
  assertEquals(result.metadata.traceId, outer!.traceId);
});

test("what an observer throws fails the run, which closes its source", async () => {
  const failure = new Error("the observer");
  const fail = () => {
    throw failure;
  };
  const spanless = {
    get spanId() {
      return fail();
    },
  };
  for (const observer of [fail, () => ({ stage: fail }), () => ({ stage: () => spanless })]) {
    const probe = new SourceProbe("an async generator");
    const run = StreamingPipeline.start<number>().map("step", (item) => item)
      .run(probe.source, { observer });

    assertEquals(await assertRejects(() => collect(run)), failure);
    assertEquals((await run.ended).status, "failed");
    assertEquals(probe.opened, probe.cleaned);
  }
});

test("what a hook throws when it hears of a failure comes out when the run is over", async () => {
  const failure = new Error("the hook");
  const observer = hooking(() => ({
    failed: () => {
      throw failure;
    },
  }));
  const items: number[] = [];
  const run = StreamingPipeline.start<number>()
    .map("step", (item) => {
      if (item === 1) throw new Error("no");
      return item;
    }, { errorStrategy: "SKIP_FAILED" })
    .run([0, 1, 2], { observer });
  const error = await assertRejects(async () => {
    for await (const item of run) items.push(item);
  });

  assertEquals([items, error], [[0, 2], failure]);
});

test("[L6] a hook that throws in place of an answer leaves no rejection behind", async () => {
  const failure = new Error("the hook");
  const observer = hooking(() => ({
    call(work) {
      void work();
      throw failure;
    },
  }));
  for (const options of [{}, { concurrencyLimit: 2 }]) {
    const run = StreamingPipeline.start<number>()
      .map("step", () => Promise.reject(new Error("no")), options)
      .executeToArray([1, 2], { observer });

    const error = await assertRejects(() => run, StreamingError);

    assertEquals(error.cause, failure);
    await turn();
  }
});

test("[L9] an observer that is no function is refused", async () => {
  const pipeline = StreamingPipeline.start<number>();
  const observer = {} as unknown as RunObserver;

  await assertRejects(
    () => pipeline.executeToArray([1], { observer }),
    TypeError,
    "observer must be a function",
  );
});
