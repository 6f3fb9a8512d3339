import { equal, match } from "node:assert/strict";
import { writeText } from "./helpers/documents.ts";
import { Endpoint } from "documents-tests/endpoint.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { runCommand } from "./helpers/run.ts";

Deno.test("a file of 50 MB goes through a heap of 48 MB", async () => {
  await using folder = await TestFolder.create();
  // Mostly comments: all 50 MB are read and cleaned, and the test stays quick.
  const comment = `<!-- ${writeText(2, 90_000)} -->`;
  const part = new TextEncoder().encode(`# Part\n\n${writeText(1, 10_000)}\n\n${comment}\n\n`);
  const file = await Deno.open(await folder.write("huge.md", ""), { write: true });
  for (let written = 0; written < 50_000_000; written += part.length) await file.write(part);
  file.close();
  await using endpoint = await Endpoint.create();
  const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" };
  const { code, stdout, stderr } = await runCommand("embed", [".", "--db", ".index.db"], {
    cwd: folder.path,
    env,
    // Beyond this V8 ends the process.
    flags: ["--v8-flags=--max-old-space-size=48"],
  });
  equal(code, 0, stderr);
  match(stdout, /^files {4}1 \(1 embedded, 0 unchanged\)$/m);
});
