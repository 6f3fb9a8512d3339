// `deno task bench [--corpus guides] [--rounds 3] [--files 0]`: brings an empty database up to date with
// a collection in each way, in processes of their own, in turns, and then once more, when nothing has
// changed. Prints medians of the rounds; the times also in proportion to those of the loop by hand in the
// same round, which other work on the machine disturbs least. `--files` takes so many of them only.

import { parseArgs } from "node:util";
import { CORPORA, CORPORA_FOLDER, documentsOf } from "./corpora.ts";

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly chunks: number;
}

interface Round {
  readonly first: Run;
  readonly again: Run;
}

/** As `ways.ts` names them: it loads what each of them needs, which the processes do. */
const NAMES = ["by hand", "streaming", "batch", "LangChain"] as const;

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    corpus: { type: "string", default: "guides" },
    rounds: { type: "string", default: "3" },
    files: { type: "string", default: "0" },
  },
});
if (!CORPORA.some(({ name }) => name === values.corpus)) {
  const names = CORPORA.map(({ name }) => name).join(" or ");
  throw new Error(`--corpus must be ${names}, got "${values.corpus}"`);
}
const work = await Deno.makeTempDir({ prefix: "headrace-bench-" });
try {
  const folder = Number(values.files) > 0
    ? await copySome(documentsOf(values.corpus), Number(values.files))
    : documentsOf(values.corpus);
  const rounds = new Map<string, Round[]>(NAMES.map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of NAMES) {
      const database = `${work}/${round} ${name}.db`;
      const first = await runOne(name, folder, database);
      rounds.get(name)!.push({ first, again: await runOne(name, folder, database) });
      await Deno.remove(database);
    }
  }
  print(rounds);
} finally {
  await Deno.remove(work, { recursive: true });
}

function print(rounds: ReadonlyMap<string, readonly Round[]>): void {
  const base = rounds.get(NAMES[0])!;
  console.log(
    "| way | chunks | CPU, s | CPU, × by hand | time, × by hand | memory, MB | nothing new, CPU, s |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const [name, all] of rounds) {
    const ratios = (of: (run: Run) => number) =>
      spread(all.map(({ first }, round) => of(first) / of(base[round]!.first)));
    const cells = [
      name,
      all[0]!.first.chunks,
      median(all.map(({ first }) => first.cpuSeconds)).toFixed(1),
      ratios(({ cpuSeconds }) => cpuSeconds),
      ratios(({ seconds }) => seconds),
      (median(all.map(({ first }) => first.peakBytes)) / 1e6).toFixed(0),
      median(all.map(({ again }) => again.cpuSeconds)).toFixed(1),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const range = `${sorted[0]!.toFixed(2)} to ${sorted.at(-1)!.toFixed(2)}`;
  return sorted.length === 1 ? sorted[0]!.toFixed(2) : `${median(values).toFixed(2)} (${range})`;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

async function runOne(name: string, folder: string, database: string): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "one.ts", name, folder, database],
    cwd: new URL(".", import.meta.url),
  }).output();
  if (code === 0) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`${name} failed:\n${new TextDecoder().decode(stderr)}`);
}

/** Some files with a question, spread over the collection: all languages are among them. */
async function copySome(from: string, count: number): Promise<string> {
  const questions = JSON.parse(
    await Deno.readTextFile(`${CORPORA_FOLDER}${values.corpus}/questions.json`),
  ) as { readonly path: string }[];
  const step = Math.max(1, Math.floor(questions.length / count));
  const to = `${work}/documents`;
  for (const { path } of questions.filter((_, at) => at % step === 0).slice(0, count)) {
    await Deno.mkdir(`${to}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(`${from}/${path}`, `${to}/${path}`);
  }
  return to;
}
