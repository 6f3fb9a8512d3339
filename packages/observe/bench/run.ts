/**
 * Measures what it costs to observe a run, as ratios to the same run unobserved, and prints the tables;
 * with `--write` they go into `docs/observing.md`.
 *
 * Each measurement is a pair, one run right after the other, in turns; the median of the pairs
 * stands, with its interval.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ROOT } from "../../../tools/process.ts";
import { toCount } from "../../../bench/lib/args.ts";
import { replaceMarked, writeFormatted } from "../../../bench/lib/document.ts";
import { describeMachine } from "../../../bench/lib/machine.ts";
import { type Cost, toTables } from "./cost.ts";
import { openObservers } from "./observers.ts";
import type { RunObserver } from "@headrace/pipeline";
import { createWorkloads, type Workload } from "./workloads.ts";

const HELP = `deno task bench [options]

  --pairs <n>    pairs of each measurement; 31 by default
  --items <n>    items of the cheapest workload; 300,000 by default
  --write        writes the tables into docs/observing.md, of the whole only
  --page <file>  with --write: into this copy of the page instead, also of a part`;

const PAIRS = 31;
const ITEMS = 300_000;
const PAGE = `${ROOT}docs/observing.md`;

async function measure(
  { name, calls, run }: Workload,
  [label, observer]: readonly [string, RunObserver],
  pairs: number,
): Promise<Cost> {
  const time = async (observer: RunObserver | undefined) => {
    const startedAt = performance.now();
    await run(observer);
    return performance.now() - startedAt;
  };
  const ratios: number[] = [];
  const moreNs: number[] = [];
  // The first pair compiles what it calls.
  for (let pair = -1; pair < pairs; pair++) {
    const isFirst = pair % 2 === 0;
    let observedMs = isFirst ? await time(observer) : 0;
    const plainMs = await time(undefined);
    if (!isFirst) observedMs = await time(observer);
    if (pair < 0) continue;
    ratios.push(observedMs / plainMs);
    moreNs.push((observedMs - plainMs) * 1e6 / calls);
  }
  return { observer: label, workload: name, ratios, moreNs };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      pairs: { type: "string" },
      items: { type: "string" },
      write: { type: "boolean", default: false },
      page: { type: "string", default: PAGE },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const pairs = values.pairs === undefined ? PAIRS : toCount("pairs", values.pairs);
  const items = values.items === undefined ? ITEMS : toCount("items", values.items);
  if (values.write && values.page === PAGE && (pairs < PAIRS || items < ITEMS)) {
    throw new RangeError("Cannot --write a part: leave out --pairs and --items, or name a --page");
  }
  const machine = await describeMachine();
  await using observers = await openObservers();
  const costs: Cost[] = [];
  for (const workload of createWorkloads(items)) {
    for (const entry of Object.entries(observers.byName)) {
      console.error(`  ${workload.name}: ${entry[0]}`);
      costs.push(await measure(workload, entry, pairs));
    }
  }
  const tables = toTables(costs);
  console.log(tables);
  if (!values.write) return;
  const text = `${machine} Deno ${Deno.version.deno}; pairs of runs: ${pairs}.\n\n${tables}`;
  const page = await Deno.readTextFile(values.page);
  await writeFormatted(values.page, replaceMarked(page, "cost", text));
}

await main();
