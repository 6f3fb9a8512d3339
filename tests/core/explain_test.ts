import { assertEquals, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { explain, StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { test } from "../harness.ts";

test("explain() says which stages share a loop, and what goes at its own pace", () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("a", (item) => item).take("b", 3)
    .buffer("c", 5)
    .add("d", async function* ({ input }) {
      yield* input;
    })
    .map("e", (item) => item, { concurrencyLimit: 7, ordered: false, highWaterMark: 0 })
    .checkpoint("f").batch("g", 2).flatten("h")
    .map("i", (items) => items, { batch: { size: 3 } });

  assertEquals(pipeline.explain().text.split("\n"), [
    "source → a (map) → b (take)",
    "c (buffer; 5 at a time, in order, 5 ahead)",
    "d (add)",
    "e (map; 7 at a time, as they finish, 0 ahead)",
    "f (checkpoint) → g (batch) → h (flatten)",
    "i (map in batches of 3; 3 at a time, in order, 3 ahead)",
  ]);
  assertEquals(pipeline.explain().loops.map(({ reads }) => reads), [
    "source",
    "c",
    "d",
    "e",
    "f",
    "i",
  ]);
});

test("explain() is the same for both faces, and refuses what is no pipeline", () => {
  const core = CorePipeline.start<number>().map("a", (item) => item);

  assertEquals(explain(core), StreamingPipeline.start<number>().compose(core).explain());
  assertEquals(explain(CorePipeline.start()).text, "source");
  assertThrows(() => explain({} as never), TypeError, "Cannot explain: pipeline must be");
});
