// [L6] What is thrown around the stages: in sources, ends, sinks, builders and rules, by an abort, and
// in the batch pipeline.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import * as headrace from "../../mod.ts";
import { Pipeline, pipelineToStreaming, StreamingError, StreamingPipeline } from "../../mod.ts";
import { ForeignSignal } from "../support/foreign_realm.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { collect } from "../support/collect.ts";
import type { AnyPipeline } from "./_function_operators.ts";
import { expectCause, settled, testAll } from "./_hostile.ts";

type Refuse = () => never;
type Row = (refuse: Refuse, thrown: unknown) => Promise<unknown> | AnyPipeline;

const start = () => StreamingPipeline.start<number>();
const same = (item: number) => item;
const FAILURE = new Error("the first failure");

const never = () => new Promise<number>(() => {});

const fail = (): never => {
  throw FAILURE;
};

/** Deno 2.9 looks at what its own streams are errored with, and reports what comes of that. */
const VALUES_FOR_STREAMS = Object.fromEntries(
  Object.entries(HOSTILE_VALUES).filter(([name]) => !name.includes("proxy")),
);

function source(parts: object): AsyncIterable<number> {
  const iterator = { return: () => ({ done: true, value: undefined }), ...parts };
  return { [Symbol.iterator]: () => iterator } as unknown as AsyncIterable<number>;
}

function asyncSource(parts: object): AsyncIterable<number> {
  const iterator = { return: () => Promise.resolve({ done: true, value: undefined }), ...parts };
  return { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<number>;
}

const unreadable = (property: "done" | "value", refuse: Refuse) =>
  Object.defineProperty({ done: false, value: 0 }, property, { get: refuse });

/** Runs that fail with a `StreamingError` whose cause is what was thrown. */
const FAILING: Readonly<Record<string, Row>> = {
  "a source that gives no iterator": (refuse) =>
    start().executeToArray({ [Symbol.iterator]: refuse }),
  "a source that gives no async iterator": (refuse) =>
    start().executeToArray({ [Symbol.asyncIterator]: refuse }),
  "next()": (next) => start().executeToArray(source({ next })),
  "the done of an answer": (refuse) =>
    start().executeToArray(source({ next: () => unreadable("done", refuse) })),
  "the value of an answer": (refuse) =>
    start().executeToArray(source({ next: () => unreadable("value", refuse) })),
  "next() of an async iterator": (next) => start().executeToArray(asyncSource({ next })),
  "next() of an async iterator, later": (_, thrown) =>
    start().executeToArray(asyncSource({ next: () => Promise.reject(thrown) })),
  "the done of an async answer": (refuse) =>
    start().executeToArray(
      asyncSource({ next: () => Promise.resolve(unreadable("done", refuse)) }),
    ),
  "the value of an async answer": (refuse) =>
    start().executeToArray(
      asyncSource({ next: () => Promise.resolve(unreadable("value", refuse)) }),
    ),
  "return()": (refuse) => {
    const items = source({ next: () => ({ done: false, value: 1 }), return: refuse });
    return start().take("one", 1).executeForEach(items, () => {});
  },
  "return() of an async iterator": (_, thrown) => {
    const next = () => Promise.resolve({ done: false, value: 1 });
    const items = asyncSource({ next, return: () => Promise.reject(thrown) });
    return start().take("one", 1).executeForEach(items, () => {});
  },
  "a source in front of a parallel stage": (refuse) =>
    start().map("m", same, { parallel: true }).executeToArray(source({ next: refuse })),
  "a source in front of a generator": (refuse) =>
    start().add("m", async function* ({ input }) {
      yield* input;
    }).executeToArray(source({ next: refuse })),
  "a source in front of groups": (refuse) =>
    start().groupBy("g", same, (group) => group).executeToArray(source({ next: refuse })),
  "a reducer": (refuse) => start().executeReduce([1], refuse, 0),
  "a reducer, later": (_, thrown) => start().executeReduce([1], () => Promise.reject(thrown), 0),
  "an action": (refuse) => start().executeForEach([1], refuse),
  "an action, later": (_, thrown) => start().executeForEach([1], () => Promise.reject(thrown)),
  "a sink of errors": (refuse) => splitting().executeToArray([1], { errorsTo: refuse }),
  "a sink of errors, later": (_, thrown) =>
    splitting().executeToArray([1], { errorsTo: () => Promise.reject(thrown) }),
  "a factory of transforms": (refuse) => start().through("t", refuse).executeToArray([1]),
  "a factory of other sources": (refuse) => start().mergeWith("m", refuse).executeToArray([1]),
  "a promise that ends the stream": (_, thrown) =>
    start().takeUntil("t", Promise.reject(thrown)).executeToArray([1]),
  "the builder of a branch": (refuse) =>
    start().fanOut("f", { one: (items) => items, other: refuse }).executeToArray([1]),
  "the builder of a route": (refuse) =>
    start().route("r", () => "one", { one: refuse }).executeToArray([1]),
  "the builder of a part": (refuse) =>
    start().partition("p", () => true, refuse, same as never).executeToArray([1]),
  "a step of a batch pipeline in a stream": (refuse) =>
    pipelineToStreaming(Pipeline.start<number>().add("a", headrace.createStep("a", refuse)))
      .executeToArray([1]),
};

for (const [name, run] of Object.entries(FAILING)) {
  const title = `[L6] whatever is thrown by ${name} is the cause of the run's failure`;
  testAll(title, HOSTILE_VALUES, async (thrown, what, clock) => {
    const outcome = await settled(run(throwing(thrown), thrown) as Promise<unknown>, what, clock);

    assertEquals(outcome.state, "rejected", what);
    expectCause(outcome.error, thrown, what);
  });
}

/** What comes out as it was thrown. */
const RAW: Readonly<Record<string, Row>> = {
  "the builder of a context": (refuse) =>
    StreamingPipeline.start<number>(refuse).executeToArray([1]),
  "throw() of what a run gives": (_, thrown) => start().execute([1, 2]).throw(thrown),
  "abort()": (_, thrown) => {
    const run = start().map("m", never).run([1], { closeTimeoutMs: 0 });
    const next = run[Symbol.asyncIterator]().next();
    return Promise.all([next, run.abort(thrown)]);
  },
  "a signal": (_, thrown) => {
    // One of workerd's own is not aborted with a reason that it cannot read.
    const controller = new ForeignSignal();
    const options = { signal: controller.signal, closeTimeoutMs: 0 };
    const running = start().map("m", never, { parallel: true }).executeToArray([1], options);
    controller.abort(thrown);
    return running;
  },
  ...Object.fromEntries(
    (["merge", "concat", "interleave", "zip", "zipLongest", "combineLatest"] as const).map((
      name,
    ): [string, Row] => [
      `a source of ${name}()`,
      (refuse) => {
        const combine = headrace[name] as (...sources: unknown[]) => AsyncIterable<unknown>;
        return collect(combine([0], source({ next: refuse })));
      },
    ]),
  ),
  "a key of join()": (refuse) =>
    collect(headrace.join([0], [0], {
      leftKey: same,
      rightKey: refuse,
      kind: "inner",
      strategy: "hash",
    })),
  "a source of share()": async (refuse) => {
    const shared = headrace.share(source({ next: refuse }), { bufferSize: 1 });
    const all = [collect(shared), collect(shared)];
    const [first, second] = (await Promise.allSettled(all)) as PromiseRejectedResult[];
    assert(Object.is(first!.reason, second!.reason));
    throw first!.reason;
  },
  "open() of retrySource()": (refuse) =>
    collect(headrace.retrySource<number>(refuse, { maxAttempts: 2, backoffMs: 0 })),
};

for (const [name, run] of Object.entries(RAW)) {
  const title = `[L6] whatever is thrown by ${name} comes out as it is`;
  testAll(title, HOSTILE_VALUES, async (thrown, what, clock) => {
    const running = run(throwing(thrown), thrown) as Promise<unknown>;
    const outcome = await settled(running, what, clock);

    assertEquals(outcome.state, "rejected", what);
    // A platform puts an AbortError in the place of no reason.
    if (thrown === undefined && outcome.error instanceof DOMException) return;
    assert(Object.is(outcome.error, thrown), what);
  });
}

testAll(
  "[L6] whatever a rule of retry throws is kept beside the failure that it was asked about",
  HOSTILE_VALUES,
  async (thrown, what, clock) => {
    const retry = { maxAttempts: 2, backoffMs: 0, shouldRetry: throwing(thrown) };
    for (const options of [{}, { parallel: true }]) {
      const pipeline = start().map("m", fail, { retry, ...options });
      const { error } = await settled(pipeline.executeToArray([1]), what, clock);

      assertInstanceOf(error, StreamingError, what);
      assert(error.cause === FAILURE, what);
      if (thrown !== undefined) assert(Object.is(error.suppressed[0], thrown), what);
    }
    const source = headrace.retrySource<number>(fail, retry);
    const { error } = await settled(collect(source), what, clock);
    assertInstanceOf(error, AggregateError, what);
    assert(error.cause === FAILURE && Object.is(error.errors[1], thrown), what);
  },
);

testAll(
  "[L15] whatever a stream is errored with is the cause of the run's failure",
  VALUES_FOR_STREAMS,
  async (thrown, what, clock) => {
    const broken = () =>
      new ReadableStream<number>({ pull: (controller) => controller.error(thrown) });
    const runs: readonly (readonly [AnyPipeline, unknown])[] = [
      [start(), broken()],
      [start().map("m", same, { parallel: true }), broken()],
      [start().flatMap("m", broken), [1]],
      [start().flatMap("m", broken, { parallel: true }), [1]],
      [start().mergeWith("m", broken), []],
    ];
    for (const [pipeline, items] of runs) {
      const running = pipeline.executeToArray(items as number[]);
      const { error } = await settled(running, what, clock);
      expectCause(error, thrown, what);
      for (const step of (await pipeline.getMetadata()).steps) expectBalance(step, what);
    }
  },
);

testAll(
  "[L15] whatever a writer aborts with reaches who reads",
  VALUES_FOR_STREAMS,
  async (thrown, what, clock) => {
    const { readable, writable } = start().map("m", same).toTransformStream();
    const writer = writable.getWriter();
    const reading = settled(readable.getReader().read(), what, clock);
    try {
      await writer.abort(thrown);
    } catch (error) {
      // workerd 1.20261023 reads the reason, and aborts nothing where that throws.
      assert(!Object.is(error, thrown), what);
      return await writer.abort();
    }

    const { state, error } = await reading;
    assertEquals(state, "rejected", what);
    assert(Object.is(error, thrown) || error instanceof StreamingError, what);
  },
);

function splitting() {
  return start().map("m", fail, { errorStrategy: "SPLIT_ERRORS" });
}

function throwing(thrown: unknown): Refuse {
  return () => {
    throw thrown;
  };
}
