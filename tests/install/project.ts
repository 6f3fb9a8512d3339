// Fresh npm projects: copies of a folder, outside of the repository, with the tarball in them.

import { ROOT, run, runDeno, type RunOptions, succeed as must } from "../../tools/process.ts";

const NPM_FLAGS = ["--no-audit", "--no-fund", "--loglevel=error"];
/** A slow network may take its time. */
const INSTALL_MS = 600_000;

/** Copies `tests/install/<name>` to a folder of its own. */
export async function copyProject(name: string): Promise<string> {
  const folder = `${await Deno.makeTempDir({ prefix: "headrace-" })}/`;
  await copyFolder(`${ROOT}tests/install/${name}/`, folder);
  return folder;
}

/** Copies `tests/install/<name>` to a folder of its own and installs what its lock names. */
export async function createProject(name: string): Promise<string> {
  const folder = await copyProject(name);
  await succeed("npm", ["ci", "--ignore-scripts", ...NPM_FLAGS], folder);
  return folder;
}

/** Installs tarballs as a user would, with npm. */
export async function installTarballs(
  folder: string,
  tarballs: readonly string[],
): Promise<void> {
  const flags = ["--no-save", "--ignore-scripts", ...NPM_FLAGS];
  await succeed("npm", ["install", ...flags, ...tarballs], folder);
}

/** Puts the tarball where npm would have put it, without asking npm once per project. */
export async function unpackTarball(folder: string, tarball: string): Promise<void> {
  const target = `${folder}node_modules/@headrace/pipeline/`;
  await Deno.mkdir(target, { recursive: true });
  await succeed("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"], folder);
}

/** What the command printed; throws where it failed. */
export async function succeed(
  command: string,
  args: readonly string[],
  cwd: string,
  options: RunOptions = {},
): Promise<string> {
  const how = { cwd, timeoutMs: INSTALL_MS, ...options };
  const running = command === "deno" ? runDeno(args, how) : run(command, args, how);
  const { stdout, stderr } = await must(`${command} ${args.join(" ")}`, running);
  return stdout + stderr;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}${name}/`, `${to}${name}/`);
    else await Deno.copyFile(from + name, to + name);
  }
}
