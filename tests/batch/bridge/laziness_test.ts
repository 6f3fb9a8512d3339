// A batch pipeline in a stream is as lazy as the stream.

import { assertEquals } from "@std/assert";
import {
  createStep,
  Pipeline,
  pipelineToStreaming,
  stepToStreamingStep,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { dataOf } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../../src/testing/source_probe.ts";
import { settle, watch } from "../../../src/testing/turns.ts";

/** A batch pipeline over lists that notes what it does, and one over its items made of steps. */
function createPipelines(note: (what: string) => void) {
  const noted = createStep<number, number>("noted", ({ input }) => (note(`step ${input}`), input));
  return {
    batch: Pipeline.start<number>(() => note("context"))
      .add("first", noted)
      .add("second", createStep<number, number[]>("list", ({ input }) => [input, input]))
      .map("third", (item) => (note(`item ${item}`), item)),
    noted,
  };
}

test("[L1] building over the bridge does nothing, and neither does making a run", async () => {
  const notes: string[] = [];
  const { batch, noted } = createPipelines((what) => notes.push(what));
  const pipeline = pipelineToStreaming(batch);
  const probe = new SourceProbe("an async iterable", { items: [1] });
  streamingToPipeline(pipeline);
  streamingStepToStep(stepToStreamingStep(noted));
  const items = pipeline.execute(probe.source);
  await settle();
  assertEquals([notes, probe.opened], [[], 0]);

  await items.next();

  assertEquals(notes, ["context", "step 1", "item 1", "item 1"]);
  await items.return();
});

test("[L2] a batch pipeline in a stream computes a value when it is asked for", async () => {
  const notes: string[] = [];
  const { batch } = createPipelines((what) => notes.push(what));
  const probe = new SourceProbe("a sync iterable");
  const items = pipelineToStreaming(batch).execute(probe.source);
  for (const index of [0, 1, 2]) {
    notes.length = 0;
    assertEquals(await items.next(), { done: false, value: [index, index] });
    await settle();

    assertEquals(notes.filter((note) => note !== "context"), [
      `step ${index}`,
      `item ${index}`,
      `item ${index}`,
    ]);
    assertEquals(probe.pulls, index + 1);
  }
  await items.return();
});

test("[L2] a take after a batch pipeline ends an endless source", async () => {
  const { batch } = createPipelines(() => {});
  const probe = new SourceProbe("an async generator");
  const pipeline = pipelineToStreaming(batch).take("some", 2);

  assertEquals(await pipeline.executeToArray(probe.source), [[0, 0], [1, 1]]);
  assertEquals([probe.pulls, probe.closed, probe.cleaned], [2, 1, 1]);
});

test("[L10] what is finished is delivered while the source is silent", async () => {
  const { batch } = createPipelines(() => {});
  const probe = new SourceProbe("an async iterable", { silentAfter: 1 });
  const items = pipelineToStreaming(batch).execute(probe.source);

  assertEquals(await items.next(), { done: false, value: [0, 0] });
  const next = watch(items.next());
  await settle();
  assertEquals(next.state, "pending");
  await items.return();
});

test("[L2] a step that was made a streaming step reads an item when it is asked for one", async () => {
  const notes: string[] = [];
  const { noted } = createPipelines((what) => notes.push(what));
  const probe = new SourceProbe("a sync iterable");
  const items = StreamingPipeline.start<number>().add("stage", stepToStreamingStep(noted))
    .execute(probe.source);
  await items.next();
  await items.next();
  await settle();

  assertEquals([notes, probe.pulls], [["step 0", "step 1"], 2]);
  await items.return();
});

for (const kind of SOURCE_KINDS) {
  test(`streamingToPipeline reads ${kind} to its end and does not close it again`, async () => {
    const probe = new SourceProbe(kind, { items: [1, 2, 3] });
    const pipeline = streamingToPipeline(
      StreamingPipeline.start<number>().map("stage", (item) => item * 2),
    );

    assertEquals(dataOf(await pipeline.execute(probe.source)), [2, 4, 6]);
    assertEquals([probe.opened, probe.closed], [1, 0]);
  });
}

test("a string is one item for streamingToPipeline, and so is what is not iterable", async () => {
  const words = streamingToPipeline(StreamingPipeline.start<string>().map("word", (word) => word));
  const numbers = streamingToPipeline(StreamingPipeline.start<number>().map("n", (n) => n + 1));

  assertEquals(dataOf(await words.execute("mill")), ["mill"]);
  assertEquals(dataOf(await numbers.execute(1)), [2]);
});
