// Compiles the programs of the README and the guides against the tarball, and runs them with their
// types stripped: what a reader gets who pastes them into a project on Node, on Bun or of Workers.

import { findBun, findNode, findWorkerd } from "../../tools/binaries.ts";
import { type Finished, ROOT, run, type RunOptions } from "../../tools/process.ts";
import {
  checkSnippets,
  listSnippets,
  readPrinted,
  type Snippet,
  writeSnippets,
} from "../snippets/snippets.ts";
import { succeed } from "./project.ts";

/** The oldest that the package claims to run on, and the newest with long support. */
const NODES = { "node 20": "20.19.0", "node 24": "24.21.0" };
/** A run that is not closed hangs. */
const LEAVING = { timeoutMs: 60_000 };
const RUNNER = "run.mjs";
/** What hangs is not waited for as long as a suite is. */
const IN = (cwd: string): RunOptions => ({ cwd, timeoutMs: 120_000 });

const describeWorker = (modules: readonly string[]): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = .main),
  (name = "model", worker = .model),
]);
const main :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  bindings = [(name = "MODEL", service = "model")],
  compatibilityDate = "2026-07-30",
);
const model :Workerd.Worker = (
  modules = [(name = "model", esModule = embed "model.mjs")],
  compatibilityDate = "2026-07-30",
);
`;

/** One way to use all programs; it throws where one of them does not work. */
export interface SnippetCheck {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Writes the programs into `folder`, a project with the tarball in it. */
export async function listSnippetChecks(folder: string): Promise<SnippetCheck[]> {
  const all = await listSnippets(new URL(`file://${ROOT}`));
  const snippets = all.filter(({ platform = "node" }) => platform === "node");
  const bun = all.filter(({ platform }) => platform === "bun");
  const workers = all.filter(({ platform }) => platform === "workers");
  await writeSnippets(`${folder}snippets`, snippets);
  await writeSnippets(`${folder}bun`, bun);
  await writeSnippets(`${folder}workers`, workers);
  await Deno.copyFile(`${ROOT}tests/snippets/${RUNNER}`, folder + RUNNER);
  const runOn = async (name: string, path: string, extension: string): Promise<void> => {
    const own = [...snippets, ...name === "bun" ? bun : []]
      .filter(({ runtimes }) => runtimes?.includes(name) ?? true);
    const place = `on-${name.replace(" ", "-")}`;
    await writeSnippets(folder + place, own);
    if (extension === ".mjs") await stripTypes(folder, place);
    check(own, await run(path, [RUNNER, place, extension], IN(folder)));
  };
  return [
    { name: "snippets types", run: () => compile(folder, "snippets", snippets) },
    ...Object.entries(NODES).map(([name, version]) => ({
      name: `snippets node ${version}`,
      run: async () => await runOn(name, await findNode(version), ".mjs"),
    })),
    ...Object.values(NODES).map((version) => ({
      name: `who leaves, node ${version}`,
      run: async () => await succeed(await findNode(version), ["leave.mjs"], folder, LEAVING),
    })),
    { name: "snippets types of Bun", run: () => compile(folder, "bun", bun) },
    { name: "snippets bun", run: async () => await runOn("bun", await findBun(), ".ts") },
    { name: "snippets types of Workers", run: () => compile(folder, "workers", workers) },
    {
      name: "snippets workerd",
      run: async () => check(workers, await runWorkers(folder, workers)),
    },
  ];
}

function check(snippets: readonly Snippet[], { stdout, stderr }: Finished): void {
  const complaints = checkSnippets(snippets, readPrinted(stdout));
  if (complaints.length > 0) throw new Error([...complaints, stderr].join("\n"));
}

/** The compiler's messages name files by number. */
async function compile(
  folder: string,
  project: string,
  snippets: readonly Snippet[],
): Promise<void> {
  const args = ["node_modules/typescript/bin/tsc", "--project", `tsconfig.${project}.json`];
  const { code, stdout } = await run("node", args, { cwd: folder });
  if (code === 0) return;
  throw new Error(stdout.replaceAll(/^\w+\/(\d+)\.ts/gm, (_, index) => {
    return snippets[Number(index)]!.place;
  }));
}

/** One process of workerd, in which `workers.mjs` calls each Worker. */
async function runWorkers(folder: string, workers: readonly Snippet[]): Promise<Finished> {
  const names = workers.map((_, index) => `worker${index}`);
  const flags = ["--bundle", "--format=esm", "--outdir=workers", "--out-extension:.js=.mjs"];
  const conditions = "--conditions=workerd,worker,browser";
  const bundler = "node_modules/esbuild/bin/esbuild";
  await succeed("node", [bundler, "workers/*.ts", conditions, ...flags], folder);
  const list = names.map((name) => `export { default as ${name} } from "${name}";`);
  await Deno.writeTextFile(`${folder}list.mjs`, list.join("\n"));
  const modules = [
    `(name = "main", esModule = embed "workers.mjs")`,
    `(name = "list", esModule = embed "list.mjs")`,
    ...names.map((name, index) => `(name = "${name}", esModule = embed "workers/${index}.mjs")`),
  ];
  await Deno.writeTextFile(`${folder}workerd.capnp`, describeWorker(modules));
  return await run(await findWorkerd(), ["test", `${folder}workerd.capnp`], IN(folder));
}

/** As a compiler does it for the oldest Node, which has no `await using`. */
async function stripTypes(folder: string, place: string): Promise<void> {
  const flags = [`--outdir=${place}`, "--out-extension:.js=.mjs", "--target=node20"];
  await succeed("node", ["node_modules/esbuild/bin/esbuild", `${place}/*.ts`, ...flags], folder);
}
