// The runtimes that take the bundled suite, each a way to run `suite.mjs` in a folder.

import { findBun, findNode20, findNode24, findWorkerd } from "./binaries.ts";
import { type Counts, readBundleRun } from "./outcome.ts";
import { run } from "./process.ts";

/** One runtime. */
export interface Runtime {
  readonly name: string;
  /** Runs the bundle in `folder`, which ends with a slash. */
  readonly run: (folder: string) => Promise<Counts>;
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
  { name: "bun", run: (folder) => runAsProcess(findBun, folder) },
  { name: "node 20", run: (folder) => runAsProcess(findNode20, folder) },
  { name: "node 24", run: (folder) => runAsProcess(findNode24, folder) },
  { name: "workerd", run: runAsWorker },
];

async function runAsProcess(
  find: () => Promise<string>,
  folder: string,
): Promise<Counts> {
  return readBundleRun(await run(await find(), [`${folder}suite.mjs`]));
}

async function runAsWorker(folder: string): Promise<Counts> {
  const config = `${folder}workerd.capnp`;
  await Deno.writeTextFile(config, WORKERD_CONFIG);
  const workerd = await findWorkerd();
  return readBundleRun(await run(workerd, ["test", config]));
}
