// Shows a few runs on a dashboard, for a look at it: `deno task demo`.

import { dashboard } from "@headrace/observe/dashboard";
import { type RunObserver, StreamingPipeline } from "@headrace/pipeline";

/** Fetches pages that are slow and sometimes fail, and stores them in batches. */
export async function ingest(observer: RunObserver, pages: number, sleepMs: number): Promise<void> {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const pipeline = StreamingPipeline.start<number>()
    .filter("new", (page) => page % 10 !== 0)
    .map("fetch", async (page) => {
      await sleep(sleepMs * (1 + page % 3));
      if (page % 17 === 0) throw Object.assign(new Error("secret"), { code: "HTTP_503" });
      if (page % 23 === 0) throw new TypeError("secret");
      return `page ${page}`;
    }, {
      concurrencyLimit: 16,
      errorStrategy: "SKIP_FAILED",
      retry: { maxAttempts: 2, backoffMs: 5 },
    })
    .flatMap("chunks", (page) => [page, page, page])
    .map("clean", (chunk) => chunk.trim())
    .batch("batches", 20)
    .map("embed", async (batch) => {
      await sleep(sleepMs * 4);
      return batch;
    }, { concurrencyLimit: 2 })
    .map("store", async (batch) => {
      await sleep(sleepMs);
      return batch.length;
    });
  await pipeline.executeForEach(Array.from({ length: pages }, (_, page) => page), () => {}, {
    observer,
  });
}

if (import.meta.main) {
  const board = dashboard();
  const { url } = await board.serve({ port: Number(Deno.args[0] ?? 0) });
  console.log(url);
  await Promise.all([
    ingest(board.observe("ingest /docs"), 60_000, 20),
    ingest(board.observe("nightly"), 20_000, 60),
    ingest(board.observe("a short one"), 100, 10),
  ]);
}
