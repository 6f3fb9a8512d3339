// What comes out of a stage that works in workers, how far it works ahead, and what is left when it ends.

import { assert, assertEquals } from "@std/assert";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import { inWorkers, workerPool } from "../mod.ts";
import { countWorkers } from "./support/count_workers.ts";
import { moduleOf, TOOLS, type Tools } from "./support/modules.ts";
import { runOn } from "./support/run_on.ts";

const range = (count: number): number[] => [...Array(count).keys()];

test("items come out in their order, however long each takes", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .use("made", inWorkers<Tools, "backwards">(TOOLS, { export: "backwards", workers: 3 }));

  assertEquals(await pipeline.executeToArray(range(6)), range(6));
});

test("with ordered: false all items come out", async () => {
  const options = { export: "backwards", workers: 3, ordered: false } as const;
  const pipeline = StreamingPipeline.start<number>()
    .use("made", inWorkers<Tools, "backwards">(TOOLS, options));

  const made = await pipeline.executeToArray(range(6));
  assertEquals(made.toSorted((a, b) => a - b), range(6));
});

test("functions that answer later work as those that answer at once", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .use("now", inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 1 }))
    .use("later", inWorkers<Tools, "squareLater">(TOOLS, { export: "squareLater", workers: 1 }));

  assertEquals(await pipeline.executeToArray([2, 3]), [16, 81]);
});

test("a function is given the item, its index and the ids of its run", async () => {
  const module = moduleOf(
    "export default (item, index, { traceId, spanId, signal }) => " +
      "({ item, index, traceId, spanId, aborted: signal.aborted })",
  );
  const run = StreamingPipeline.start<string>()
    .use("made", inWorkers<{ default(item: string): { index: number; traceId: string } }>(module))
    .run(["a", "b"]);
  const made = [];
  for await (const each of run) made.push(each);
  const spanId = run.metadata().steps[0]!.spanId;

  const shared = { traceId: run.traceId, spanId, aborted: false };
  assertEquals(made as unknown, [
    { item: "a", index: 0, ...shared },
    { item: "b", index: 1, ...shared },
  ]);
});

test("state shows what was made on the path of each item", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("double", (item) => item * 2)
    .use("square", inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 2 }))
    .map("both", (square, _index, { state }) => [state.accumulated.double, square]);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [[2, 4], [4, 16], [6, 36]]);
});

test("what structured clone takes passes, in both ways", async () => {
  const item = { date: new Date(5), map: new Map([[1, ["a"]]]), bytes: new Uint8Array(3) };
  const pipeline = StreamingPipeline.start<typeof item>()
    .use("same", inWorkers<{ same(it: typeof item): typeof item }>(TOOLS, { export: "same" }));

  assertEquals(await pipeline.executeToArray(item), [item]);
});

test("no worker starts before there is an item, and none is left after the last", async () => {
  await countWorkers(async (counts) => {
    const pipeline = StreamingPipeline.start<number>()
      .use("square", inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 2 }));
    const run = pipeline.run([2]);
    assertEquals(await pipeline.executeToArray([]), []);
    assertEquals(counts.started, 0);

    for await (const _item of run);
    assertEquals(counts, { started: 1, ended: 1, runs: 1 });
  });
});

test("no more workers start than are asked for, and each run has its own", async () => {
  await countWorkers(async (counts) => {
    const pipeline = StreamingPipeline.start<number>()
      .use("made", inWorkers<Tools, "backwards">(TOOLS, { export: "backwards", workers: 2 }));
    await Promise.all([pipeline.executeToArray(range(9)), pipeline.executeToArray(range(9))]);

    assertEquals([counts.started, counts.ended], [4, 4]);
  });
});

test("any number of workers may be allowed, whatever each may have", async () => {
  const options = { export: "square", workers: Number.MAX_SAFE_INTEGER } as const;
  const pipeline = StreamingPipeline.start<number>()
    .use("square", inWorkers<Tools, "square">(TOOLS, options));

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 4, 9]);
});

test("no more items are pulled than may be on their way and finished", async () => {
  const options = { export: "square", workers: 2, itemsPerWorker: 3, highWaterMark: 1 } as const;
  let pulled = 0;
  function* numbers() {
    for (;;) yield pulled++;
  }
  const pipeline = StreamingPipeline.start<number>()
    .use("square", inWorkers<Tools, "square">(TOOLS, options));
  let read = 0;
  for await (const _item of pipeline.execute(numbers())) {
    assert(pulled - read <= 2 * 3 + 1, `${pulled} pulled where ${read} were read`);
    if (++read === 50) break;
  }
});

test("short items go together, no more than a worker may have", async () => {
  await countWorkers(async (counts) => {
    const squares = (itemsPerWorker: number) =>
      StreamingPipeline.start<number>().use(
        "square",
        inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 1, itemsPerWorker }),
      );
    assertEquals(await squares(1).executeToArray(range(200)), range(200).map((n) => n * n));
    assertEquals(counts.runs, 200);

    assertEquals(await squares(64).executeToArray(range(2_000)), range(2_000).map((n) => n * n));
    assert(counts.runs < 200 + 1_000, `${counts.runs - 200} messages for 2,000 items`);
  });
});

test("a function may use an object again that it has returned, also where results go together", async () => {
  const items = range(400);
  const made = await runOn(
    items,
    `const held = { bytes: new Uint32Array(1) };
    export default (item) => {
      held.bytes[0] = item;
      return held;
    }`,
    { itemsPerWorker: 64 },
  ) as { readonly bytes: Uint32Array }[];

  assertEquals(made.map(({ bytes }) => bytes[0]), items);
  assertEquals(new Set(made.map(({ bytes }) => bytes.buffer)).size, items.length);
});

test("a pool serves several stages and runs with the same workers, until it is closed", async () => {
  await countWorkers(async (counts) => {
    const pool = workerPool<Tools>(TOOLS, { workers: 2 });
    const pipeline = StreamingPipeline.start<number>()
      .use("square", inWorkers(pool, { export: "square" }))
      .use("later", inWorkers(pool, { export: "squareLater" }));

    assertEquals(
      await Promise.all(range(5).map(() => pipeline.executeToArray([1, 2]))),
      range(5).map(() => [1, 16]),
    );
    assert(counts.started <= 2);
    assertEquals(counts.ended, 0);
    await pool.close();
    assertEquals(counts.ended, counts.started);
  });
});

test("a pool that is closed before its first item starts nothing", async () => {
  await countWorkers(async (counts) => {
    await using _pool = workerPool<Tools>(TOOLS);
    await Promise.resolve();
    assertEquals(counts.started, 0);
  });
});

test("groups share the workers of the run that they are in", async () => {
  await countWorkers(async (counts) => {
    const square = inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 1 });
    const pipeline = StreamingPipeline.start<number>()
      .groupBy("group", (item) => item % 3, (group) => group.use("square", square));

    const made = await pipeline.executeToArray(range(9));
    assertEquals(made.toSorted((a, b) => a - b), range(9).map((n) => n * n));
    assertEquals(counts.started, 1);
  });
});

test("buffers that are transferred are moved, in both ways", async () => {
  const module = moduleOf(`
    let last;
    export default (bytes, index, { transfer }) => {
      const lengths = [last?.byteLength ?? -1, bytes.byteLength];
      last = bytes;
      transfer([bytes.buffer]);
      return { bytes, lengths };
    };
  `);
  type Module = { default(item: Uint8Array): { bytes: Uint8Array; lengths: number[] } };
  const items = [new Uint8Array(4).fill(7), new Uint8Array(5)];
  const pipeline = StreamingPipeline.start<Uint8Array>().use(
    "moved",
    inWorkers<Module>(module, {
      workers: 1,
      itemsPerWorker: 1,
      transfer: (bytes) => [bytes.buffer],
    }),
  );

  const made = await pipeline.executeToArray(items);
  assertEquals(made.map(({ lengths }) => lengths), [[-1, 4], [0, 5]]);
  assertEquals(made[0]!.bytes, new Uint8Array(4).fill(7));
  assertEquals(items.map((each) => each.byteLength), [0, 0]);
});
