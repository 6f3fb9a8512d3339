/**
 * Simulates a provider that is slow, limited and down for a while, with each library, and prints
 * the results; with `--write` the tables go into `docs/policies.md`.
 *
 * No real time passes: the figures are the same on every machine. As `bench/run.ts`, it runs under
 * the configuration of `tools/`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ROOT, runDeno, succeed } from "../../tools/process.ts";
import { toCount } from "../lib/args.ts";
import { bundle } from "../lib/bundle.ts";
import { replaceMarked, writeFormatted } from "../lib/document.ts";
import type { Figures } from "./provider.ts";
import type { Simulation } from "./simulate.ts";

const HELP = `deno task bench:policies [options]

  --items <n>   items; 10,000 by default
  --calls <n>   the most calls at a time; 16 and 64 by default
  --json        prints the result of each simulation
  --write       writes the tables into docs/policies.md, of the whole only`;

const CLIENTS = ["no policy", "p-retry and p-throttle", "Bottleneck", "cockatiel", "Headrace"];
const ITEMS = 10_000;
/** What suits the provider, and what is too much for it. */
const CALLS = [16, 64];
const PAGE = `${ROOT}docs/policies.md`;

const COLUMNS: Readonly<Record<string, (figures: Figures) => string>> = {
  "items/s": ({ done, durationMs }) => (done * 1_000 / durationMs).toFixed(2),
  "refused (429)": ({ refusedCalls }) => count(refusedCalls),
  "while down (503)": ({ unavailableCalls }) => count(unavailableCalls),
  "not waited for": ({ timedOutCalls }) => count(timedOutCalls),
  "tokens paid twice": ({ paidTwice }) => `${(paidTwice * 100).toFixed(1)} %`,
  "longest stall": ({ longestStallMs }) => `${(longestStallMs / 1_000).toFixed(1)} s`,
};

function count(number: number): string {
  return number.toLocaleString("en");
}

async function simulateApart(module: string, simulation: Simulation): Promise<Figures> {
  console.error(`  ${simulation.client}, ${simulation.maxCalls} calls at a time`);
  const args = ["run", "-A", "--no-config", module, JSON.stringify(simulation)];
  const { stdout } = await succeed(`Cannot simulate ${simulation.client}`, runDeno(args));
  return JSON.parse(stdout);
}

function toTable(
  maxCalls: number,
  items: number,
  rows: readonly (readonly [string, Figures])[],
): string {
  const columns = { ...COLUMNS, "items lost": ({ done }: Figures) => count(items - done) };
  const head = [`${maxCalls} calls at a time`, ...Object.keys(columns)];
  const lines = [
    head,
    head.map((_, at) => at === 0 ? "---" : "---:"),
    ...rows.map(([client, figures]) => [
      client,
      ...Object.values(columns).map((show) => show(figures)),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      items: { type: "string" },
      calls: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.write && (values.items !== undefined || values.calls !== undefined)) {
    throw new RangeError("Cannot --write a part: leave out --items and --calls");
  }
  const items = values.items === undefined ? ITEMS : toCount("items", values.items);
  const calls = values.calls?.map((text) => toCount("calls", text)) ?? CALLS;
  const module = await bundle("policies", `import "../../bench/policies/child.ts";\n`);
  const tables: string[] = [];
  for (const maxCalls of calls) {
    const rows: [string, Figures][] = [];
    for (const client of CLIENTS) {
      rows.push([client, await simulateApart(module, { client, items, maxCalls })]);
    }
    if (values.json) console.log(JSON.stringify({ maxCalls, items, rows }));
    tables.push(toTable(maxCalls, items, rows));
  }
  const text = tables.join("\n\n");
  if (!values.json) console.log(text);
  if (values.write) {
    await writeFormatted(PAGE, replaceMarked(await Deno.readTextFile(PAGE), "simulation", text));
  }
}

await main();
