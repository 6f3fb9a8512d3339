// The runtimes that take the bundled suite, each a way to run `suite.mjs` in a folder.

import { findBun, findNode20, findNode24, findWorkerd } from "./binaries.ts";
import { type Counts, readBundleRun } from "./outcome.ts";
import { run } from "./process.ts";
import { watchLines } from "./watchdog.ts";

/** One runtime. */
export interface Runtime {
  readonly name: string;
  /**
   * Runs the bundle in `folder`, which ends with a slash. A test that does not come back `graceMs`
   * after its own limit ends it.
   */
  readonly run: (folder: string, graceMs?: number) => Promise<Counts>;
}

/** Written next to the bundle, because `embed` takes paths relative to the file it stands in. */
const WORKERD_CONFIG = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "suite", worker = .suite)]);
const suite :Workerd.Worker = (
  modules = [(name = "suite.mjs", esModule = embed "suite.mjs")],
  compatibilityDate = "2026-01-01",
);
`;

/** All of them but Deno, which runs the files themselves, and Chromium, which is a browser. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "bun", run: (...how) => runAsProcess(findBun, ...how) },
  { name: "node 20", run: (...how) => runAsProcess(findNode20, ...how) },
  { name: "node 24", run: (...how) => runAsProcess(findNode24, ...how) },
  { name: "workerd", run: runAsWorker },
];

async function runAsProcess(
  find: () => Promise<string>,
  folder: string,
  graceMs?: number,
): Promise<Counts> {
  return readBundleRun(await run(await find(), [`${folder}suite.mjs`], watchLines(graceMs)));
}

async function runAsWorker(folder: string, graceMs?: number): Promise<Counts> {
  const config = `${folder}workerd.capnp`;
  await Deno.writeTextFile(config, WORKERD_CONFIG);
  const workerd = await findWorkerd();
  return readBundleRun(await run(workerd, ["test", config], watchLines(graceMs)));
}
