// What becomes of the items when a transform, its factory or what is before it fails.

import { assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { untyped } from "../support/refused.ts";
import { generate, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const bytes = StreamingPipeline.start<Uint8Array<ArrayBuffer>>();
const texts = StreamingPipeline.start<string>();

/**
 * workerd 1.2026 reports a rejection of its own for a transform that throws, whoever handles it,
 * natively piped too.
 */
const testWhereRejectionsAreOurs: typeof test =
  globalThis.navigator?.userAgent === "Cloudflare-Workers" ? () => {} : test;

testWhereRejectionsAreOurs("through() fails for bytes that cannot be decompressed", async () => {
  const pipeline = bytes.through("unzipped", () => new DecompressionStream("gzip"));

  const { items, error } = await readFailure(pipeline.execute([new Uint8Array(64).fill(7)]));

  assertEquals(items, []);
  assertEquals([error.key, error.stepName], ["unzipped", "unzipped"]);
});

test("through() fails for a factory that makes something else", async () => {
  const cases: readonly [unknown, string][] = [
    [undefined, "undefined; is a return missing?"],
    [null, "null"],
    [{ readable: new ReadableStream() }, "an object"],
    [Promise.resolve(new TransformStream()), "a Promise"],
  ];
  for (const [made, shown] of cases) {
    const pipeline = untyped(start)["through"]!("bad", () => made) as typeof start;

    const { error } = await readFailure(pipeline.execute([1]));

    assertEquals(error.key, "bad");
    assertEquals(
      (error.cause as Error).message,
      `Cannot run the stage "bad" (through): its transform must return a readable/writable pair, got ${shown}`,
    );
  }
});

test("through() fails with what the factory throws, and never opens the source", async () => {
  const probe = new SourceProbe("an async iterable");
  const cause = new Error("no transform");
  const pipeline = start.through("bad", () => {
    throw cause;
  });

  const { error } = await readFailure(pipeline.execute(probe.source));

  assertEquals([error.key, error.cause], ["bad", cause]);
  assertEquals(probe.opened, 0);
});

test("through() fails for a transform that is in use elsewhere", async () => {
  const transform = new TransformStream<number, number>();
  transform.writable.getWriter();

  const { error } = await readFailure(start.through("used", () => transform).execute([1]));

  assertEquals([error.key, error.cause instanceof TypeError], ["used", true]);
});

test("[L8] through() fails for a transform that an earlier run has used up", async () => {
  const transform = new TransformStream<number, number>();
  const pipeline = start.through("same", () => transform);
  assertEquals(await pipeline.executeToArray([1]), [1]);
  const probe = new SourceProbe("an async iterable");

  const { items, error } = await readFailure(pipeline.execute(probe.source));

  assertEquals([items, error.key], [[], "same"]);
  assertEquals(
    (error.cause as Error).message,
    "Its transform is closed; each run needs one of its own",
  );
  assertEquals(probe.opened, probe.closed);
});

/** Where a transform can throw; the items that come out before it does. */
const THROWERS: Readonly<
  Record<string, [items: number[], create: (error: Error) => Transformer<number, number>]>
> = {
  "start()": [[], (error) => ({
    start: () => {
      throw error;
    },
  })],
  "an async start()": [[], (error) => ({ start: () => Promise.reject(error) })],
  "transform()": [[1, 2], (error) => ({
    transform(item, controller) {
      if (item === 3) throw error;
      controller.enqueue(item);
    },
  })],
  "an async transform()": [[1, 2], (error) => ({
    async transform(item, controller) {
      if (await item === 3) throw error;
      controller.enqueue(item);
    },
  })],
  "flush()": [[1, 2, 3, 4], (error) => ({
    flush: () => {
      throw error;
    },
  })],
  "an async flush()": [[1, 2, 3, 4], (error) => ({ flush: () => Promise.reject(error) })],
};

for (const [place, [expected, create]] of Object.entries(THROWERS)) {
  testWhereRejectionsAreOurs(
    `[L6] through() hands on what came before ${place} throws`,
    async () => {
      const cause = new Error("transform failed");
      const pipeline = start.through("failing", () => new TransformStream(create(cause)));

      const { items, error } = await readFailure(pipeline.execute(generate(1, 2, 3, 4)));

      assertEquals(items, expected);
      assertEquals([error.key, error.stepName, error.cause], ["failing", "failing", cause]);
    },
  );
}

test("[L6] through() hands on what came before the transform's controller errors", async () => {
  const cause = new Error("transform failed");
  const pipeline = start.through("failing", () =>
    new TransformStream<number, number>({
      transform: (item, controller) =>
        item === 3 ? controller.error(cause) : controller.enqueue(item),
    }));

  const { items, error } = await readFailure(pipeline.execute(generate(1, 2, 3, 4)));

  assertEquals(items, [1, 2]);
  assertEquals([error.key, error.cause], ["failing", cause]);
});

test("[L4] through() closes the source when the transform fails", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.through("failing", () =>
    new TransformStream<number, number>({
      transform: (_item, controller) => controller.error(new Error("no")),
    }));

  await readFailure(pipeline.execute(probe.source));

  assertEquals([probe.closed, probe.cleaned], [1, 1]);
});

test("[L4] through() ends and closes the source when the transform terminates", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.through("two", () =>
    new TransformStream<number, number>({
      transform(item, controller) {
        controller.enqueue(item);
        if (item === 1) controller.terminate();
      },
    }));

  assertEquals(await pipeline.executeToArray(probe.source), [0, 1]);
  assertEquals([probe.closed, probe.cleaned], [1, 1]);
});

test("[L6] items inside a transform come out before the error of the source", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure });
  const pipeline = start.through("queued", () =>
    new TransformStream<number, number>(
      undefined,
      new CountQueuingStrategy({ highWaterMark: 10 }),
      new CountQueuingStrategy({ highWaterMark: 10 }),
    ));

  const { items, error } = await readFailure(pipeline.execute(probe.source));

  assertEquals(items, [0, 1, 2]);
  assertEquals([error.key, error.cause], ["source", failure]);
});

test("[L6] items that a transform keeps back come out before the error of a stage", async () => {
  const failure = new Error("broken");
  const pipeline = texts
    .map("checked", (text) => text === "bad" ? Promise.reject(failure) : text)
    .through("lines", () => new TextLineStream());

  const { items, error } = await readFailure(pipeline.execute(["a\nb", "c", "bad"]));

  assertEquals(items, ["a", "bc"]);
  assertEquals([error.key, error.itemIndex, error.cause], ["checked", 2, failure]);
});
