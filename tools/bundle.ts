// Bundles test files into one module that every runtime can load.

import { transform } from "esbuild";
import { findVectorExtension } from "./binaries.ts";
import { listFiles } from "./files.ts";
import { isWeb, isWebOnly, type Package } from "./packages.ts";
import { ROOT, runDeno, succeed } from "./process.ts";

/** Where bundles go; ignored by git. */
const BUILD_FOLDER = `${ROOT}.build/`;

/** Files with this ending name a platform and run on Deno only. */
const DENO_ONLY = "_deno_test.ts";

/** Files with this ending use modules of Node, and run on Deno, Bun and Node. */
const NODE_ONLY = "_node_test.ts";

const RUNNER = "tests/runtimes/main.ts";

const locks: Record<string, Promise<Deno.FsFile>> = {};
const suites: Record<string, Promise<string>> = {};

/** Bundles the files of the core's suite that every runtime can run, once. Returns the folder. */
export function bundleSuite(): Promise<string> {
  suites.core ??= listPortableTests("tests/").then((files) => bundle("suite", files));
  return suites.core;
}

/** As {@linkcode bundleSuite}, for the suite of a package on one runtime. */
export async function bundlePackage(each: Package, runtime: string): Promise<string> {
  const all = await listPortableTests(`${each.folder}tests/`);
  const files = isWeb(runtime) ? all.filter((file) => !file.endsWith(NODE_ONLY)) : all;
  // Modules of Node are in no browser's build: what servers alone run may take them.
  const platform = isWebOnly(each) && !files.some((file) => file.endsWith(NODE_ONLY))
    ? "browser"
    : "deno";
  const name = `suite-${each.name}-${platform}`;
  suites[name] ??= bundle(name, files, RUNNER, platform)
    .then((folder) => linkNative(each, folder));
  return await suites[name];
}

/** What a library loads at run time is no module: it is looked for beside the bundle. */
async function linkNative({ manifest }: Package, folder: string): Promise<string> {
  if (manifest.imports?.["sqlite-vec"] === undefined) return folder;
  const extension = await findVectorExtension();
  const link = `${folder}node_modules/${extension.split("/").at(-2)}`;
  await Deno.mkdir(`${folder}node_modules`, { recursive: true });
  await Deno.remove(link).catch(() => {});
  await Deno.symlink(extension, link);
  return folder;
}

/**
 * Bundles `files`, given from the repository's root, followed by what runs them, into `suite.mjs`
 * in a folder called `name`. Returns the folder, with a slash at its end.
 */
export async function bundle(
  name: string,
  files: readonly string[],
  runner: string = RUNNER,
  platform: "browser" | "deno" = "browser",
): Promise<string> {
  const folder = `${BUILD_FOLDER}${name}/`;
  await Deno.mkdir(folder, { recursive: true });
  locks[name] ??= lockFolder(name);
  await locks[name];

  const imports = [...files, runner].map((file) => `"../../${file}"`);
  const entry = imports.map((file) => `import ${file};\n`).join("") +
    `export { default } from ${imports.at(-1)};\n`;
  await Deno.writeTextFile(`${folder}entry.ts`, entry);

  const output = `${folder}bundled.js`;
  const flags = ["--quiet", "--platform", platform, "--config", `${ROOT}deno.json`];
  const args = ["bundle", ...flags, "--output", output, `${folder}entry.ts`];
  await succeed(`Cannot bundle ${name}`, runDeno(args));

  // Node 20, workerd and Chromium do not know `using` yet.
  const code = await Deno.readTextFile(output);
  const lowered = await transform(code, { target: "es2022", format: "esm" });
  await Deno.writeTextFile(`${folder}suite.mjs`, lowered.code);
  return folder;
}

/** Two processes would write over each other's bundles: the second waits until the first ends. */
async function lockFolder(name: string): Promise<Deno.FsFile> {
  const file = await Deno.open(`${BUILD_FOLDER}${name}.lock`, { create: true, write: true });
  await file.lock(true);
  return file;
}

/** The test files in `folder` that run wherever the library does. */
export async function listPortableTests(folder: string): Promise<string[]> {
  const files = await listFiles(folder);
  return files.filter((file) => file.endsWith("_test.ts") && !file.endsWith(DENO_ONLY));
}
