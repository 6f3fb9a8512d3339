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
import { ROOT } from "../../tools/process.ts";
import { toCount, toNames } from "../lib/args.ts";
import { writeFigures } from "../lib/document.ts";
import { renderChart } from "./chart.ts";
import { type ChildJob, EMPTY } from "./child.ts";
import { judge, toGrowths } from "./growth.ts";
import { DENO, type Measured, measureInProcess, prepare, type Runtime } from "./start.ts";
import { renderTables } from "./table.ts";
import type { Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

const HELP = `deno task bench:memory [options]

  --workload <id>[,<id>]    workloads to measure; all by default
  --runtime <name>[,<name>] deno, node, bun; all by default
  --form <id>[,<id>]        forms to measure; all by default
  --items <n>[,<n>]         sizes; each workload has its own
  --samples <n>             processes per figure, which is their median; 3 by default
  --json <file>             writes what each process found
  --write                   writes tables and chart into docs/, of whole workloads only`;

const RUNTIMES: readonly Runtime[] = [
  DENO,
  {
    name: "node",
    command: async (flags) => [await findNode24(), ...flags],
    v8Flags: (flags) => [...flags],
  },
  { name: "bun", command: async (flags) => [await findBun(), ...flags], v8Flags: () => [] },
];

interface Options {
  readonly workloads: readonly Workload[];
  readonly runtimes: readonly Runtime[];
  readonly forms: readonly string[];
  readonly sizes?: readonly number[];
  readonly samples: number;
  readonly json?: string;
  readonly write: boolean;
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
      json: { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const isPart = [values.runtime, values.form, values.items].some((flags) => flags.length > 0);
  if (values.write && isPart) {
    throw new RangeError("Cannot --write a part: leave out --runtime, --form and --items");
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
    json: values.json,
    write: values.write,
  };
}

/** Runs all processes of a workload, one after the other. */
async function measureWorkload(workload: Workload, options: Options): Promise<Measured[]> {
  const { forms, sizes } = workload;
  const cells = [
    { form: EMPTY, items: 0 },
    ...sizes.flatMap((items) =>
      forms.filter(({ id }) => options.forms.includes(id)).map(({ id }) => ({ form: id, items }))
    ),
  ];
  const jobs: ChildJob[] = cells.flatMap((cell) =>
    [false, true].flatMap((collect) => Array(options.samples).fill({ ...cell, collect }))
  );
  const module = await prepare(workload);
  const measured: Measured[] = [];
  // A workload with a configuration of its own is not bundled, and only Deno reads TypeScript so.
  const runtimes = workload.config === undefined ? options.runtimes : [DENO];
  for (const runtime of runtimes) {
    for (const job of jobs) {
      const { form, items, collect } = job;
      const how = collect ? "alive" : "as it is";
      console.error(`  ${runtime.name}  ${workload.id}: ${form}, ${items} items, ${how}`);
      measured.push(await measureInProcess(workload, runtime, module, job));
    }
  }
  return measured;
}

function versionsOf(measured: readonly Measured[]): Record<string, string> {
  return Object.fromEntries(
    measured.flatMap(({ runtime, result }) =>
      result === undefined ? [] : [[
        runtime,
        result.version,
      ]]
    ),
  );
}

async function main(): Promise<void> {
  const options = readOptions(Deno.args);
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  const all: Measured[] = [];
  for (const whole of options.workloads) {
    const workload = { ...whole, sizes: options.sizes ?? whole.sizes };
    const measured = await measureWorkload(workload, options);
    all.push(...measured);
    const growths = toGrowths(measured);
    const verdicts = judge(workload, growths);
    const tables = renderTables(workload, growths, verdicts, versionsOf(measured));
    console.log(tables);
    if (options.write) {
      await writeFigures(`memory: ${workload.id}`, tables);
      await Deno.writeTextFile(ROOT + workload.chart, renderChart(workload, growths, DENO.name));
    }
  }
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify(all, null, 2));
  }
  const failures = all.filter(({ failure }) => failure !== undefined);
  for (const { runtime, form, items, failure } of failures) {
    console.error(`failed: ${runtime}, ${form}, ${items} items: ${failure}`);
  }
  if (failures.length > 0) Deno.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exitCode = 1;
}
