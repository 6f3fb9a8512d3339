import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import { transform } from "../../src/operators/mod.ts";
import {
  type CheckpointStore,
  consume,
  durable,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { assertCode, ID } from "./_jobs.ts";

const start = () => StreamingPipeline.start<number>();
type Start = ReturnType<typeof start>;

/** Each stage with pipelines inside, around what `build` adds, and where that is. */
const around = (build: (group: Start) => PipelineOf<number, unknown>) => {
  const same = (group: Start) => group;
  const rows: [PipelineOf<number, unknown>, string][] = [
    [start().groupBy("g", (n) => n, (group) => build(group)), '"g" → its build'],
    [start().partition("p", () => true, build, same), '"p" → its whenTrue'],
    [start().partition("p", () => true, same, build), '"p" → its whenFalse'],
    [start().fanOut("f", { same, all: build }), '"f" → its branch "all"'],
    [start().fanOut("f", { all: { build } }), '"f" → its branch "all"'],
    [start().route("r", () => "a" as const, { a: build }), '"r" → its branch "a"'],
    [
      start().fanOut("f", {
        all: (group) => group.groupBy("g", (n) => n, (inner) => build(inner)),
      }),
      '"f" → its branch "all" → "g" → its build',
    ],
  ];
  return rows;
};

test("[L9] a job in the mode snapshots refuses stages inside of groups and branches when it is made", () => {
  for (const [pipeline, path] of around((group) => group.debounce("late", 1))) {
    const make = () => durable(pipeline, { id: ID, mode: "snapshots", store: memoryStore() });
    const { message } = assertThrows(make, TypeError);
    const problem =
      `Cannot make the job "${ID}" in the mode snapshots: the stage ${path} → "late" ` +
      "(debounce) depends on when items come; do it in the source";
    assert(message.startsWith(problem), message);
  }
});

test("[L9] a job in the mode acks, and consume(), refuse stages inside of branches at once", async () => {
  const rows = around((group) => group.scan("total", (total, n) => total + n, 0));
  for (const [pipeline, path] of rows.filter(([, path]) => !path.includes('"g"'))) {
    const problem = `the stage ${path} → "total" (scan) remembers earlier items`;
    const make = () => durable(pipeline, { id: ID, mode: "acks", store: memoryStore() });
    assertStringIncludes(assertThrows(make, TypeError).message, problem);
    let isOpen = false as boolean;
    const queue = {
      async *open() {
        isOpen = true;
        yield* [];
      },
    };
    const error = await assertRejects(() => consume(pipeline, queue, () => {}), TypeError);
    assertStringIncludes(error.message, `Cannot consume: ${problem}`);
    assertEquals(isOpen, false);
  }
});

test("what stands inside of groups and can be saved is no reason to refuse a job", () => {
  const fine = around((group) => group.scan("total", (total, n) => total + n, 0).batch("b", 2));
  for (const [pipeline] of fine) {
    durable(pipeline, { id: ID, mode: "snapshots", store: memoryStore() });
  }
});

test("a job is refused where a branch is no pipeline, with what it is", () => {
  const pipeline = start().fanOut("f", { all: (() => 1) as never });
  const make = () => durable(pipeline, { id: ID, mode: "snapshots", store: memoryStore() });
  assertStringIncludes(
    assertThrows(make, TypeError).message,
    'in the mode snapshots: "f" → its branch "all" must be a StreamingPipeline, got 1',
  );
});

test("what builds a group is called once more to look at its stages, and with a key only for items", async () => {
  const calls: unknown[][] = [];
  const alone = start().groupBy("g", (n) => n, (group) => {
    calls.push(["alone"]);
    return group;
  });
  const byKey = start().groupBy("g", (n) => n, (group, key) => {
    calls.push(["by key", key]);
    return group;
  });
  durable(alone, { id: ID, mode: "snapshots", store: memoryStore() });
  const job = durable(byKey, { id: ID, mode: "snapshots", store: memoryStore() });
  assertEquals(calls, [["alone"]]);
  await job.run(positioned([7]), () => {});
  assertEquals(calls, [["alone"], ["by key", 7]]);
});

test("a pipeline that is inside of itself is looked at down to some level", () => {
  const halve = (group: Start): PipelineOf<number, number> =>
    group.partition("small", (n) => n < 2, (small) => small, (large) => (
      halve(large.map("half", (n) => Math.floor(n / 2)) as never)
    ));
  durable(halve(start()), { id: ID, mode: "snapshots", store: memoryStore() });
});

/** Commits after each item, and counts the commits. */
const createStore = () => {
  const store = memoryStore();
  const saved: string[] = [];
  const counting: CheckpointStore = {
    acquire: (id) => store.acquire(id),
    release: (id, fence) => store.release(id, fence),
    save(id, text, fence) {
      saved.push(text);
      return store.save(id, text, fence);
    },
  };
  return { counting, saved };
};

test("[L9] a group that depends on its key is refused when it is opened, and nothing is lost", async () => {
  const build = (group: Start, key: number) =>
    key === 3 ? group.groupBy("h", (n) => n, (inner, _) => inner.debounce("late", 1)) : group;
  const pipeline = start().groupBy("g", (n) => n, build);
  const { counting: store, saved } = createStore();
  const taken: number[] = [];
  const job = durable(pipeline, { id: ID, mode: "snapshots", store, commit: { items: 1 } });

  await assertCode(
    "NOT_SERIALIZABLE",
    job.run(positioned([1, 2, 3, 4]), (n) => taken.push(n)),
    `Cannot save the job "${ID}": the stage "g" → "h" → "late" (debounce) cannot be written, for it ` +
      "depends on when",
  );
  assertEquals([taken, saved.length], [[1, 2], 2]);

  // Without the stage, the job goes on with the item for which the group was opened.
  const fine = start().groupBy("g", (n) => n, (group, key) => (
    key === 3 ? group.groupBy("h", (n) => n, (inner) => inner) : group
  ));
  const again = durable(fine, { id: ID, mode: "snapshots", store });
  const { resumedFrom } = await again.run(positioned([1, 2, 3, 4]), (n) => taken.push(n));
  assertEquals([resumedFrom, taken], [2, [1, 2, 3, 4]]);
});

test("what a stage inside of a group keeps is refused when the group is opened, not at a commit", async () => {
  const initial = () => ({ when: new Proxy(class {}, {}) });
  const rows: [PipelineOf<number, unknown>, string][] = [
    [
      start().groupBy("g", (n) => n, (group) => (
        group.use("t", transform(() => ({ transform: (n: number) => [n] })))
      )),
      'the state of the stage "g" → "t" cannot be written, for',
    ],
    [
      start().groupBy("g", (n) => n, (group) => group.scan("s", (kept) => kept, initial())),
      "stages.s.state",
    ],
  ];
  for (const [pipeline, message] of rows) {
    const { counting: store, saved } = createStore();
    const taken: unknown[] = [];
    const job = durable(pipeline, { id: ID, mode: "snapshots", store });
    const work = job.run(positioned([1, 2]), (item) => taken.push(item));
    await assertCode("NOT_SERIALIZABLE", work, message);
    assertEquals([taken, saved], [[], []]);
  }
});
