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
const NODES = ["20.19.0", "24.21.0"];
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
  const check = async (runtime: string, extension: string): Promise<void> => {
    const { stdout } = await run(runtime, [RUNNER, "snippets", extension], { cwd: folder });
    const complaints = checkSnippets(snippets, readPrinted(stdout));
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  };
  return [
    { name: "snippets types", run: () => compile(snippets, folder) },
    ...NODES.map((version) => ({
      name: `snippets node ${version}`,
      run: async () => {
        await stripTypes(folder);
        await check(await findNode(version), ".mjs");
      },
    })),
    ...NODES.map((version) => ({
      name: `who leaves, node ${version}`,
      run: async () => await succeed(await findNode(version), ["leave.mjs"], folder, LEAVING),
    })),
    { name: "snippets bun", run: async () => await check(await findBun(), ".ts") },
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
async function stripTypes(folder: string): Promise<void> {
  const flags = ["--outdir=snippets", "--out-extension:.js=.mjs", "--target=node20"];
  await succeed("node", ["node_modules/esbuild/bin/esbuild", "snippets/*.ts", ...flags], folder);
}
