// Not part of the suite: a test that no timer of its own process can end. The self-check of the
// harness runs it on each runtime: the watchdog must end the process, and name the test.

import { test } from "../harness.ts";

test("a test that comes back", () => {});

test("a test that loops in microtasks", async () => {
  for (;;) await undefined;
}, { hangAfterMs: 1_000 });
