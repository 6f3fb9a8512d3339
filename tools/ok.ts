// `deno task ok`: everything that must hold before a change is done, one line per step. Every step
// runs, also after one has failed.

import { listPortableTests } from "./bundle.ts";
import { listExamples } from "./examples.ts";
import { listFiles, listFolders } from "./files.ts";
import { type Counts, finish, measureAll, readErrors } from "./outcome.ts";
import {
  isWebOnly,
  listModules,
  listPackages,
  mapEntries,
  type Package,
  readCore,
} from "./packages.ts";
import { ROOT, runDeno } from "./process.ts";
import { watchFiles } from "./watchdog.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const core = (await listFiles("src/")).filter((path) => path.endsWith(".ts"));
const entries = Object.values((await readCore()).exports);
const guides = (await listFiles("docs/")).filter((path) => path.endsWith(".md"));
const examples = await listExamples();
const packages = await listPackages();
const packed = packages.flatMap(({ folder, entries }) => ({
  entries,
  documents: [...entries, `${folder}src`, `${folder}README.md`],
}));

const steps: readonly Step[] = [
  { name: "fmt", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check", "."] },
  {
    name: "types: portable",
    args: ["check", "--config", "tools/portable.json", "mod.ts", ...core],
  },
  ...await Promise.all(
    packages.filter(isWebOnly).map(async (each) => ({
      name: `types: portable, ${each.name}`,
      args: ["check", "--config", await writePortable(each.name), ...await listModules(each)],
    })),
  ),
  {
    name: "types: portable, tests",
    args: ["check", "--quiet", "--config", await writePortable("tests")]
      .concat(await listPortableTests("tests/")),
  },
  { name: "types: tools", args: ["check", "--config", "tools/deno.json", "tools"] },
  {
    name: "types: install",
    args: ["check", "--config", "tests/install/deno.json", "tests/install/run.ts"],
  },
  { name: "types: kills", args: ["check", "--config", "tests/kills/deno.json", "tests/kills"] },
  { name: "types: bench", args: ["check", "--config", "bench/deno.json", "bench"] },
  ...(await listBenches()).map(({ name, folder }) => ({
    name: `types: bench, ${name}`,
    args: ["check", "--config", `${folder}bench/deno.json`, `${folder}bench`],
  })),
  {
    name: "bench",
    args: ["test", "-A", "--no-check", "--config", "bench/deno.json", "bench"],
  },
  ...examples.map(({ name, folder, config }) => ({
    name: `types: ${name}`,
    args: ["check", "--config", config, folder],
  })),
  {
    name: "layers",
    args: ["test", "--allow-read", "--no-check", "tests/architecture_deno_test.ts"],
  },
  // In CI, `deno task test` has just run them.
  ...(Deno.env.has("CI") ? [] : [{
    name: "tests on Deno",
    args: ["test", "-A", "--no-check", "--parallel"],
  }]),
  {
    name: "harness",
    args: ["run", "-A", "--config", "tools/deno.json", "tools/harness_selfcheck.ts"],
  },
  {
    name: "doc lint",
    args: ["doc", "--lint", ...entries, ...packed.flatMap(({ entries }) => entries)],
  },
  {
    name: "doc examples",
    args: ["test", "-A", "--doc", "mod.ts", "src", "README.md", ...guides]
      .concat(packed.flatMap(({ documents }) => documents)),
  },
  {
    name: "publish",
    args: ["run", "-A", "--config", "tools/deno.json", "tools/publish.ts", "jsr", "--dry-run"],
  },
  {
    name: "fresh clone",
    args: ["run", "-A", "--config", "tools/deno.json", "tools/fresh_clone.ts"],
  },
];

const works = steps.map(({ name, args }) => ({ name, work: () => runStep(args) }));
finish(await measureAll(works, ({ failed }) => failed ? "FAILED" : "ok"));

/** The packages that compare themselves with others. */
async function listBenches(): Promise<Package[]> {
  const files = await listFiles("packages/");
  return packages.filter(({ folder }) => files.includes(`${folder}bench/deno.json`));
}

/** The settings of `portable.json`, with what modules import by name; returns their path. */
async function writePortable(name: string): Promise<string> {
  const path = `.build/portable-${name}.json`;
  const portable = JSON.parse(await Deno.readTextFile(`${ROOT}tools/portable.json`));
  // A package may import others, and those what their own deno.json names.
  const libraries = [await readCore(), ...packages.map(({ manifest }) => manifest)];
  const named = libraries.map((each) => each.imports);
  const imports = Object.assign({}, ...named, await mapEntries("../"));
  const links = (await listFolders("links/")).map((folder) => `../links/${folder}`);
  await Deno.mkdir(`${ROOT}.build`, { recursive: true });
  const config = { workspace: [], imports, links, lock: false, ...portable };
  await Deno.writeTextFile(ROOT + path, JSON.stringify(config));
  return path;
}

async function runStep(args: readonly string[]): Promise<Counts> {
  const finished = await runDeno(args, args[0] === "test" ? await watchFiles() : {});
  if (finished.code === 0) return { passed: 1, failed: 0, details: "" };
  return { passed: 0, failed: 1, details: readErrors(finished) };
}
