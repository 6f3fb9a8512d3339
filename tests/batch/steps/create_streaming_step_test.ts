import { assertEquals, assertStrictEquals } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { generate } from "../../operators/_outcome.ts";

const double = createStreamingStep<number, number>("double", async function* ({ input }) {
  for await (const item of input) yield item * 2;
});

test("a streaming step has a name and keeps its function", () => {
  const execute = () => generate(1);
  const step = createStreamingStep("step", execute);

  assertEquals([step.name, step.isStreamingStep], ["step", true]);
  assertStrictEquals(step.execute as unknown, execute);
});

test("a streaming step serves any number of pipelines, stages and runs", async () => {
  const start = StreamingPipeline.start<number>();
  const twice = start.add("first", double).map("second", double);
  const beside = start.map("each", double, { parallel: true });

  const runs = [twice, beside, twice].map((pipeline) => pipeline.executeToArray([1, 2]));

  assertEquals(await Promise.all(runs), [[4, 8], [2, 4], [4, 8]]);
});

test("[L1] a streaming step is called once per run, when the run begins", async () => {
  let calls = 0;
  const step = createStreamingStep<number, number>("counted", ({ input }) => {
    calls++;
    return input;
  });
  const pipeline = StreamingPipeline.start<number>().add("counted", step);
  const items = pipeline.execute([1, 2]);

  assertEquals(calls, 0);
  await items.next();
  await items.next();
  assertEquals(calls, 1);
  await items.return();
});
