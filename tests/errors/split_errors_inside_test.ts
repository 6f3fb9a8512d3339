// SPLIT_ERRORS in the pipelines of groups and branches: they share the channel of the run around
// them.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type FailedItem, StreamingError, StreamingPipeline } from "../../mod.ts";
import { durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { collect, failOdd, FAILURE, ITEMS, itemsOf, ODD, Sink, SPLIT_ERRORS } from "./_split.ts";

type Start = StreamingPipeline<number, number>;

const start = (): Start => StreamingPipeline.start<number>();
const split = (inside: Start): Start =>
  inside.map("odd", failOdd, { errorStrategy: SPLIT_ERRORS }) as unknown as Start;

/** Each kind of stage that runs pipelines inside, with all items in one of them. */
const INSIDE: Readonly<Record<string, (outer: Start, build: (inside: Start) => Start) => Start>> = {
  groupBy: (outer, build) => outer.groupBy("inner", () => 1, build) as unknown as Start,
  partition: (outer, build) =>
    outer.partition("inner", () => true, build, (rest) => rest) as unknown as Start,
  fanOut: (outer, build) => outer.fanOut("inner", { all: build }) as unknown as Start,
  route: (outer, build) => outer.route("inner", () => "all", { all: build }) as unknown as Start,
};

for (const [name, within] of Object.entries(INSIDE)) {
  const pipeline = within(start(), split);

  test(`${name}(): what fails inside with SPLIT_ERRORS goes to errorsTo`, async () => {
    const failed: FailedItem[] = [];
    await pipeline.executeToArray(ITEMS, { errorsTo: (one) => void failed.push(one) });

    assertEquals(itemsOf(failed), ODD);
    assertEquals([failed[0]!.key, failed[0]!.itemIndex], ["odd", 1]);
    assertStrictEquals(failed[0]!.error.cause, FAILURE);
  });

  test(`${name}(): what fails inside with SPLIT_ERRORS is in run.errors, two levels deep too`, async () => {
    for (const nested of [pipeline, within(start(), (inside) => within(inside, split))]) {
      const run = nested.run(ITEMS);
      const [failed] = await Promise.all([collect(run.errors), readOutcome(run)]);

      assertEquals(itemsOf(failed), ODD);
    }
  });

  test(`${name}(): a stream made by errorsTo serves all that fails in a run, and is closed once`, async () => {
    const sinks: Sink[] = [];
    const errorsTo = () => {
      sinks.push(new Sink(true));
      return sinks.at(-1)!.stream;
    };
    const half = pipeline.map("half", (item) => item / 2);
    await half.map("odd half", failOdd, { errorStrategy: SPLIT_ERRORS })
      .executeToArray([1, 2, 4, 5], { errorsTo });

    assertEquals(sinks.map(({ failed }) => itemsOf(failed)), [[1, 1, 5]]);
    assertEquals(sinks.map(({ closed, stream }) => [closed, stream.locked]), [[1, false]]);
  });

  test(`${name}(): a channel that is full fails the run, and not the sink`, async () => {
    const { items, error } = await readOutcome(pipeline.execute(ITEMS, { errorBuffer: 2 }));

    assertEquals(items, [0, 2, 4]);
    assertInstanceOf(error, StreamingError);
    assertEquals([error.code, error.key], ["ERROR_CHANNEL_FULL", "inner"]);
  });

  test(`${name}(): a sink that fails fails the run, and no stage is blamed`, async () => {
    const errorsTo = () => Promise.reject(new Error("full"));
    const { error } = await readOutcome(pipeline.execute(ITEMS, { errorsTo }));

    assertInstanceOf(error, StreamingError);
    assertEquals(error.key, "errorsTo");
  });

  // What groups remember is not saved in the mode acks.
  const modes = name === "groupBy" ? ["snapshots"] as const : ["acks", "snapshots"] as const;
  for (const mode of modes) {
    test(`${name}(): a job in the mode ${mode} hands what fails inside to errorsTo`, async () => {
      const failed: FailedItem[] = [];
      const job = durable(pipeline, { id: "split", mode, store: memoryStore() });
      await job.run(positioned(ITEMS), () => {}, { errorsTo: (one) => void failed.push(one) });

      assertEquals(itemsOf(failed), ODD);
    });
  }
}
