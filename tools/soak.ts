// `deno task soak [-- --items N --aborts N]`: many items through a pipeline of each family, and many
// runs that are given up, while the live heap is sampled. Fails where it grows.

import { readFlags } from "./flags.ts";
import { describeHeap, runSoak } from "./soak_run.ts";

const { items, aborts } = readFlags(Deno.args, { items: 10_000_000, aborts: 100_000 });
for (const part of await runSoak({ items, aborts })) {
  const flat = part.isFlat ? "flat" : "GROWS";
  console.log(
    `${part.name.padEnd(16)} ${String(part.count).padStart(9)}  ${describeHeap(part)} ${flat}`,
  );
  if (!part.isFlat) Deno.exitCode = 1;
}
