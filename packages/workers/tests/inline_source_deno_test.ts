// What a worker runs that a pool starts by itself is a text that a bundler has written.

import { assert } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { bundleInline, readInline } from "./support/inline.ts";

test("the text that a worker runs is made of its modules", async () => {
  const isFresh = await readInline() === await bundleInline();

  assert(isFresh, "src/_inline_source.ts is stale: run deno task inline in packages/workers");
});
