// L4: closing a run again waits for the first closing, and only that one rejects if it fails.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { settle } from "../../src/testing/turns.ts";

const pipeline = StreamingPipeline.start<number>().map("same", (item) => item);

/** An iterator over endless numbers, whose clean-up takes some turns and says when it is done. */
function createSlow(log: string[], fails = false) {
  return pipeline.execute(async function* () {
    try {
      for (let item = 0;; item++) yield item;
    } finally {
      await settle();
      log.push("cleaned");
      // deno-lint-ignore no-unsafe-finally
      if (fails) throw new Error("the clean-up has failed");
    }
  }());
}

test("[L4] a loop that is left after return() was called waits for the clean-up", async () => {
  const log: string[] = [];
  const items = createSlow(log);

  for await (const _ of items) {
    items.return();
    break;
  }
  log.push("left");

  assertEquals(log, ["cleaned", "left"]);
});

test("[L4] a loop that goes on after return() was called ends after the clean-up", async () => {
  const log: string[] = [];
  const items = createSlow(log);

  for await (const _ of items) items.return();
  log.push("left");

  assertEquals(log, ["cleaned", "left"]);
});

test("[L4] throw() after return() waits for the clean-up", async () => {
  const log: string[] = [];
  const items = createSlow(log);
  await items.next();

  const closing = items.return();
  await assertRejects(() => items.throw(new Error("thrown")), Error, "thrown");

  assertEquals(log, ["cleaned"]);
  await closing;
});

test("[L4] a clean-up that fails rejects the first return() alone", async () => {
  const log: string[] = [];
  const items = createSlow(log, true);
  await items.next();

  const first = assertRejects(() => items.return(), StreamingError, `"source"`);

  assertEquals(await items.return(), { done: true, value: undefined });
  assertEquals(await items.next(), { done: true, value: undefined });
  assertEquals(log, ["cleaned"]);
  await first;
});
