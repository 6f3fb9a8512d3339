import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { HttpEmbedder } from "@headrace/documents";
import { ErrorReport } from "../error_report.ts";
import { FatalError } from "../errors.ts";
import { Failures } from "../failures.ts";
import { embedAsLists } from "../pipeline_batch.ts";
import { EmbedSteps } from "../steps.ts";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { writeText } from "./helpers/documents.ts";
import { Endpoint } from "./helpers/endpoint.ts";
import { TestFolder } from "./helpers/folder.ts";
import { countStored, databaseOf, embed, QUICK_CALLS, RecordingEmbedder } from "./helpers/run.ts";
import { RunLog } from "./helpers/run_log.ts";

/** Key and files of each line. */
async function readErrors(path: string): Promise<unknown[]> {
  const lines = (await readFile(path, "utf-8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).map(({ key, paths }) => [key, paths]);
}

Deno.test("lists that a refused key ends tell what failed before, and store nothing", async () => {
  const files = {
    "long.md": writeText(1, 200_000),
    "invalid.md": new Uint8Array([0xc3, 0xa9, 0xe9]),
  };
  await using folder = await TestFolder.create(files);
  await using endpoint = new Endpoint(() => new Response("no", { status: 401 }));
  const url = new URL(`${endpoint.url}/embeddings`);
  const embedder = new HttpEmbedder({ url, model: "tiny", apiKey: "key" });
  const errorsFile = folder.join(".errors");
  const log = new RunLog(folder.path);
  const options = { errorsFile, form: "batch" } as const;
  await rejects(embed(folder, embedder, options, undefined, log), FatalError);
  equal(endpoint.requests.length, 1);
  deepEqual(Object.keys(log.failedFiles), ["invalid.md", "long.md"]);
  deepEqual(await readErrors(errorsFile), [
    ["read", [folder.join("invalid.md")]],
    ["embed", [folder.join("long.md")]],
  ]);
  deepEqual(countStored(folder, "tiny"), { documents: 0, chunks: 0 });
});

Deno.test("lists that are stopped before the first batch tell what failed without its path", async () => {
  const files = { "good.md": "Some text.", "invalid.md": new Uint8Array([0xc3, 0xa9, 0xe9]) };
  await using folder = await TestFolder.create(files);
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("stop");
  const embedder = new RecordingEmbedder();
  const errorsFile = folder.join(".errors");
  using store = new SqliteDocumentStore(databaseOf(folder), embedder.model);
  using report = new ErrorReport(errorsFile);
  const events = new RunLog(folder.path);
  const failures = new Failures({ store, events, report, stop: () => {} });
  const steps = new EmbedSteps({ store, embedder, endOfText: "", events: failures });
  const isChanged = () => {
    controller.abort(reason);
    return true;
  };
  await rejects(
    embedAsLists({
      request: { folder: folder.path, pattern: "**/*.md" },
      steps: Object.assign(steps, { isChanged }),
      calls: QUICK_CALLS,
      failures,
      events,
      signal,
    }),
    reason,
  );
  deepEqual(await readErrors(errorsFile), [["read", []]]);
});
