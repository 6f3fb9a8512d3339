/**
 * What it costs to import: whole processes, one after the other, each beside one that imports
 * nothing.
 *
 * @module
 */

import { bundleProgram, PROGRAMS } from "../../tools/programs.ts";
import { ROOT, run, succeed } from "../../tools/process.ts";
import { makeTarballs } from "../../tools/tarballs.ts";
import { BUILD_FOLDER } from "./bundle.ts";
import { PEERS } from "./bundle_size.ts";
import { summarize, type Summary } from "./summary.ts";
import { judgeTarget, type TargetResult } from "./verdict.ts";

/** In ms above the process of the same round that imports nothing. */
export interface ImportCost extends Summary {
  readonly name: string;
}

export interface ImportResult {
  readonly runtime: string;
  readonly costs: readonly ImportCost[];
  readonly targets: readonly TargetResult[];
}

/** The path of a module, by what it imports. */
export type ImportPrograms = Readonly<Record<string, string>>;

const NOTHING = "nothing";
const CORE = "Headrace core, bundled";
const RXJS = "RxJS, bundled";
const SOURCE = "Headrace mod.ts, from source";

const OURS = "@headrace/pipeline";
/** What is imported of a folder that npm has installed, by name. */
const INSTALLED: Readonly<Record<string, string>> = {
  "Headrace, as npm installs it": OURS,
  "RxJS, as npm installs it": "rxjs",
  "effect, as npm installs it": "effect",
};

const TARGETS = {
  core: { text: `${CORE} ≤ 0 ms above ${RXJS}`, atMost: 0 },
  source: { text: `${SOURCE} ≤ 12 ms`, atMost: 12, runtimes: ["deno"] },
};

/** Whether a program is for a runtime: Deno runs the source, and npm installs for the others. */
export function isFor(runtime: string, name: string): boolean {
  if (name === SOURCE) return runtime === "deno";
  return !(name in INSTALLED) || runtime !== "deno";
}

/** Writes the modules. */
export async function prepareImports(): Promise<ImportPrograms> {
  await Deno.mkdir(BUILD_FOLDER, { recursive: true });
  const codes = {
    [NOTHING]: "",
    [CORE]: await bundleProgram(PROGRAMS["the core"].code),
    [RXJS]: await bundleProgram(PEERS.RxJS!, "bench/deno.json"),
  };
  const paths: [string, string][] = [];
  for (const [index, [name, code]] of Object.entries(codes).entries()) {
    const path = `${BUILD_FOLDER}import_${index}.mjs`;
    await Deno.writeTextFile(path, code);
    paths.push([name, path]);
  }
  return { ...Object.fromEntries(paths), ...await install(), [SOURCE]: `${ROOT}mod.ts` };
}

/** Has npm install the tarball of the library and the peers beside it. */
async function install(): Promise<ImportPrograms> {
  const folder = `${BUILD_FOLDER}installed/`;
  await Deno.mkdir(folder, { recursive: true });
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}bench/deno.json`));
  const tarball = (await makeTarballs()).get(OURS)!;
  const packages = Object.values(INSTALLED).map((name) =>
    name === OURS ? tarball : imports[name].replace("npm:", "")
  );
  await Deno.writeTextFile(`${folder}package.json`, `{ "private": true, "type": "module" }\n`);
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts"];
  const installing = run("npm", ["install", ...flags, ...packages], { cwd: folder });
  await succeed("Cannot install packages", installing);
  const paths = Object.entries(INSTALLED).map(async ([name, specifier], index) => {
    const path = `${folder}import_${index}.mjs`;
    await Deno.writeTextFile(path, `import "${specifier}";\n`);
    return [name, path] as const;
  });
  return Object.fromEntries(await Promise.all(paths));
}

/** Runs one process to its end. Returns how long it took, in ms. */
export async function timeProcess([command = "", ...args]: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  });
  const { code } = await child.output();
  if (code !== 0) throw new Error(`Cannot time ${command}: it ended with code ${code}`);
  return performance.now() - start;
}

/** Times all programs in each round, every other round in reverse order. */
export async function measureImports(
  runtime: string,
  command: readonly string[],
  programs: ImportPrograms,
  rounds: number,
): Promise<ImportResult> {
  const names = Object.keys(programs).filter((name) => isFor(runtime, name));
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  // The first round fills the caches of the runtime and of the system.
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const elapsedMs = await timeProcess([...command, programs[name]!]);
      if (round > 0) times[name]!.push(elapsedMs);
    }
  }
  return toResult(runtime, times);
}

/** Puts the times of the same round together. */
export function toResult(
  runtime: string,
  times: Readonly<Record<string, readonly number[]>>,
): ImportResult {
  const above = (name: string, other: string): Summary =>
    summarize((times[name] ?? []).map((ms, round) => ms - (times[other]?.[round] ?? NaN)));
  const costs = Object.keys(times).filter((name) => name !== NOTHING)
    .map((name) => ({ name, ...above(name, NOTHING) }));
  return {
    runtime,
    costs,
    targets: [
      judgeTarget(TARGETS.core, above(CORE, RXJS).median, runtime),
      judgeTarget(TARGETS.source, above(SOURCE, NOTHING).median, runtime),
    ],
  };
}
