// Compiles the programs of the README and the guides against the tarball, and runs them with their
// types stripped: what a reader gets who pastes them into a project on Node or Bun.

import { findBun, findNode } from "../../tools/binaries.ts";
import { ROOT, run } from "../../tools/process.ts";
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

/** One way to use all programs; it throws where one of them does not work. */
export interface SnippetCheck {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Writes the programs into `folder`, a project with the tarball in it. */
export async function listSnippetChecks(folder: string): Promise<SnippetCheck[]> {
  const snippets = await listSnippets(new URL(`file://${ROOT}`));
  await writeSnippets(`${folder}snippets`, snippets);
  await Deno.copyFile(`${ROOT}tests/snippets/${RUNNER}`, folder + RUNNER);
  const check = async (name: string, path: string, extension: string): Promise<void> => {
    const own = snippets.filter(({ runtimes }) => runtimes?.includes(name) ?? true);
    const place = `on-${name.replace(" ", "-")}`;
    await writeSnippets(folder + place, own);
    if (extension === ".mjs") await stripTypes(folder, place);
    const { stdout } = await run(path, [RUNNER, place, extension], { cwd: folder });
    const complaints = checkSnippets(own, readPrinted(stdout));
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  };
  return [
    { name: "snippets types", run: () => compile(snippets, folder) },
    ...Object.entries(NODES).map(([name, version]) => ({
      name: `snippets node ${version}`,
      run: async () => await check(name, await findNode(version), ".mjs"),
    })),
    ...Object.values(NODES).map((version) => ({
      name: `who leaves, node ${version}`,
      run: async () => await succeed(await findNode(version), ["leave.mjs"], folder, LEAVING),
    })),
    { name: "snippets bun", run: async () => await check("bun", await findBun(), ".ts") },
  ];
}

/** The compiler's messages name files by number. */
async function compile(snippets: readonly Snippet[], folder: string): Promise<void> {
  const { code, stdout } = await run("node", ["node_modules/typescript/bin/tsc"], { cwd: folder });
  if (code === 0) return;
  throw new Error(stdout.replaceAll(/^snippets\/(\d+)\.ts/gm, (_, index) => {
    return snippets[Number(index)]!.place;
  }));
}

/** As a compiler does it for the oldest Node, which has no `await using`. */
async function stripTypes(folder: string, place: string): Promise<void> {
  const flags = [`--outdir=${place}`, "--out-extension:.js=.mjs", "--target=node20"];
  await succeed("node", ["node_modules/esbuild/bin/esbuild", `${place}/*.ts`, ...flags], folder);
}
