// What a branch does not read because it has failed, and its failure has not come out yet.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import { consume, durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { onClock } from "./_jobs.ts";

const NUMBERS = Array.from({ length: 12 }, (_, n) => n);

type Inner = StreamingPipeline<number, number>;
type Work = (n: number) => Promise<number>;

const isEven = (n: number) => n % 2 === 0;
const callWith = (work: Work) => (branch: Inner): Inner =>
  branch.map("call", work, { concurrencyLimit: 2 }) as Inner;
const pass = (branch: Inner): Inner => branch;

const MAKERS: Readonly<Record<string, (work: Work) => PipelineOf<number, number>>> = {
  route: (work) =>
    StreamingPipeline.start<number>().route("r", (n) => isEven(n) ? "call" : "pass", {
      call: (branch) => callWith(work)(branch as Inner),
      pass: (branch) => pass(branch as Inner),
    }) as PipelineOf<number, number>,
  partition: (work) =>
    StreamingPipeline.start<number>().partition(
      "p",
      isEven,
      (branch) => callWith(work)(branch as Inner),
      (branch) => pass(branch as Inner),
    ) as PipelineOf<number, number>,
  fanOut: (work) =>
    StreamingPipeline.start<number>().fanOut("f", {
      call: (branch) => callWith(work)(branch as Inner),
      nothing: (branch) => branch.filter("none", () => false) as unknown as Inner,
    }) as PipelineOf<number, number>,
};

/** Fails at the number 2, while 0 keeps that from coming out. */
function createWork(): Work {
  let isFlaky = true;
  return async (n) => {
    if (n === 0 && isFlaky) await new Promise<void>((resolve) => void clock.schedule(resolve, 50));
    if (n !== 2 || !isFlaky) return n;
    isFlaky = false;
    throw new Error("503");
  };
}

for (const [name, make] of Object.entries(MAKERS)) {
  const isLeft = (n: number) => name === "fanOut" || isEven(n);

  test(`consume() acknowledges nothing that a branch of ${name}() has not read because it has failed`, async () => {
    const taken: number[] = [];
    const acked: number[] = [];
    const nacked: number[] = [];
    const queue = {
      async *open() {
        for (const item of NUMBERS) {
          const ack = () => void acked.push(item);
          const nack = () => void nacked.push(item);
          yield { item, attempts: 1, ack, nack, extend() {} };
        }
      },
    };

    await onClock(() => consume(make(createWork()), queue, (n) => void taken.push(n)));

    assertEquals(nacked, [2]);
    assertEquals([...acked, ...nacked].sort((a, b) => a - b), NUMBERS);
    assertEquals(acked.filter((n) => isLeft(n) && !taken.includes(n)), []);
  });

  const source = positioned(async function* () {
    yield* NUMBERS;
  });

  test(`a job with acks loses nothing that a branch of ${name}() has not read because it has failed`, async () => {
    const work = createWork();
    const store = memoryStore();
    const taken: number[] = [];
    const run = () => {
      const job = durable(make(work), { id: "job", mode: "acks", store });
      return onClock(() => job.run(source, (n) => void taken.push(n)));
    };

    await assertRejects(run, Error, "failed");
    await run();

    assertEquals([...new Set(taken)].sort((a, b) => a - b), NUMBERS);
  });
}
