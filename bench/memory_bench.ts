/**
 * The memory workload as time under `deno bench`, after a list of its peaks: what the root's
 * `deno bench` shows. Each peak is that of a process of its own; other sizes, workloads and runtimes
 * come from `memory/run.ts`.
 *
 * @module
 */

import { EMPTY } from "./memory/child.ts";
import { toGrowths } from "./memory/growth.ts";
import { forms as functions } from "./memory/lines.ts";
import { MemoryProbe } from "./memory/probe.ts";
import { DENO, measureInProcess, prepare } from "./memory/start.ts";
import { toMegabytes } from "./memory/table.ts";
import { WORKLOADS } from "./memory/workloads.ts";

const SIZES = [10_000, 100_000];

const lines = WORKLOADS.find(({ id }) => id === "lines")!;
const module = await prepare(lines);

const cells = SIZES.flatMap((items) => lines.forms.map(({ id }) => ({ form: id, items })));
const measured = [];
for (const cell of [{ form: EMPTY, items: 0 }, ...cells]) {
  for (const collect of [false, true]) {
    const each = await measureInProcess(lines, DENO, module, { ...cell, collect });
    if (each.failure !== undefined) throw new Error(`Cannot bench ${cell.form}: ${each.failure}`);
    measured.push(each);
  }
}

console.log("Peaks in MB above a process that does nothing: the heap, and what is alive of it");
console.log(
  `  ${"form".padEnd(10)} ${"items".padStart(7)} ${"heap".padStart(6)} ${"live".padStart(6)}`,
);
for (const { form, items, heapMb, liveMb } of toGrowths(measured)) {
  const figures = [heapMb, liveMb].map((peak) => toMegabytes(peak).padStart(6)).join(" ");
  console.log(`  ${form.padEnd(10)} ${items.toLocaleString("en").padStart(7)} ${figures}`);
}

for (const items of SIZES) {
  for (const { id, name } of lines.forms) {
    Deno.bench({
      name,
      group: `${items} ${lines.title}`,
      baseline: id === "batch",
      n: 10,
      warmup: 2,
      fn: async () => {
        // It never looks, so that nothing but the work is timed.
        const probe = new MemoryProbe({ every: Infinity, collect: () => {} });
        await functions[id]!(items, probe);
      },
    });
  }
}
