import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { generate } from "../operators/_outcome.ts";

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

test("[L9] a streaming step needs a name and a function", () => {
  const create = createStreamingStep as (...args: unknown[]) => unknown;

  for (const [name, shown] of [["", `""`], [undefined, "undefined"], [1, "1"]]) {
    const error = assertThrows(() => create(name, () => generate()), TypeError);
    assertEquals(
      error.message,
      `Cannot create step: name must be a non-empty string, got ${shown}`,
    );
  }
  for (const [execute, shown] of [[undefined, "undefined"], [generate(), "an object"]]) {
    const error = assertThrows(() => create("step", execute), TypeError);
    assertEquals(
      error.message,
      `Cannot create step "step": execute must be a function, got ${shown}`,
    );
  }
});

test("[L9] a streaming step refuses options that are not valid", () => {
  const create = createStreamingStep as (...args: unknown[]) => unknown;
  const refuse = (options: unknown) =>
    assertThrows(() => create("step", () => generate(), options), Error);
  const subject = `Cannot create step "step"`;

  assertEquals(refuse(null).message, `${subject}: options must be an object, got null`);
  assertEquals(refuse({ retry: "3" }).message, `${subject}: retry must be an object, got "3"`);
  const unknown = refuse({ timeoutMs: 1 }).message;
  assertEquals(unknown.startsWith(`${subject}: unknown option "timeoutMs"`), true, unknown);
  assertEquals(
    refuse({ retry: { maxAttempts: 0, backoffMs: 1 } }).message,
    `${subject}: retry.maxAttempts must be a positive integer, got 0`,
  );
});
