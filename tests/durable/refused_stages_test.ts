import { assert, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import { transform } from "../../src/operators/mod.ts";
import { durable, memoryStore } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { assertCode, ID, runJob } from "./_jobs.ts";

const start = () => StreamingPipeline.start<number>();

test("keys that are objects are refused, as they are others after a restart", async () => {
  const rows: PipelineOf<number, unknown>[] = [
    start().distinct("d", (n) => ({ n })),
    start().groupBy("d", (n) => ({ n }), (group) => group),
    start().windowTime("d", { timestamp: (n) => n, sizeMs: 9, by: (n) => ({ n }) }),
  ];
  for (const pipeline of rows) {
    const message = 'the state of the stage "d" cannot be written, for a key must be a text';
    const work = runJob(pipeline, { store: memoryStore(), commit: { items: 1 } });
    await assertCode("NOT_SERIALIZABLE", work, message);
  }
});

test("[L9] stages that cannot be saved are refused with what to do", () => {
  const other = [1];
  async function* step({ input }: { readonly input: AsyncIterable<number> }) {
    yield* input;
  }
  const join = { leftKey: Number, rightKey: Number, kind: "left", strategy: "hash" } as const;
  const rows: [PipelineOf<number, unknown>, string][] = [
    [start().add("s", step), "give its step a memory"],
    [start().debounce("s", 1), "depends on when"],
    [start().sample("s", 1), "depends on when"],
    [start().delay("s", 1), "depends on when"],
    [start().takeUntil("s", new AbortController().signal), "use job.stop()"],
    [start().checkpoint("s"), "keeps the whole stream"],
    [start().through("s", () => new TransformStream()), "use transform()"],
    [start().mergeWith("s", other), "merge both in the job's source"],
    [start().concatWith("s", other), "merge both in the job's source"],
    [start().zipWith("s", other), "merge both in the job's source"],
    [start().interleaveWith("s", other), "merge both in the job's source"],
    [start().combineLatestWith("s", other), "merge both in the job's source"],
    [start().joinWith("s", other.values(), join), "give it a function that opens one"],
  ];
  for (const [pipeline, message] of rows) {
    const found = assertThrows(
      () => durable(pipeline, { id: ID, mode: "snapshots", store: memoryStore() }),
      TypeError,
    ).message;
    assert(found.startsWith(`Cannot make the job "${ID}" in the mode snapshots: the stage "s"`));
    assert(found.includes(message), found);
  }
});

test("[L9] what is refused in the mode acks names the mode snapshots where that takes it, and there alone", () => {
  const other = [1];
  const join = { leftKey: Number, rightKey: Number, kind: "left", strategy: "hash" } as const;
  const rows: PipelineOf<number, unknown>[] = [
    start().debounce("s", 1),
    start().sample("s", 1),
    start().scan("s", (sum, n) => sum + n, 0),
    start().take("s", 1),
    start().distinct("s"),
    start().window("s", 2),
    start().windowTime("s", { sizeMs: 1 }),
    start().groupBy("s", Number, (group) => group),
    start().joinWith("s", other, join),
    start().zipWith("s", other),
    start().checkpoint("s"),
    start().through("s", () => new TransformStream()),
  ];
  for (const pipeline of rows) {
    const make = (mode: "acks" | "snapshots") =>
      durable(pipeline, { id: ID, mode, store: memoryStore() });
    const { message } = assertThrows(() => make("acks"), TypeError);
    if (message.includes("mode snapshots")) make("snapshots");
    else assertThrows(() => make("snapshots"), TypeError);
  }
});

test("a transform without snapshot and restore is refused before the source is read", async () => {
  const store = memoryStore();
  const plain = start().use("t", transform(() => ({ transform: (n: number) => [n] })));
  await assertCode("NOT_SERIALIZABLE", runJob(plain, { store }), "must have snapshot and restore");
});
