// A consumer without an end, which a signal drains; with "stuck", one that a second signal aborts.

import { stopOn } from "@headrace/http/node";
import { StreamingPipeline } from "@headrace/pipeline";
import { argv } from "node:process";

const seen = { read: 0, stored: 0, closed: 0 };

async function* messages(): AsyncGenerator<number> {
  let id = 0;
  try {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield id++;
    }
  } finally {
    seen.closed++;
  }
}

const isStuck = argv[2] === "stuck";
const stopping = stopOn();
const { stop, signal } = stopping;
const pipeline = StreamingPipeline.start<number>()
  .map("work", (id, _index, { signal }) => {
    seen.read++;
    if (id === 20) console.log("READY");
    if (!isStuck || id !== 20) return id;
    return new Promise<number>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }, { parallel: true, concurrencyLimit: 4 })
  .batch("rows", 7);
let ending = "ended";
try {
  await pipeline.executeForEach(messages(), (rows) => {
    seen.stored += rows.length;
  }, { stop, signal, closeTimeoutMs: isStuck ? 60_000 : 5_000 });
} catch (error) {
  ending = (error as Error).message;
} finally {
  stopping.close();
}
// A source that owes an item is closed with it.
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`RESULT ${JSON.stringify({ ending, ...seen })}`);
