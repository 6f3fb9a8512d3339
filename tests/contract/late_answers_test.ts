// Functions that ignore their signal, and end when nothing of their item is wanted any more.

import { assertEquals } from "@std/assert";
import { createStreamingStep, type PipelineRun, type StageOptions } from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, DEADLINE_MS, readInto, readStep, start } from "./_deadlines.ts";
import { type AnyPipeline, KEY } from "./_rows.ts";

type Work = () => Promise<number>;

const RETRY = { maxAttempts: 2, backoffMs: 0 };

/** The ways in which a stage deals with an item that fails. */
const DEALING: Readonly<Record<string, StageOptions>> = {
  "no option": {},
  "retry": { retry: RETRY },
  "SKIP_FAILED": { errorStrategy: "SKIP_FAILED" },
  "COLLECT_ERRORS and retry": { errorStrategy: "COLLECT_ERRORS", retry: RETRY },
  "SPLIT_ERRORS": { errorStrategy: "SPLIT_ERRORS" },
};

/** What waits for `work` on an item, and yields it. */
async function* yieldOf(work: Work) {
  yield await work();
}

/** Stages that call `work` for each item, and wait for it. */
const STAGES: Readonly<Record<string, (work: Work, options: StageOptions) => AnyPipeline>> = {
  "map()": (work, options) => start().map(KEY, work, options),
  "map() side by side": (work, options) => start().map(KEY, work, { parallel: true, ...options }),
  "map() out of order": (work, options) =>
    start().map(KEY, work, { parallel: true, ordered: false, ...options }),
  "map() of batches": (work, options) =>
    start().map(KEY, async () => [await work()], { ...options, batch: { size: 1 } }),
  "filter()": (work, options) => start().filter(KEY, async () => await work() > 0, options),
  "flatMap()": (work, options) => start().flatMap(KEY, () => yieldOf(work), options),
  "flatMap() of a promise": (work, options) =>
    start().flatMap(KEY, async () => [await work()], options),
  "flatMap() side by side": (work, options) =>
    start().flatMap(KEY, () => yieldOf(work), { parallel: true, ...options }),
  "flatMap() out of order": (work, options) =>
    start().flatMap(KEY, () => yieldOf(work), { parallel: true, ordered: false, ...options }),
  "transform()": (work, options) =>
    start().transform(KEY, () => ({ transform: async () => [await work()] }), options),
  "branch()": (work, options) =>
    start().branch(KEY, async () => await work() > 0, work, work, options),
  "branch() side by side": (work, options) => {
    const sideBySide = { parallel: true, ...options };
    return start().branch(KEY, async () => await work() > 0, work, work, sideBySide);
  },
  "mapPartitioned()": (work, options) => start().mapPartitioned(KEY, () => "key", work, options),
  "a step": (work, options) =>
    start().add(KEY, async function* ({ input }) {
      for await (const _ of input) yield await work();
    }, options),
  "a step for each item": (work, options) => {
    const step = createStreamingStep<number, number>("step", async function* ({ input }) {
      for await (const _ of input) yield await work();
    });
    return start().map(KEY, step, { parallel: true, ...options });
  },
};

/** The ways in which a run ends while a call goes on. */
const ENDINGS: Readonly<Record<string, (run: PipelineRun<unknown>) => Promise<unknown>>> = {
  "is left": (run) => run[Symbol.asyncIterator]().return(),
  "is aborted": (run) => run.abort("enough"),
  "is stopped": (run) => run.stop({ deadlineMs: DEADLINE_MS }),
};

/** The ways in which a call ends. */
const ANSWERS: Readonly<Record<string, (held: Deferred<number>) => void>> = {
  "answer": (held) => held.resolve(1),
  "fail": (held) => held.reject(new Error("late")),
};

/** A run with a call that goes on whatever is asked of it, until `held` is settled. */
async function startHeldRun(build: (work: Work) => AnyPipeline) {
  const held = createDeferred<number>();
  let calls = 0;
  const sunk: unknown[] = [];
  const work = () => {
    calls++;
    return held.promise;
  };
  const errorsTo = (failed: unknown) => void sunk.push(failed);
  const run = build(work).run([1], { closeTimeoutMs: CLOSE_MS, errorsTo });
  const reading = watch(readInto([], run));
  await settle();
  return { held, run, reading, sunk, countCalls: () => calls };
}

for (const [stage, build] of Object.entries(STAGES)) {
  for (const [dealing, options] of Object.entries(DEALING)) {
    test(`[L14] what ${stage} with ${dealing} has abandoned does not fail as well when it ends`, () =>
      new TestClock().use(async (clock) => {
        const { held, run, reading, sunk } = await startHeldRun((work) => build(work, options));
        const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
        await clock.advance(DEADLINE_MS + 1);

        held.reject(new Error("late"));
        await settle();
        await clock.advance(CLOSE_MS);

        assertEquals([reading.state, stopping.state, sunk], ["resolved", "resolved", []]);
        const { abandonedCount, errorCount, errors = [] } = readStep(run);
        assertEquals([abandonedCount, errorCount, errors.length], [1, 0, 0]);
        assertEquals(run.metadata().status, "stopped");
      }));

    for (const [ending, end] of Object.entries(ENDINGS)) {
      test(`[L4] [L14] a run of ${stage} with ${dealing} that ${ending} is over: no call changes it`, () =>
        new TestClock().use(async (clock) => {
          for (const answer of Object.values(ANSWERS)) {
            const { held, run, sunk, countCalls } = await startHeldRun((work) =>
              build(work, options)
            );
            const ended = watch(end(run));
            await clock.advance(DEADLINE_MS + CLOSE_MS);
            assertEquals([ended.state, countCalls()], ["resolved", 1]);
            const before = run.metadata();

            answer(held);
            await settle();

            assertEquals(run.metadata(), before);
            assertEquals([countCalls(), sunk], [1, []]);
          }
        }));
    }
  }
}
