// `deno task reliability [-- --share 1 --seed S]`: the long runs, of which `share` is done, and the
// page with their figures, docs/reliability.md.

import { bundle } from "./bundle.ts";
import { readFlags } from "./flags.ts";
import { type FuzzOutcome, runFuzz } from "./fuzz_run.ts";
import { isWhole, runKills } from "./kills_run.ts";
import { ROOT, runDeno } from "./process.ts";
import { describeReliability } from "./reliability_page.ts";
import { DENO, type Runtime, RUNTIMES } from "./runtimes.ts";
import { runTracedPrograms } from "./traced_run.ts";
import { runSoak } from "./soak_run.ts";

/** How many random programs run where. */
const CASES: Readonly<Record<string, number>> = {
  "deno": 100_000,
  "node 24": 30_000,
  "bun": 30_000,
  "workerd": 2_000,
};
/** How many pipelines whose source items are acknowledged. */
const TRACED = 100_000;
const ITEMS = 10_000_000;
const ABORTS = 100_000;
const KILLS = 100;

const { share, seed } = readFlags(Deno.args, {
  share: 1,
  seed: Math.floor(Math.random() * 2 ** 31),
});
const started = performance.now();
const folder = await bundle("fuzz", [], "tests/random/fuzz_main.ts");

const fuzzed: { readonly runtime: Runtime; readonly outcome: FuzzOutcome }[] = [];
for (const [name, most] of Object.entries(CASES)) {
  const runtime = [DENO, ...RUNTIMES].find((each) => each.name === name)!;
  const cases = Math.round(most * share);
  console.log(`${runtime.name}: ${cases} random programs`);
  const outcome = await runFuzz(runtime, folder, { seed, from: 0, cases }, (done) => {
    console.log(`  ${done}`);
  });
  fuzzed.push({ runtime, outcome });
  const { failure } = outcome;
  if (failure === undefined) continue;
  Deno.exitCode = 1;
  console.log(`FAILED in case ${failure.index}, seed ${seed}: ${failure.message}`);
  console.log(JSON.stringify({ family: failure.family, program: failure.program }));
}

console.log("acknowledgements");
const traced = await runTracedPrograms(seed, Math.round(TRACED * share));
if (traced.wrong > 0) Deno.exitCode = 1;

console.log("soak");
const soaked = await runSoak({
  items: Math.round(ITEMS * share),
  aborts: Math.round(ABORTS * share),
});
if (soaked.some(({ isFlat }) => !isFlat)) Deno.exitCode = 1;

console.log("kills");
const killed = await runKills({ kills: Math.ceil(KILLS * share), seed }, ({ name }) => {
  console.log(`  ${name}`);
});
if (!killed.every(isWhole)) Deno.exitCode = 1;

const page = describeReliability({
  date: new Date().toISOString().slice(0, 10),
  seed,
  share,
  seconds: (performance.now() - started) / 1_000,
  runs: fuzzed.map(({ runtime, outcome }) => ({ name: runtime.name, ...outcome })),
  soaked,
  traced,
  killed,
});
const file = `${ROOT}docs/reliability.md`;
await Deno.writeTextFile(file, page);
await runDeno(["fmt", "--quiet", file]);
