import { equal, ok } from "node:assert/strict";
import { pipelineToStreaming } from "@headrace/pipeline";
import { createVectors } from "../1_batch.ts";
import { LiveItems } from "../live_items.ts";
import { writeNotes } from "../sample.ts";
import { addTo, createSummary } from "../summary.ts";
import { PROGRAMS, TestFolder } from "./programs.ts";

const CHUNKS_PER_NOTE = 20;
/** Four notes are read at a time and four may wait; then one note's chunks, and their vectors. */
const STREAMING_BOUND = 4 + 4 + 1 + 2 * CHUNKS_PER_NOTE;

async function measure(name: string, noteCount: number): Promise<LiveItems> {
  await using folder = await TestFolder.create();
  await writeNotes(folder.path, noteCount);
  const live = new LiveItems();
  await PROGRAMS[name]?.(folder.path, live);
  equal(live.count, noteCount * (1 + 2 * CHUNKS_PER_NOTE));
  return live;
}

for (const name of ["1_batch.ts", "2_batch_in_a_stream.ts"]) {
  Deno.test(`${name} has all items in memory at the end`, async () => {
    const { peak, count } = await measure(name, 20);
    equal(peak, count);
  });
}

Deno.test("pipelineToStreaming() has one folder in memory, and the vectors of the one before", async () => {
  await using folder = await TestFolder.create();
  await writeNotes(folder.path, 20);
  const live = new LiveItems();
  const pipeline = pipelineToStreaming(createVectors(live)).flatten("vector");
  const { chunkCount } = await pipeline.executeReduce(
    [folder.path, folder.path, folder.path],
    addTo,
    createSummary(),
  );
  equal(chunkCount, 3 * 20 * CHUNKS_PER_NOTE);
  const folderCount = live.count / 3;
  const bound = folderCount + 20 * CHUNKS_PER_NOTE;
  ok(live.peak >= folderCount && live.peak <= bound, `got ${live.peak}`);
});

for (const name of ["3_streaming_step.ts", "4_batch_tail.ts"]) {
  Deno.test(`${name} has all vectors in memory, but few notes and chunks`, async () => {
    const { peak } = await measure(name, 20);
    const vectors = 20 * CHUNKS_PER_NOTE;
    ok(peak >= vectors && peak <= vectors + STREAMING_BOUND, `got ${peak}`);
  });
}

for (const noteCount of [20, 60]) {
  Deno.test(`5_streaming.ts has few of the items of ${noteCount} notes in memory`, async () => {
    const { peak } = await measure("5_streaming.ts", noteCount);
    ok(peak > 0 && peak <= STREAMING_BOUND, `got ${peak}`);
  });
}

Deno.test("LiveItems counts what can still be reached", async () => {
  const live = new LiveItems();
  const held: object[] = [];
  for (let item = 0; item < 100; item++) {
    const made = live.add({ item });
    if (item % 2 === 0) held.push(made);
  }
  await live.measureNowAndThen();
  equal(live.count, 100);
  ok(live.peak >= 50 && live.peak <= 52, `got ${live.peak}`);
  equal(held.length, 50);
});
