// `deno task fuzz -- --cases N --runtime deno|node|bun|workerd [--seed S] [--from I]`: random programs
// on a runtime, in a process of their own. Stops at the first that is not as it must be, and prints
// its seed and the smallest program that shows it.

import { bundle } from "./bundle.ts";
import { type FuzzOutcome, runFuzz } from "./fuzz_run.ts";
import { readFlags } from "./flags.ts";
import { DENO, type Runtime, RUNTIMES } from "./runtimes.ts";

const NAMES: Readonly<Record<string, string>> = { node: "node 24", node20: "node 20" };

const flags = readFlags(Deno.args, {
  cases: 1_000,
  from: 0,
  seed: Math.floor(Math.random() * 2 ** 31),
  runtime: "deno",
});
const runtime = findRuntime(flags.runtime);
const folder = await bundle("fuzz", [], "tests/random/fuzz_main.ts");
print(await runFuzz(runtime, folder, flags));

function findRuntime(given: string): Runtime {
  const name = NAMES[given] ?? given;
  const found = [DENO, ...RUNTIMES].find((runtime) => runtime.name === name);
  if (found === undefined) throw new Error(`There is no runtime "${given}"`);
  return found;
}

function print({ report, failure, seconds }: FuzzOutcome): void {
  const { seed } = flags;
  console.log(`${runtime.name}: ${report.cases} cases in ${Math.round(seconds)} s, seed ${seed}`);
  const families = Object.entries(report.families).map(([name, count]) => `${name} ${count}`);
  const operators = Object.keys(report.operators).length;
  console.log(`  ${families.join(", ")}; ${operators} operators`);
  if (failure === undefined) {
    return console.log("  0 wrong results, 0 hangs, 0 unhandled rejections");
  }
  const { index, family, message, program } = failure;
  const again = `--runtime ${flags.runtime} --seed ${seed} --from ${index} --cases 1`;
  console.log(`FAILED in case ${index} (${family}): deno task fuzz -- ${again}`);
  console.log(message);
  console.log(JSON.stringify({ family, program }));
  Deno.exitCode = 1;
}
