/** Whole processes that import the library, a peer, or nothing. @module */

import { isFor, prepareImports, timeProcess } from "./lib/import_cost.ts";

const programs = await prepareImports();

for (const [name, path] of Object.entries(programs)) {
  if (!isFor("deno", name)) continue;
  Deno.bench({
    name,
    group: "import, a whole process",
    baseline: name === "nothing",
    n: 20,
    warmup: 2,
    fn: async () => {
      await timeProcess([Deno.execPath(), "run", "-A", "--no-config", path]);
    },
  });
}
