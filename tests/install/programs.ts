// Runs `programs/` in fresh projects: on each runtime, and bundled by each bundler.

import { findBun, findNode, findWorkerd } from "../../tools/binaries.ts";
import { ROOT } from "../../tools/process.ts";
import { countGzipBytes, PROGRAMS as SIZED } from "../../tools/programs.ts";
import { copyProject, succeed } from "./project.ts";

/** Node 20 is the oldest that the package claims to run on. */
const NODES = ["20.19.0", "22.22.0", "24.21.0"];

const PACKAGE = "@headrace/pipeline";

/** How much larger than a bundle of the source one of the package may be. */
const MAX_GROWTH = 1.01;

const WORKER_CONFIG = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "bundled/worker.mjs")],
  compatibilityDate = "2026-01-01",
);
`;

/** A program that prints that all is well, in a project. */
export interface Program {
  readonly name: string;
  /** Runs in `folder`, a project in which npm has installed the tarball; what was printed. */
  readonly run: (folder: string, tarball: string) => Promise<string>;
}

/** All of them. */
export const PROGRAMS: readonly Program[] = [
  ...NODES.flatMap((version) => [
    { name: `node ${version}`, run: (folder: string) => runNode(version, "main.mjs", folder) },
    {
      name: `node ${version} require`,
      run: (folder: string) => runNode(version, "main.cjs", folder),
    },
  ]),
  { name: "bun", run: (_folder, tarball) => runBun(tarball) },
  {
    name: "deno",
    run: (folder) => succeed("deno", ["run", "--node-modules-dir=manual", "main.mjs"], folder),
  },
  { name: "vite", run: runVite },
  { name: "esbuild", run: runEsbuild },
  { name: "webpack", run: runWebpack },
  { name: "esbuild, size", run: measureSize },
  { name: "joined modules", run: requireJoined },
  { name: "workerd", run: runWorkerd },
];

async function runNode(version: string, file: string, folder: string): Promise<string> {
  return await succeed(await findNode(version), [file], folder);
}

/** Bun installs by itself, so it has a project of its own. */
async function runBun(tarball: string): Promise<string> {
  const bun = await findBun();
  const folder = await copyProject("programs");
  try {
    await succeed(bun, ["add", tarball], folder);
    return await succeed(bun, ["main.mjs"], folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runVite(folder: string): Promise<string> {
  await succeed("node", ["node_modules/vite/bin/vite.js", "build"], folder);
  return await succeed("node", ["vite/main.mjs"], folder);
}

async function runEsbuild(folder: string): Promise<string> {
  await bundle(folder, "main.mjs");
  return await succeed("node", ["bundled/main.mjs"], folder);
}

async function runWebpack(folder: string): Promise<string> {
  await succeed("node", ["webpack.mjs"], folder);
  const programs = ["webpack/main.mjs", "webpack/files.mjs"];
  const printed = await Promise.all(programs.map((path) => succeed("node", [path], folder)));
  const failing = printed.find((text) => !text.includes("all is well"));
  return failing ?? "all is well";
}

/** A bundler leaves out of the package what it leaves out of the source. */
async function measureSize(folder: string): Promise<string> {
  const { code, maxGzipBytes } = SIZED["a typical program"];
  const installed = code.replaceAll(`${ROOT}src/`, `${PACKAGE}/`).replaceAll("/mod.ts", "");
  await Deno.writeTextFile(`${folder}size.mjs`, installed);
  await bundle(folder, "size.mjs", ["--minify"]);
  const size = countGzipBytes(await Deno.readTextFile(`${folder}bundled/size.mjs`));
  return size <= maxGzipBytes * MAX_GROWTH ? "all is well" : `${size} bytes are too many`;
}

/** What is no entry is joined to what several entries share: its declarations stand alone. */
async function requireJoined(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(`${folder}node_modules/${PACKAGE}/src/internal`)) {
    if (name.endsWith(".js")) return `${name} is a module of its own`;
  }
  return "all is well";
}

/** Workers are bundled, as `wrangler` does it. */
async function runWorkerd(folder: string): Promise<string> {
  await bundle(folder, "worker.mjs", ["--conditions=workerd,worker,browser"]);
  await Deno.writeTextFile(`${folder}workerd.capnp`, WORKER_CONFIG);
  return await succeed(await findWorkerd(), ["test", `${folder}workerd.capnp`], folder);
}

async function bundle(folder: string, file: string, flags: readonly string[] = []): Promise<void> {
  const args = [file, "--bundle", "--format=esm", "--outdir=bundled", "--out-extension:.js=.mjs"];
  await succeed("node", ["node_modules/esbuild/bin/esbuild", ...args, ...flags], folder);
}
