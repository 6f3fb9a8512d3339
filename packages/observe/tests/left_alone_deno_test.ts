// What is observed keeps a process alive, and not what observes it.

import { assertMatch } from "@std/assert";
import { test } from "../../../tests/harness.ts";

test("no timer and no server of the package keeps a process alive", async () => {
  const program = decodeURIComponent(new URL("./support/left_alone.ts", import.meta.url).pathname);
  const args = ["run", "--quiet", "--no-check", "-A", program];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();

  assertMatch(new TextDecoder().decode(stdout), /^http:/);
});
