/**
 * Measures how much memory each form of a workload takes, one process each, and prints the tables;
 * with `--write` they and the chart go into the documentation.
 *
 * As `bench/run.ts`, it runs under the configuration of `tools/`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { findBun, findNode24 } from "../../tools/binaries.ts";
import { toCount, toNames } from "../lib/args.ts";
import { DOCS, type Page, requireWhole, writeFigures, writeFormatted } from "../lib/document.ts";
import { describeMachine } from "../lib/machine.ts";
import { runMain } from "../lib/main.ts";
import { renderChart } from "./chart.ts";
import { type ChildJob, EMPTY } from "./child.ts";
import { judge, toGrowths } from "./growth.ts";
import { findSmallestHeap, type SmallestHeap } from "./smallest_heap.ts";
import { DENO, type Measured, measureInProcess, prepare, type Runtime } from "./start.ts";
import { renderOverview } from "./overview.ts";
import { renderTables } from "./table.ts";
import type { Cell, Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const HELP = `deno task bench:memory [options]

  --workload <id>[,<id>]    workloads to measure; all by default
  --runtime <name>[,<name>] deno, node, bun; all by default
  --form <id>[,<id>]        forms to measure; all by default
  --items <n>[,<n>]         sizes; each workload has its own
  --samples <n>             processes per figure, which is their median; 3 by default
  --no-limits               leaves out the search for the smallest heap
  --json <file>             writes what each process found
  --write                   writes tables and chart into docs/, of whole workloads only
  --docs <folder>           writes into copies of the pages there, of a part too`;

const RUNTIMES: readonly Runtime[] = [
  DENO,
  {
    name: "node",
    command: async (flags) => [await findNode24(), ...flags],
    toArguments: (flags) => [...flags],
  },
  { name: "bun", command: async () => [await findBun()] },
];

interface Options {
  readonly workloads: readonly Workload[];
  readonly runtimes: readonly Runtime[];
  readonly forms: readonly string[];
  readonly sizes?: readonly number[];
  readonly samples: number;
  readonly limits: boolean;
  readonly json?: string;
  readonly write: boolean;
  readonly docs: string;
}

function readOptions(args: string[]): Options | undefined {
  const many = { type: "string", multiple: true, default: [] as string[] } as const;
  const { values } = parseArgs({
    args,
    options: {
      workload: many,
      runtime: many,
      form: many,
      items: many,
      samples: { type: "string", default: "3" },
      "no-limits": { type: "boolean", default: false },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      docs: { type: "string", default: DOCS },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const isPart = values["no-limits"] ||
    [values.runtime, values.form, values.items].some((flags) => flags.length > 0);
  if (values.write) {
    requireWhole(isPart, values.docs, "--runtime, --form, --items and --no-limits");
  }
  const formIds = WORKLOADS.flatMap(({ forms }) => forms.map(({ id }) => id));
  const workloads = toNames("workload", values.workload, WORKLOADS.map(({ id }) => id));
  const runtimes = toNames("runtime", values.runtime, RUNTIMES.map(({ name }) => name));
  const sizes = values.items.flatMap((texts) => texts.split(","))
    .map((text) => toCount("items", text));
  return {
    workloads: WORKLOADS.filter(({ id }) => workloads.includes(id)),
    runtimes: RUNTIMES.filter(({ name }) => runtimes.includes(name)),
    forms: toNames("form", values.form, [...new Set(formIds)]),
    sizes: sizes.length > 0 ? sizes.toSorted((left, right) => left - right) : undefined,
    samples: toCount("samples", values.samples),
    limits: !values["no-limits"],
    json: values.json,
    write: values.write,
    docs: values.docs,
  };
}

/** Forms and sizes that are asked for. */
function cellsOf({ forms, sizes }: Workload, options: Options): Cell[] {
  return sizes.flatMap((items) =>
    forms.filter(({ id }) => options.forms.includes(id)).map(({ id }) => ({ form: id, items }))
  );
}

/** A workload with a configuration of its own is not bundled, and runs on Deno alone. */
function runtimesOf({ config }: Workload, { runtimes }: Options): readonly Runtime[] {
  return config === undefined ? runtimes : [DENO];
}

/** Runs all processes of a workload, one after the other. */
async function measureWorkload(
  workload: Workload,
  module: string,
  options: Options,
): Promise<Measured[]> {
  const cells = [{ form: EMPTY, items: 0 }, ...cellsOf(workload, options)];
  const jobs: ChildJob[] = cells.flatMap((cell) =>
    [false, true].flatMap((collect) => Array(options.samples).fill({ ...cell, collect }))
  );
  const measured: Measured[] = [];
  for (const runtime of runtimesOf(workload, options)) {
    for (const job of jobs) {
      tell(workload, runtime, job, job.collect ? "alive" : "as it is");
      measured.push(await measureInProcess(workload, runtime, module, job));
    }
  }
  return measured;
}

async function findHeaps(
  workload: Workload,
  module: string,
  options: Options,
): Promise<SmallestHeap[]> {
  const heaps: SmallestHeap[] = [];
  for (const runtime of runtimesOf(workload, options)) {
    if (runtime.toArguments === undefined) continue;
    for (const cell of cellsOf(workload, options)) {
      tell(workload, runtime, cell, "smallest heap");
      heaps.push(await findSmallestHeap(workload, runtime, module, cell));
    }
  }
  return heaps;
}

function tell({ id }: Workload, { name }: Runtime, { form, items }: Cell, what: string): void {
  console.error(`  ${name}  ${id}: ${form}, ${items} items, ${what}`);
}

function versionsOf(measured: readonly Measured[]): Record<string, string> {
  return Object.fromEntries(
    measured.flatMap(({ runtime, result }) => result ? [[runtime, result.version]] : []),
  );
}

async function main(): Promise<readonly string[]> {
  const options = readOptions(Deno.args);
  if (options === undefined) {
    console.log(HELP);
    return [];
  }
  const machine = await describeMachine();
  const all: Measured[] = [];
  const heaps: SmallestHeap[] = [];
  for (const whole of options.workloads) {
    const workload = { ...whole, sizes: options.sizes ?? whole.sizes };
    const module = await prepare(workload);
    const measured = await measureWorkload(workload, module, options);
    all.push(...measured);
    const growths = toGrowths(measured);
    const searches = options.limits && workload.limits !== false;
    const found = searches ? await findHeaps(workload, module, options) : [];
    heaps.push(...found);
    const overview = renderOverview(workload, growths, judge(workload, growths));
    const versions = versionsOf(measured);
    const tables = renderTables(workload, { growths, heaps: found, versions });
    console.log(`${tables}\n\n${overview}\n`);
    if (options.write) {
      const name = `memory: ${workload.id}`;
      const write = (page: Page, text: string): Promise<void> =>
        writeFigures(options.docs, page, name, `${machine}\n\n${text}`);
      await write("benchmarks.md", overview);
      await write("benchmarks_tables.md", tables);
      if (workload.chart !== undefined) {
        const chart = renderChart(workload, growths, DENO.name);
        await writeFormatted(`${options.docs}/${workload.chart}`, chart);
      }
    }
  }
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify({ measured: all, heaps }, null, 2));
  }
  return all.filter(({ failure }) => failure !== undefined)
    .map(({ runtime, form, items, failure }) => `${runtime}, ${form}, ${items} items: ${failure}`);
}

await runMain(main);
