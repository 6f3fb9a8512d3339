// What becomes of the two ends of a transform: both are handed over, whatever happens to either.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { settle } from "../../src/testing/turns.ts";

const start = () => StreamingPipeline.start<number>();

/** The two ends of a transform, which have nothing to do with each other. */
function createEnds(readable: UnderlyingDefaultSource<number> = {}) {
  const log: string[] = [];
  const pair = {
    readable: new ReadableStream<number>({
      ...readable,
      cancel: (reason) => void log.push(`cancel ${reason}`),
    }, { highWaterMark: 0 }),
    writable: new WritableStream<number>({
      close: () => void log.push("close"),
      abort: (reason) => void log.push(`abort ${reason}`),
    }),
  };
  return { pair, log };
}

for (const end of ["readable", "writable"] as const) {
  test(`[L4] through() closes the other end of a transform whose ${end} is in use elsewhere`, async () => {
    const { pair, log } = createEnds();
    if (end === "readable") pair.readable.getReader();
    else pair.writable.getWriter();

    const error = await assertRejects(
      () => start().through("stage", () => pair).executeToArray([1]),
      StreamingError,
    );
    await settle();

    const closed = end === "readable" ? "abort" : "cancel";
    assertEquals(log, [`${closed} ${error.cause}`]);
  });
}

test("[L4] through() releases a writable that is not notified of the readable's end", async () => {
  const { pair, log } = createEnds({ pull: (controller) => controller.close() });

  assertEquals(await start().through("stage", () => pair).executeToArray([1, 2]), []);
  await settle();

  assertEquals(log, ["abort AbortError: No more items are wanted"]);
});

test("[L4] through() releases a writable that is not notified of the readable's failure", async () => {
  const failure = new Error("the readable fails");
  const { pair, log } = createEnds({ pull: () => Promise.reject(failure) });

  await assertRejects(() => start().through("stage", () => pair).executeToArray([1]));
  await settle();

  assertEquals(log, [`abort ${failure}`]);
});

test("[L4] through() aborts its writable where its readable cannot be cancelled", async () => {
  const failure = new Error("it cannot be cancelled");
  const log: string[] = [];
  const pair = {
    readable: new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel: () => Promise.reject(failure),
    }, { highWaterMark: 0 }),
    writable: new WritableStream<number>({ abort: () => void log.push("abort") }),
  };
  const items = start().through("stage", () => pair).execute([1]);
  await items.next();

  await assertRejects(() => items.return(), StreamingError);

  assertEquals([log, pair.readable.locked, pair.writable.locked], [["abort"], false, false]);
});

test("[L15] through() closes both ends with the reason of the abort", async () => {
  const { pair, log } = createEnds({ pull: (controller) => controller.enqueue(1) });
  const run = start().through("stage", () => pair).run([1]);
  await run[Symbol.asyncIterator]().next();

  await run.abort(new Error("enough"));

  assertEquals(log, ["cancel Error: enough", "abort Error: enough"]);
});
