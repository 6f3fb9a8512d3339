// The runtimes that take the bundled suite, each a way to run `suite.mjs` in a folder.

import { findBun, findNode20, findNode24, findWorkerd } from "./binaries.ts";
import { type Counts, readBundleRun } from "./outcome.ts";
import { type Finished, run, type RunOptions } from "./process.ts";
import { watchLines } from "./watchdog.ts";

/** One runtime. */
export interface Runtime {
  readonly name: string;
  /** Runs the bundle in `folder`, which ends with a slash, to its end. */
  readonly start: (folder: string, options?: StartOptions) => Promise<Finished>;
}

/** What a bundle is started with. */
export interface StartOptions extends RunOptions {
  /** What its runner reads; suites need nothing. */
  readonly request?: string;
}

/** Written next to the bundle, because `embed` takes paths relative to the file it stands in. */
const WORKERD_CONFIG = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "suite", worker = .suite)]);
const suite :Workerd.Worker = (
  modules = [(name = "suite.mjs", esModule = embed "suite.mjs")],
  bindings = [(name = "REQUEST", text = embed "request.json")],
  compatibilityDate = "2026-01-01",
);
`;

/** Deno; the suite runs there from its files. */
export const DENO: Runtime = {
  name: "deno",
  start: (...how) => startProcess(() => Promise.resolve(Deno.execPath()), ["run", "-A"], ...how),
};

/** All others but Chromium, which is a browser; the one that takes longest first. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "workerd", start: startWorker },
  { name: "bun", start: (...how) => startProcess(findBun, [], ...how) },
  { name: "node 20", start: (...how) => startProcess(findNode20, [], ...how) },
  { name: "node 24", start: (...how) => startProcess(findNode24, [], ...how) },
];

/**
 * Runs a bundled suite. A test that does not come back `graceMs` after its own limit ends it.
 */
export async function runSuite(
  { start }: Runtime,
  folder: string,
  graceMs?: number,
): Promise<Counts> {
  return readBundleRun(await start(folder, watchLines(graceMs)));
}

async function startProcess(
  find: () => Promise<string>,
  args: readonly string[],
  folder: string,
  { request, ...options }: StartOptions = {},
): Promise<Finished> {
  const requested = request === undefined ? [] : [request];
  return run(await find(), [...args, `${folder}suite.mjs`, ...requested], options);
}

async function startWorker(
  folder: string,
  { request = "", ...options }: StartOptions = {},
): Promise<Finished> {
  await Deno.writeTextFile(`${folder}workerd.capnp`, WORKERD_CONFIG);
  await Deno.writeTextFile(`${folder}request.json`, request);
  return run(await findWorkerd(), ["test", `${folder}workerd.capnp`], options);
}
