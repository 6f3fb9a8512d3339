// `deno task bench [--mb 200] [--rounds 5] [--format csv]`, in this folder: reads files of that size with
// each contender, in a process of its own, in turns. Prints megabytes per second of processor time (user
// and system, all threads) of the best round, how much more the median and the worst took, and the most
// memory that a process has had.

import { CONTENDERS } from "./contenders.ts";
import { makeFile } from "./make_data.ts";

const FOLDER = new URL("../../../.build/formats/", import.meta.url);

const { mb, rounds, format } = readFlags({ mb: "200", rounds: "5", format: "" });
await Deno.mkdir(FOLDER, { recursive: true });
for (const [name, contenders] of Object.entries(CONTENDERS)) {
  if (format !== "" && format !== name) continue;
  const path = decodeURIComponent(new URL(`${name}-${mb}`, FOLDER).pathname);
  const bytes = await makeFile(path, name, Number(mb) * 1e6);
  const runs = new Map<string, Run[]>(Object.keys(contenders).map((contender) => [contender, []]));
  for (let round = 0; round < Number(rounds); round++) {
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
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "one.ts", name, contender, path],
    cwd: new URL(".", import.meta.url),
  }).output();
  if (code === 0) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`${contender} failed:\n${new TextDecoder().decode(stderr)}`);
}

function readFlags<T extends Record<string, string>>(defaults: T): T {
  const flags: Record<string, string> = { ...defaults };
  const given = Deno.args.filter((arg) => arg !== "--");
  for (let at = 0; at < given.length; at += 2) {
    const name = given[at]!.replace("--", "");
    if (!(name in flags) || given[at + 1] === undefined) {
      const names = Object.keys(flags).map((name) => `--${name}`).join(", ");
      throw new Error(`Cannot read "${given[at]}": the flags are ${names}, each with a value`);
    }
    flags[name] = given[at + 1]!;
  }
  return flags as T;
}
