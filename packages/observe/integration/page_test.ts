// The page that the package serves is that of its sources.

import { equal } from "node:assert/strict";

Deno.test("the page in the package is made of what is in page/, which type-checks", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "check"],
    cwd: new URL("../page/", import.meta.url),
  });
  const { code, stderr } = await command.output();
  equal(code, 0, new TextDecoder().decode(stderr));
});
