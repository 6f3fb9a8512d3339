// `deno task npm`: the npm tarballs of the library and of the packages beside it, in `.build/npm`.
// `deno pack` makes them; what it leaves out, or puts in needlessly, is mended here.

import { unlessMissing } from "./files.ts";
import { joinModules } from "./join_modules.ts";
import { listInOrder, type Manifest } from "./packages.ts";
import { type Finished, ROOT, run, runDeno, succeed } from "./process.ts";

/** Where the tarballs go; ignored by git. */
const FOLDER = `${ROOT}.build/npm/`;

/** The oldest Node that `import` and `require` of a module both work on without a flag. */
const ENGINES = { node: ">=20.19" };

/** The oldest with `node:sqlite`, without a flag: for those that do not run on Node 20. */
const NEWER_ENGINES = { node: ">=22.13" };

/** What a user of the package reads; the rest of the documentation stays in the repository. */
const DOCUMENTS: readonly string[] = ["README.md", "LICENSE"];

/** Types of `await using`, which many projects' `lib` lacks. */
const DISPOSABLE = /\b(?:Async)?Disposable\b|\bSymbol\.(?:d|asyncD)ispose\b/;
const DISPOSABLE_LIB = `/// <reference lib="esnext.disposable" />\n`;

/** A specifier that is neither relative nor the platform's own. */
const BARE_IMPORT = /\b(?:from|import)\s*\(?\s*"((?![./]|node:)[\w@][^"\s]*)"/g;

/** Makes all tarballs. Returns their paths, by package, each after those that it needs. */
export async function packAll(): Promise<Map<string, string>> {
  const all = await listInOrder();
  await Deno.mkdir(FOLDER, { recursive: true });
  const siblings = new Map(all.map(({ manifest: { name, version } }) => [name, version]));
  const tarballs = new Map<string, string>();
  for (const { folder, manifest } of all) {
    tarballs.set(manifest.name, await packOne(folder, manifest, siblings));
  }
  return tarballs;
}

async function packOne(
  folder: string,
  manifest: Manifest,
  siblings: ReadonlyMap<string, string>,
): Promise<string> {
  const { name, version } = manifest;
  const id = name.replace("@", "").replace("/", "-");
  const tarball = `${FOLDER}${id}-${version}.tgz`;
  const unpacked = `${FOLDER}${id}/`;
  await unlessMissing(Deno.remove(unpacked, { recursive: true }));
  await Deno.mkdir(unpacked);
  const flags = ["--quiet", "--allow-dirty", "--no-source-maps", "--output", tarball];
  const must = (running: Promise<Finished>) => succeed(`Cannot pack ${name}`, running);
  await must(runDeno(["pack", ...flags], { cwd: ROOT + folder }));
  await must(run("tar", ["-xzf", tarball, "-C", unpacked]));

  const root = `${unpacked}package/`;
  const imported = new Set<string>();
  const modules: string[] = [];
  for (const path of await listPacked(root)) {
    if (!isWanted(path)) {
      await Deno.remove(root + path);
      continue;
    }
    if (!/\.(?:d\.ts|js)$/.test(path)) continue;
    const code = await Deno.readTextFile(root + path);
    if (code.includes(ROOT)) throw new Error(`Cannot pack ${name}: ${path} names ${ROOT}`);
    const withoutExamples = code.replaceAll(/^\s*\*.*/gm, "");
    for (const [, specifier = ""] of withoutExamples.matchAll(BARE_IMPORT)) {
      imported.add(toPackage(specifier));
    }
    if (path.endsWith(".js")) modules.push(path);
    else if (DISPOSABLE.test(code)) await Deno.writeTextFile(root + path, DISPOSABLE_LIB + code);
  }
  await joinModules(root, modules, listEntries(manifest));
  imported.delete(name);
  const packed = JSON.parse(await Deno.readTextFile(`${root}package.json`));
  const readme = await Deno.readTextFile(`${root}README.md`);
  const completed = {
    name,
    version,
    description: firstSentence(readme),
    ...packed,
    ...describeRepository(folder),
    engines: needsNewer(manifest) ? NEWER_ENGINES : ENGINES,
    sideEffects: false,
    ...describeDependencies([...imported].sort(), manifest, siblings),
  };
  await Deno.writeTextFile(`${root}package.json`, `${JSON.stringify(completed, null, 2)}\n`);
  await must(run("tar", ["-czf", tarball, "-C", unpacked, "package"]));
  return tarball;
}

/** The modules of a package that its users import, as paths from its root. */
function listEntries({ exports }: Manifest): string[] {
  return Object.values(exports).map((path) => path.replace("./", "").replace(/\.ts$/, ".js"));
}

function needsNewer({ runtimes }: Manifest): boolean {
  return runtimes !== undefined && runtimes.includes("node 24") && !runtimes.includes("node 20");
}

/** Paths of all files in `root`. */
async function listPacked(root: string, folder = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    if (isDirectory) paths.push(...await listPacked(root, `${folder}${name}/`));
    else paths.push(folder + name);
  }
  return paths;
}

function isWanted(path: string): boolean {
  if (path === "package.json" || DOCUMENTS.includes(path)) return true;
  return /\.(?:d\.ts|js)$/.test(path) &&
    !/(?:^|\/)(?:bench|integration|tests|links)\/|_test\./.test(path);
}

/** `@scope/name/path` belongs to the package `@scope/name`. */
function toPackage(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function describeDependencies(
  imported: readonly string[],
  { name, imports = {} }: Manifest,
  siblings: ReadonlyMap<string, string>,
): { readonly dependencies?: Record<string, string> } {
  if (imported.length === 0) return {};
  const dependencies = Object.fromEntries(imported.map((dependency) => {
    const sibling = siblings.get(dependency);
    if (sibling !== undefined) return [dependency, `^${sibling}`];
    const range = /^npm:(?:@[^/]+\/)?[^@/]+@([^/]+)/.exec(imports[dependency] ?? "")?.[1];
    if (range !== undefined) return [dependency, range];
    throw new Error(`Cannot pack ${name}: its imports name no npm package for "${dependency}"`);
  }));
  return { dependencies };
}

/** Known where a tag is being published only; provenance needs it. */
function describeRepository(directory: string): { readonly repository?: Record<string, string> } {
  const repository = Deno.env.get("GITHUB_REPOSITORY");
  if (repository === undefined) return {};
  const url = `git+https://github.com/${repository}.git`;
  return { repository: { type: "git", url, ...(directory !== "" && { directory }) } };
}

/** Of the first paragraph below the heading. */
function firstSentence(readme: string): string {
  const [, paragraph = ""] = /^# .*\n+((?:.+\n)+)/.exec(readme) ?? [];
  const text = paragraph.replaceAll("\n", " ").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return text.split(/[:.](?:\s|$)/)[0]!.trim();
}

if (import.meta.main) {
  for (const [name, tarball] of await packAll()) {
    const { size } = await Deno.stat(tarball);
    console.log(`${name}  ${tarball.slice(ROOT.length)}  ${Math.round(size / 1000)} kB`);
  }
}
