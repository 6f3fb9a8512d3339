// `deno task bench [--mb 200] [--rounds 5] [--format csv]`, in this folder: reads files of that size with
// each contender, in a process of its own, in turns. Prints megabytes per second of processor time (user
// and system, all threads) of the best round, how much more the median and the worst took, and the most
// memory that a process has had.

import { CONTENDERS } from "./contenders.ts";
import { makeFile } from "./make_data.ts";
import { readFlags } from "../../../tools/flags.ts";
import { ROOT, runDeno, succeed } from "../../../tools/process.ts";

const FOLDER = `${ROOT}.build/formats/`;

const { mb, rounds, format } = readFlags(Deno.args, { mb: 200, rounds: 5, format: "" });
await Deno.mkdir(FOLDER, { recursive: true });
for (const [name, contenders] of Object.entries(CONTENDERS)) {
  if (format !== "" && format !== name) continue;
  const path = `${FOLDER}${name}-${mb}`;
  const bytes = await makeFile(path, name, mb * 1e6);
  const runs = new Map<string, Run[]>(Object.keys(contenders).map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contender, all] of runs) all.push(await runOne(name, contender, path));
  }
  const records = new Set([...runs.values()].flat().map(({ records }) => records));
  console.log(`\n${name}: ${Math.round(bytes / 1e6)} MB, ${[...records].join(" or ")} records`);
  console.log("| reader | MB/s | median, worst | most memory, MB |\n| --- | --- | --- | --- |");
  for (const [contender, all] of runs) {
    const times = all.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const [best = NaN] = times;
    const more = [times[Math.floor(times.length / 2)]!, times.at(-1)!]
      .map((seconds) => `+${(100 * (seconds / best - 1)).toFixed(0)} %`).join(", ");
    const peak = Math.max(...all.map(({ peakBytes }) => peakBytes));
    const rate = (bytes / 1e6 / best).toFixed(0);
    console.log(`| ${contender} | ${rate} | ${more} | ${(peak / 1e6).toFixed(0)} |`);
  }
}

interface Run {
  readonly records: number;
  /** Of the processor. */
  readonly seconds: number;
  readonly peakBytes: number;
}

async function runOne(name: string, contender: string, path: string): Promise<Run> {
  const args = ["run", "--quiet", "--no-check", "-A", "one.ts", name, contender, path];
  const running = runDeno(args, { cwd: `${ROOT}packages/formats/bench`, timeoutMs: Infinity });
  const { stdout } = await succeed(`Cannot measure ${contender}`, running);
  return JSON.parse(stdout);
}
