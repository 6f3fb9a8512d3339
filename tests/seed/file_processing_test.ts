// The document's example 2 and its "Streaming Pipeline Construction", over files in memory.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import {
  createConstructedPipeline,
  createFilePipeline,
  type Embedded,
  MemoryFiles,
} from "./_files.ts";
import { Printer } from "./_seed.ts";

const FILES = 200;
const CHUNKS_PER_FILE = 2;
const BATCH_SIZE = 50;
const CONCURRENCY_LIMIT = 10;

function createFiles(changes: Record<string, string | Error> = {}): MemoryFiles {
  const files = new Map<string, string | Error>([["./docs/notes.txt", "no markdown"]]);
  for (let index = 0; index < FILES; index++) {
    files.set(`./docs/${index % 7}/file ${index}.md`, `abc <b>${index}</b>\n\ncde`);
  }
  for (const [path, content] of Object.entries(changes)) files.set(path, content);
  return new MemoryFiles(files);
}

test("example 2: file processing with streaming", async () => {
  const failure = new Error("disk failure");
  const files = createFiles({ "./docs/0/file 7.md": failure });
  const console = new Printer();
  const batchSizes: number[] = [];
  const stored: Embedded[] = [];
  let readsAtFirstStore = 0;
  const streamingFilePipeline = createFilePipeline(files, console, batchSizes);

  // Execute - process as stream
  for await (
    const embedded of streamingFilePipeline.execute({
      path: "./docs",
      pattern: "**/*.md",
    })
  ) {
    // Store to database incrementally
    if (stored.push(embedded) === 1) readsAtFirstStore = files.reads;
  }

  const chunks = (FILES - 1) * CHUNKS_PER_FILE;
  assertEquals(stored.length, chunks);
  assertEquals(stored[1], {
    id: "./docs/0/file 0.md#1",
    content: "cde",
    metadata: { path: "./docs/0/file 0.md" },
    embedding: [0, 0, 1, 1, 1],
  });
  assertEquals(console.lines, [["Error reading ./docs/0/file 7.md:", failure]]);
  assertEquals(batchSizes, [...Array(7).fill(BATCH_SIZE), chunks - 7 * BATCH_SIZE]);
  assertEquals(files.peak, CONCURRENCY_LIMIT);
  // One failed, and as many results may wait as calls may run.
  const readAtMost = BATCH_SIZE / CHUNKS_PER_FILE + 1 + 2 * CONCURRENCY_LIMIT;
  assertLessOrEqual(readsAtFirstStore, readAtMost);
});

test("example 2: files come out in the order in which they were found", async () => {
  const pipeline = createFilePipeline(createFiles(), new Printer(), []);

  const embedded = await pipeline.executeToArray({ path: "./docs", pattern: "**/*.md" });

  const expected = Array.from({ length: FILES }, (_, index) => [
    `./docs/${index % 7}/file ${index}.md#0`,
    `./docs/${index % 7}/file ${index}.md#1`,
  ]);
  assertEquals(embedded.map(({ id }) => id), expected.flat());
});

test("streaming pipeline construction", async () => {
  const files = createFiles();
  const pipeline = createConstructedPipeline(files);

  const embedded = await pipeline.executeToArray({ path: "./docs/3", pattern: "*.md" });

  assertEquals(embedded.slice(0, 2).map(({ id, content }) => [id, content]), [
    ["./docs/3/file 3.md#0", "abc 3<|eot|>"],
    ["./docs/3/file 3.md#1", "cde<|eot|>"],
  ]);
  assertEquals(embedded.length, Math.ceil((FILES - 3) / 7) * CHUNKS_PER_FILE);
  assertEquals(files.peak, CONCURRENCY_LIMIT);
});

test("streaming pipeline construction: the first file that fails ends the run", async () => {
  const failure = new Error("disk failure");
  const files = createFiles({ "./docs/3/file 10.md": failure });
  const pipeline = createConstructedPipeline(files);
  const stored: Embedded[] = [];
  let error: unknown;

  try {
    for await (const item of pipeline.execute({ path: "./docs/3", pattern: "*.md" })) {
      stored.push(item);
    }
  } catch (thrown) {
    error = thrown;
  }

  assertEquals(stored.map(({ id }) => id), ["./docs/3/file 3.md#0", "./docs/3/file 3.md#1"]);
  assertEquals(error instanceof StreamingError && [error.key, error.stepName, error.itemIndex], [
    "readFiles",
    "readFile",
    1,
  ]);
  assertEquals((error as StreamingError).cause, failure);
});

test("decision 1: a pipeline of streaming steps reads like the batch one", async () => {
  const files = createFiles();
  const streamingPipeline = StreamingPipeline.start<{ path: string; pattern: string }>()
    .add("step1", async function* ({ input }) {
      for await (const { path, pattern } of input) yield* files.scan({ cwd: path, pattern });
    })
    .add("step2", async function* ({ input }) {
      for await (const name of input) yield name.length;
    });

  assertEquals(
    await streamingPipeline.executeToArray({ path: "./docs", pattern: "*.txt" }),
    ["notes.txt".length],
  );
});
