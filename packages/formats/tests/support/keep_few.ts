// Keeps one record of each chunk, and prints how many megabytes of heap that has taken.

import { csv, jsonArray, lines, ndjson, sse } from "@headrace/formats";
import { type Operator, StreamingPipeline } from "@headrace/pipeline/core";
import { turn } from "@headrace/pipeline/testing";

const CHUNKS = 800;
const CHUNK_BYTES = 65_536;

const FORMATS: Readonly<Record<string, readonly [Operator<Uint8Array, unknown>, string, string]>> =
  {
    lines: [lines(), "a line that is long enough to be a part of its chunk\n", ""],
    "numbered lines": [lines({ numbered: true }), "a line of some length, with a number\n", ""],
    csv: [csv(), "a field of some length,other,fields,here\n", ""],
    "csv with quotes": [csv(), '"a field of some length",other,"two\nlines"\n', ""],
    ndjson: [ndjson(), '{"a":"a text of some length","b":1}\n', ""],
    jsonArray: [jsonArray(), '{"a":"a text of some length","b":1},', "["],
    sse: [sse(), "data: some data of an event\n\n", ""],
  };

const { gc } = globalThis as unknown as { gc: () => void };

for (const [name, format] of Object.entries(FORMATS)) {
  await turn();
  gc();
  console.log(JSON.stringify({ name, ...await measure(...format) }));
}

async function measure(operator: Operator<Uint8Array, unknown>, record: string, start: string) {
  const perChunk = Math.ceil(CHUNK_BYTES / record.length);
  const chunks = function* () {
    if (start !== "") yield new TextEncoder().encode(start);
    for (let count = 0; count < CHUNKS; count++) {
      yield new TextEncoder().encode(record.repeat(perChunk));
    }
  };
  const before = Deno.memoryUsage().heapUsed;
  const kept: unknown[] = [];
  let count = 0;
  const pipeline = StreamingPipeline.start<Uint8Array>()
    .use("record", operator)
    .take("all", CHUNKS * perChunk - 1);
  await pipeline.executeForEach(chunks(), (item) => {
    if (count++ % perChunk === 0) kept.push(item);
  });
  gc();
  return { megabytes: (Deno.memoryUsage().heapUsed - before) / 1e6, kept: kept.length };
}
