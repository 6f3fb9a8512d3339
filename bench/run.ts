/**
 * Measures the rows on Deno, Bun and Node and prints the ratios.
 *
 * It imports nothing that `bench/deno.json` names: it runs under the configuration of `tools/`,
 * whose lock holds the runtimes.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { findBun, findNode24 } from "../tools/binaries.ts";
import { ROOT, runDeno, succeed } from "../tools/process.ts";
import { toCount, toNames } from "./lib/args.ts";
import { BUILD_FOLDER, bundle } from "./lib/bundle.ts";
import { measureBundleSizes } from "./lib/bundle_size.ts";
import { DOCS, requireWhole, writeFigures } from "./lib/document.ts";
import { type ImportResult, measureImports, prepareImports } from "./lib/import_cost.ts";
import { describeMachine } from "./lib/machine.ts";
import { runMain } from "./lib/main.ts";
import { describeNoise, overviewOf } from "./lib/overview.ts";
import { rawTablesOf } from "./lib/raw_tables.ts";
import { failuresOf, type Report } from "./lib/report.ts";
import { toMarkdown, toText } from "./lib/tables.ts";
import type { TypeCost } from "./lib/type_cost.ts";
import type { Job, RuntimeResult } from "./measure.ts";

const HELP = `deno task bench [options]

  --row <id>[,<id>]         rows to measure; all by default
  --runtime <name>[,<name>] deno, bun, node; all by default
  --samples <n>             timed runs per contender; 9 by default
  --items <n>               items per run; each row has its own default
  --json <file>             writes the results
  --markdown                prints markdown tables
  --write                   writes the tables into the pages of docs/, of a whole run only
  --docs <folder>           writes into copies of the pages there, of a part too`;

const IMPORT = "import";
const BUNDLE_SIZE = "bundle-size";
const TYPES = "types";

/** What is not timed in one process. */
const APART = [IMPORT, BUNDLE_SIZE, TYPES];

/** Processes of each program, per sample. */
const IMPORT_ROUNDS = 8;

/** The command that runs a module on each runtime. */
const RUNTIMES: Record<string, () => Promise<string[]>> = {
  deno: () => Promise.resolve([Deno.execPath(), "run", "-A", "--no-config"]),
  bun: async () => [await findBun()],
  node: async () => [await findNode24()],
};

interface Options {
  readonly rows: readonly string[];
  readonly runtimes: readonly string[];
  readonly samples: number;
  readonly items?: number;
  readonly json?: string;
  readonly markdown: boolean;
  readonly write: boolean;
  readonly docs: string;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      row: { type: "string", multiple: true, default: [] },
      runtime: { type: "string", multiple: true, default: [] },
      samples: { type: "string", default: "9" },
      items: { type: "string" },
      json: { type: "string" },
      markdown: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      docs: { type: "string", default: DOCS },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const isPart = values.row.length > 0 || values.runtime.length > 0 || values.items !== undefined;
  if (values.write) requireWhole(isPart, values.docs, "--row, --runtime and --items");
  return {
    rows: values.row.flatMap((ids) => ids.split(",")),
    runtimes: toNames("runtime", values.runtime, Object.keys(RUNTIMES)),
    samples: toCount("samples", values.samples),
    items: values.items === undefined ? undefined : toCount("items", values.items),
    json: values.json,
    markdown: values.markdown,
    write: values.write,
    docs: values.docs,
  };
}

/** Runs the bundled rows on one runtime; what it is doing goes to the terminal. */
async function measureOn(
  runtime: string,
  module: string,
  options: Options,
): Promise<RuntimeResult> {
  const { rows, samples, items } = options;
  const output = `${BUILD_FOLDER}${runtime}.json`;
  const timed = rows.filter((id) => !APART.includes(id));
  const job: Job = { rows: timed, runtime, samples, items, output };
  const [command = "", ...args] = await RUNTIMES[runtime]!();
  const child = new Deno.Command(command, {
    args: [...args, module, JSON.stringify(job)],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  });
  const { code } = await child.output();
  if (code !== 0) throw new Error(`Cannot measure on ${runtime}: it ended with code ${code}`);
  // JSON writes null for NaN, which stands for a figure that was not measured.
  return JSON.parse(await Deno.readTextFile(output), (_, value) => value ?? NaN);
}

async function measureAllImports({ runtimes, samples }: Options): Promise<ImportResult[]> {
  const programs = await prepareImports();
  const results: ImportResult[] = [];
  for (const runtime of runtimes) {
    console.error(`  ${runtime}  ${IMPORT}`);
    const command = await RUNTIMES[runtime]!();
    results.push(await measureImports(runtime, command, programs, samples * IMPORT_ROUNDS));
  }
  return results;
}

async function measureTypes(): Promise<TypeCost[]> {
  const bench = `${ROOT}bench/`;
  const args = ["run", "-A", "--config", `${bench}deno.json`, `${bench}types.ts`];
  const { stdout } = await succeed("Cannot measure types", runDeno(args));
  return JSON.parse(stdout);
}

async function measure(options: Options): Promise<Report> {
  const { rows, runtimes } = options;
  const wants = (id: string): boolean => rows.length === 0 || rows.includes(id);
  const results: RuntimeResult[] = [];
  if (rows.length === 0 || rows.some((id) => !APART.includes(id))) {
    const module = await bundle("measure", `import "../../bench/measure.ts";\n`);
    for (const runtime of runtimes) results.push(await measureOn(runtime, module, options));
  }
  return {
    runtimes: results,
    imports: wants(IMPORT) ? await measureAllImports(options) : undefined,
    bundleSizes: wants(BUNDLE_SIZE) ? await measureBundleSizes() : undefined,
    typeCosts: wants(TYPES) ? await measureTypes() : undefined,
  };
}

async function writePages(report: Report, machine: string, { docs }: Options): Promise<void> {
  const overview = overviewOf(report).map(toMarkdown);
  const text = [machine, describeNoise(report), ...overview].join("\n\n");
  await writeFigures(docs, "benchmarks.md", "speed", text);
  const tables = [machine, ...rawTablesOf(report).map(toMarkdown)].join("\n\n");
  await writeFigures(docs, "benchmarks_tables.md", "speed", tables);
}

async function main(): Promise<readonly string[]> {
  const options = readOptions(Deno.args);
  if (options === undefined) {
    console.log(HELP);
    return [];
  }
  const machine = await describeMachine();
  const report = await measure(options);
  const tables = [...rawTablesOf(report), ...overviewOf(report)];
  console.log(tables.map(options.markdown ? toMarkdown : toText).join("\n\n"));
  if (options.write) await writePages(report, machine, options);
  if (options.json !== undefined) {
    await Deno.writeTextFile(options.json, JSON.stringify({ machine, ...report }, null, 2));
  }
  return failuresOf(report);
}

await runMain(main);
