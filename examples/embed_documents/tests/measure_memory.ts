/**
 * Embeds generated files and prints the peak memory of each run:
 * `deno task measure 1000 10000`. A process of its own for each run, with the offline embedder.
 */

import { generateDocuments } from "./helpers/documents.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { runCommand } from "./helpers/run.ts";

for (const count of Deno.args.map(Number)) {
  await using folder = await TestFolder.create();
  await generateDocuments(folder.path, count);
  const args = [".", "--db", ".index.db"];
  const { code, stdout, stderr } = await runCommand("embed", args, { cwd: folder.path });
  if (code !== 0) throw new Error(stderr);
  console.log(stdout);
}
