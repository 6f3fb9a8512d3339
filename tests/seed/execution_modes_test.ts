// The five execution modes of the document.

import { assertEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { asyncGeneratorOf, Printer } from "./_seed.ts";

interface Input {
  readonly id: number;
}

/** A step that counts what it reads, so that a test sees how much was computed. */
function createCountingStep(name: string) {
  const read: number[] = [];
  const step = createStreamingStep<Input, Input>(name, async function* ({ input }) {
    for await (const item of input) {
      read.push(item.id);
      yield item;
    }
  });
  return { read, step };
}

function createInput(count: number): AsyncGenerator<Input> {
  return asyncGeneratorOf(...Array.from({ length: count }, (_, id) => ({ id: id + 1 })));
}

test("mode 1: stream consumption", async () => {
  const console = new Printer();
  const { read, step: step1 } = createCountingStep("step1");
  const pipeline = StreamingPipeline.start<Input>().map("step1", step1);

  for await (const result of pipeline.execute(createInput(3))) {
    // Process results as they arrive
    console.log(result.id, read.length);
  }

  assertEquals(console.lines, [[1, 1], [2, 2], [3, 3]]);
});

test("mode 2: collect to array", async () => {
  const { step: step1 } = createCountingStep("step1");
  const pipeline = StreamingPipeline.start<Input>().map("step1", step1);

  const results = await pipeline.executeToArray(createInput(3));

  assertEquals(results, [{ id: 1 }, { id: 2 }, { id: 3 }]);
});

test("mode 3: reduce", async () => {
  const { step: step1 } = createCountingStep("step1");
  const pipeline = StreamingPipeline.start<Input>().map("step1", step1);

  const count = await pipeline.executeReduce(
    createInput(3),
    (acc, _item) => acc + 1,
    0,
  );

  assertEquals(count, 3);
});

test("mode 4: early termination", async () => {
  const { read: read1, step: step1 } = createCountingStep("step1");
  const { read: read2, step: step2 } = createCountingStep("step2");
  const pipeline = StreamingPipeline.start<Input>()
    .map("step1", step1)
    .take("first10", 10) // Only take first 10 results
    .map("step2", step2);

  const results = await pipeline.executeToArray(createInput(1000));

  const firstTen = Array.from({ length: 10 }, (_, index) => index + 1);
  assertEquals(results.map(({ id }) => id), firstTen);
  assertEquals(read1, firstTen);
  assertEquals(read2, firstTen);
});

test("mode 5: pagination", async () => {
  const { read, step: step1 } = createCountingStep("step1");
  const pipeline = StreamingPipeline.start<Input>()
    .map("step1", step1)
    .skip("skipFirst20", 20)
    .take("next10", 10); // Get items 21-30

  const results = await pipeline.executeToArray(createInput(1000));

  assertEquals(results.map(({ id }) => id), Array.from({ length: 10 }, (_, index) => index + 21));
  assertEquals(read.length, 30);
});
