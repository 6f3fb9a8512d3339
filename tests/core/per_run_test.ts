// What functions open once per run: when it is opened, who shares it, and when it is closed.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  createStep,
  Pipeline,
  type PipelineRun,
  type StageContext,
  StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { settle } from "../../src/testing/turns.ts";

type PerRun = StageContext<unknown, unknown>["perRun"];

/** Opens numbered resources, and notes what happens to them. */
function createOpener(name: string, close: () => unknown = () => {}) {
  const log: string[] = [];
  let count = 0;
  const open = () => {
    const number = ++count;
    log.push(`open ${name}${number}`);
    return {
      number,
      async [Symbol.asyncDispose]() {
        log.push(`close ${name}${number}`);
        await close();
        log.push(`closed ${name}${number}`);
      },
    };
  };
  return { log, open };
}

const WHOLE = ["open a1", "close a1", "closed a1"];

test("perRun() opens at the first call, once per run, and closes when the run is over", async () => {
  const { log, open } = createOpener("a");
  const pipeline = StreamingPipeline.start<number>()
    .map("number", (_item, _index, { perRun }) => perRun(open).number)
    .filter("same", (number, _index, context) => context.perRun(open).number === number);

  assertEquals(log, []);
  assertEquals(await pipeline.executeToArray([7, 8]), [1, 1]);
  assertEquals(log, WHOLE);
  assertEquals(await pipeline.executeToArray([7]), [2]);
  assertEquals(log.slice(3), ["open a2", "close a2", "closed a2"]);
});

test("[L9] perRun() refuses what is opened already", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("item", (_item, _index, { perRun }) => perRun(Promise.resolve(1) as never));

  const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  assertEquals(error.key, "item");
  assertEquals(
    (error.cause as Error).message,
    "Cannot call perRun: open must be a function, got a Promise",
  );
});

test("perRun() is never called where no item comes", async () => {
  const { log, open } = createOpener("a");
  const pipeline = StreamingPipeline.start<number>()
    .map("number", (_item, _index, { perRun }) => perRun(open).number);

  assertEquals(await pipeline.executeToArray([]), []);
  assertEquals(log, []);
});

const ENDS: Readonly<Record<string, (run: PipelineRun<number>) => Promise<void>>> = {
  "a break": async (run) => {
    for await (const _item of run) break;
  },
  "an abort": async (run) => {
    await run[Symbol.asyncIterator]().next();
    await run.abort(new Error("enough"));
  },
  "a stop": async (run) => {
    const items = run[Symbol.asyncIterator]();
    await items.next();
    await Promise.allSettled([run.stop(), items.next()]);
  },
  "a failure": async (run) => {
    await assertRejects(() => collect(run), StreamingError);
  },
};

for (const [name, end] of Object.entries(ENDS)) {
  for (const parallel of [false, true]) {
    const mode = parallel ? "side by side" : "one at a time";
    test(`perRun() closes what was opened at the end of ${name}, ${mode}`, async () => {
      const { log, open } = createOpener("a");
      const run = StreamingPipeline.start<number>()
        .map("item", (item, _index, { perRun }) => {
          perRun(open);
          if (item === 2) throw new Error("no");
          return item;
        }, { parallel })
        .run([1, 2, 3]);
      await end(run);

      assertEquals(log, WHOLE);
    });
  }
}

test("perRun() closes what was opened last first, also where it is opened while others are closed", async () => {
  const log: string[] = [];
  const openAs = (name: string, onClose = () => {}) => () => ({
    [Symbol.dispose]() {
      log.push(name);
      onClose();
    },
  });
  let late: PerRun | undefined;
  const openers = [openAs("first", () => late!(openAs("late"))), openAs("last")];
  await StreamingPipeline.start<number>()
    .tap("opened", (_item, _index, { perRun }) => {
      late = perRun;
      for (const open of openers) perRun(open);
    })
    .executeToArray([1]);

  assertEquals(log, ["last", "first", "late"]);
  const error = await assertRejects(async () => await late!(openAs("too late")));
  assertEquals((error as Error).message, "Cannot open anything: the run is over");
});

test("perRun() shares a promise, and forgets one that is rejected", async () => {
  let count = 0;
  const connect = async () => {
    if (++count === 1) throw new Error("refused");
    return await { number: count };
  };
  const pipeline = StreamingPipeline.start<string>()
    .map("number", async (_item, _index, { perRun }) => (await perRun(connect)).number, {
      retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true },
    });

  assertEquals(await pipeline.executeToArray(["a", "b"]), [2, 2]);
});

test("perRun() is one for the pipelines of groups and the run around them", async () => {
  const { log, open } = createOpener("a");
  const pipeline = StreamingPipeline.start<number>()
    .groupBy(
      "group",
      (item) => item % 2,
      (group) => group.map("number", (_item, _index, { perRun }) => perRun(open).number),
    )
    .map("both", (number, _index, { perRun }) => [number, perRun(open).number]);

  assertEquals(await pipeline.executeToArray([1, 2]), [[1, 1], [1, 1]]);
  assertEquals(log, WHOLE);
});

test("perRun() is one for the steps and lists of a batch pipeline", async () => {
  const { log, open } = createOpener("a");
  const numbered = createStep<number[], number[]>(
    "numbered",
    ({ input, perRun }) => input.map(() => perRun!(open).number),
  );
  const result = await Pipeline.start<number[]>()
    .add("numbered", numbered)
    .map("same", (number, _index, { perRun }) => [number, perRun(open).number])
    .execute([5, 6]);

  assertEquals(result.success && result.data, [[1, 1], [1, 1]]);
  assertEquals(log, WHOLE);
});

test("a run waits for what perRun() opened to be closed, and keeps its error", async () => {
  let fail!: (error: Error) => void;
  const closing = new Promise<void>((_, reject) => fail = reject);
  const { log, open } = createOpener("a", () => closing);
  const failure = new Error("cannot close");
  const run = StreamingPipeline.start<number>()
    .map("item", (item, _index, { perRun }) => {
      perRun(open);
      return item;
    })
    .run([1]);
  const items = run[Symbol.asyncIterator]();
  await items.next();
  const last = items.next();
  await settle();
  assertEquals(log, ["open a1", "close a1"]);
  fail(failure);

  assertStrictEquals(await assertRejects(() => last), failure);
});
