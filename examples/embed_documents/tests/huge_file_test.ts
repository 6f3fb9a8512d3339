import { equal, match, ok } from "node:assert/strict";
import { writeText } from "./helpers/documents.ts";
import { Endpoint } from "./helpers/endpoint.ts";
import { TestFolder } from "./helpers/folder.ts";
import { runCommand } from "./helpers/run.ts";

Deno.test("a file of 50 MB goes through in pieces", async () => {
  await using folder = await TestFolder.create();
  const part = new TextEncoder().encode(`# Part\n\n${writeText(1, 100_000)}\n\n`);
  const file = await Deno.open(await folder.write("huge.md", ""), { write: true });
  for (let written = 0; written < 50_000_000; written += part.length) await file.write(part);
  file.close();
  await using endpoint = new Endpoint();
  const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" };
  const { code, stdout, stderr } = await runCommand("embed", [".", "--db", ".index.db"], {
    cwd: folder.path,
    env,
  });
  equal(code, 0, stderr);
  match(stdout, /^files {4}1 \(1 embedded, 0 unchanged\)$/m);
  const megabytes = Number(/^memory {3}(\d+) MB/m.exec(stdout)?.[1]);
  ok(megabytes < 300, `needed ${megabytes} MB`);
});
