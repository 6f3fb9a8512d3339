// A record that is kept keeps its own characters, and not the chunk that it came in.

import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";

/** The chunks have 52 MB together. */
const MOST_MEGABYTES = 10;

test("records that are kept hold no chunks", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--v8-flags=--expose-gc", "tests/support/keep_few.ts"],
    cwd: decodeURIComponent(new URL("../", import.meta.url).pathname),
  }).output();
  const results = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line) as { name: string; kept: number; megabytes: number });

  assertEquals(results.length, 7);
  assertEquals(
    results.filter(({ kept, megabytes }) => kept < 700 || megabytes > MOST_MEGABYTES),
    [],
  );
}, { hangAfterMs: 120_000 });
