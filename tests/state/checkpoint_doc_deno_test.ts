// What the documentation of checkpoint() has to say.

import { assert } from "@std/assert";
import { test } from "../harness.ts";

test("the documentation of checkpoint() says that memory grows with the number of items", async () => {
  const url = new URL("../../src/fluent/streaming_pipeline.ts", import.meta.url);
  const [before] = (await Deno.readTextFile(url)).split("  checkpoint<TKey");
  const doc = before!.slice(before!.lastIndexOf("/**")).replaceAll(/\s*\*\s*/g, " ");

  assert(doc.includes("Memory grows with the number of items"), doc);
});
