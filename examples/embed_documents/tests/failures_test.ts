import { deepEqual, doesNotMatch, equal, match, ok, rejects } from "node:assert/strict";
import { chmod, readFile } from "node:fs/promises";
import process from "node:process";
import { HttpEmbedder } from "@headrace/documents";
import { FatalError } from "../errors.ts";
import { findChunks } from "../find.ts";
import { writeDocument, writeText } from "./helpers/documents.ts";
import { answerWell, Endpoint, HANG } from "documents-tests/endpoint.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { countStored, databaseOf, embed, QUICK_CALLS, RecordingEmbedder } from "./helpers/run.ts";
import { RunLog } from "./helpers/run_log.ts";

const API_KEY = "sk-secret-1234";

function embedderAt(endpoint: Endpoint): HttpEmbedder {
  const url = new URL(`${endpoint.url}/embeddings`);
  return new HttpEmbedder({ url, model: "tiny", apiKey: API_KEY });
}

/** Documents enough for three batches and more. */
async function createDocuments(): Promise<TestFolder> {
  const folder = await TestFolder.create();
  for (let seed = 0; seed < 60; seed++) await folder.write(`${seed}.md`, writeDocument(seed));
  return folder;
}

async function readErrors(path: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(path, "utf-8")).split("\n");
  equal(lines.pop(), "");
  return lines.map((line) => JSON.parse(line));
}

const busy = (status: number, headers = {}) => new Response("busy", { status, headers });

Deno.test(
  "a call that got HTTP 429 with Retry-After is made again, and all is stored",
  async () => {
    await using folder = await createDocuments();
    await using endpoint = await Endpoint.create((request, number) =>
      number === 1 ? busy(429, { "retry-after": "0" }) : answerWell(request)
    );
    const { failedFiles, counts, stages } = await embed(folder, embedderAt(endpoint));
    deepEqual(failedFiles, {});
    equal(counts.embedded, 60);
    deepEqual(endpoint.requests[1]?.input, endpoint.requests[0]?.input);
    const step = stages.find(({ key }) => key === "embed");
    equal(step?.inputCount, endpoint.requests.length - 1);
  },
);

Deno.test("a call that got HTTP 500 three times succeeds at the fourth attempt", async () => {
  await using folder = await createDocuments();
  await using endpoint = await Endpoint.create((request, number) =>
    number <= 3 ? busy(500) : answerWell(request)
  );
  const { failedFiles } = await embed(folder, embedderAt(endpoint));
  deepEqual(failedFiles, {});
  equal(countStored(folder, "tiny").documents, 60);
});

Deno.test(
  "a batch that gets HTTP 500 for ever fails and is listed, the others are stored",
  async () => {
    await using folder = await createDocuments();
    let poison: string | undefined;
    let refused = 0;
    await using endpoint = await Endpoint.create((request) => {
      poison ??= request.input[0];
      if (!request.input.includes(poison ?? "")) return answerWell(request);
      refused++;
      // Some servers repeat what they were sent.
      return new Response(`${request.headers.get("authorization")} ${poison}`, { status: 500 });
    });
    const errorsFile = folder.join(".errors");
    const { failedFiles, counts } = await embed(folder, embedderAt(endpoint), { errorsFile });
    equal(refused, 4);
    const paths = Object.keys(failedFiles).map((path) => folder.join(path));
    equal(counts.embedded + paths.length, 60);
    ok(paths.length > 0 && paths.length < 60);
    match(Object.values(failedFiles)[0] ?? "", /HTTP 500: Bearer \*\*\* .*\(tried 4 times\)$/);
    deepEqual(await readErrors(errorsFile), [{
      paths,
      key: "embed",
      stepName: "embed",
      code: "HTTP_500",
      message: "The embedding endpoint answered HTTP 500",
      attempts: 4,
    }]);
    const listed = await readFile(errorsFile, "utf-8");
    doesNotMatch(listed, /sk-secret/);
    ok(poison !== undefined && !listed.includes(poison.slice(-40)));
  },
);

Deno.test("a call that hangs is given up, its request ended, and made again", async () => {
  await using folder = await createDocuments();
  await using endpoint = await Endpoint.create((request, number) =>
    number === 1 ? HANG : answerWell(request)
  );
  const calls = { ...QUICK_CALLS, timeoutMs: 300 };
  const { failedFiles, counts } = await embed(folder, embedderAt(endpoint), { calls });
  deepEqual(failedFiles, {});
  equal(counts.embedded, 60);
  deepEqual(endpoint.requests[1]?.input, endpoint.requests[0]?.input);
});

Deno.test(
  "an answer that stops in the middle again and again fails its batch in time",
  async () => {
    await using folder = await TestFolder.create({ "a.md": "Some text." });
    await using endpoint = await Endpoint.create(() =>
      new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode("{")) }))
    );
    const calls = { retry: { maxAttempts: 2, backoffMs: 0 }, timeoutMs: 50 };
    const { failedFiles } = await embed(folder, embedderAt(endpoint), { calls });
    deepEqual(failedFiles, {
      "a.md":
        "The embedding endpoint did not answer in time: No answer within 50 ms (tried 2 times)",
    });
  },
);

Deno.test("a wrong answer is not asked for again", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  await using endpoint = await Endpoint.create(() => Response.json({ data: [] }));
  const { failedFiles } = await embed(folder, embedderAt(endpoint));
  deepEqual(failedFiles, {
    "a.md": "The embedding endpoint answered with 0 vectors for 1 texts",
  });
  // The second request asks whether it answers another text.
  deepEqual(endpoint.requests.map(({ input }) => input), [["Some text."], ["text"]]);
});

Deno.test(
  "an endpoint that is down is asked again, and then the file has failed",
  async () => {
    await using folder = await TestFolder.create({ "a.md": "Some text." });
    let embedder: HttpEmbedder;
    {
      await using endpoint = await Endpoint.create();
      embedder = embedderAt(endpoint);
    }
    const errorsFile = folder.join(".errors");
    const { failedFiles } = await embed(folder, embedder, { errorsFile });
    match(failedFiles["a.md"] ?? "", /^Cannot reach the embedding endpoint .*\(tried 4 times\)$/);
    const [line] = await readErrors(errorsFile);
    deepEqual([line?.code, line?.attempts], ["EMBEDDING_UNREACHABLE", 4]);
  },
);

for (const status of [401, 403, 404]) {
  Deno.test(`HTTP ${status} ends the run at once, and what failed is listed`, async () => {
    await using folder = await TestFolder.create({ "long.md": writeText(1, 200_000) });
    await using endpoint = await Endpoint.create(() => busy(status));
    const errorsFile = folder.join(".errors");
    await rejects(
      embed(folder, embedderAt(endpoint), { errorsFile }),
      (error) =>
        error instanceof FatalError &&
        error.message ===
          `The run stops: The embedding endpoint answered HTTP ${status}: busy`,
    );
    equal(endpoint.requests.length, 1);
    deepEqual((await readErrors(errorsFile)).map(({ code }) => code), [`HTTP_${status}`]);
  });
}

Deno.test("only a batch that is given up counts among those that end the run", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 600_000) });
  let calls = 0;
  const down = new RecordingEmbedder();
  down.embed = () => {
    calls++;
    return Promise.reject(Object.assign(new Error("down"), { status: 503 }));
  };
  const errorsFile = folder.join(".errors");
  const retry = { maxAttempts: 2, backoffMs: 0 };
  await rejects(
    embed(folder, down, { errorsFile, calls: { ...QUICK_CALLS, retry } }),
    /^FatalError: The run stops: 5 batches in a row failed, the last with: down \(tried 2 times\)$/,
  );
  equal(calls, 10);
  deepEqual((await readErrors(errorsFile)).map(({ attempts }) => attempts), [2, 2, 2, 2, 2]);
});

Deno.test("batches that fail now and then do not end the run", async () => {
  await using folder = await TestFolder.create();
  for (let seed = 0; seed < 200; seed++) await folder.write(`${seed}.md`, writeDocument(seed));
  const moody = new RecordingEmbedder();
  const inner = moody.embed.bind(moody);
  let calls = 0;
  // Four of five fail: never five in a row.
  moody.embed = (texts) => ++calls % 5 === 0 ? inner(texts) : Promise.reject(new Error("no"));
  const { counts, failedFiles } = await embed(folder, moody);
  ok(calls > 10);
  equal(counts.embedded + Object.keys(failedFiles).length, 200);
});

Deno.test("an abort ends the wait for the next attempt", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  const controller = new AbortController();
  const reason = new Error("stop");
  const limited = new RecordingEmbedder();
  limited.embed = () => {
    setTimeout(() => controller.abort(reason), 0);
    const refusal = { status: 429, retryAfterMs: 3_600_000 };
    return Promise.reject(Object.assign(new Error("limit"), refusal));
  };
  const calls = { ...QUICK_CALLS, retry: { maxAttempts: 4, backoffMs: 3_600_000 } };
  const log = new RunLog(folder.path);
  await rejects(embed(folder, limited, { calls }, controller.signal, log), reason);
  deepEqual(log.failedFiles, {});
});

Deno.test(
  "files and folders that cannot be read are listed; what is skipped is not",
  async () => {
    await using folder = await TestFolder.create({
      "good.md": writeDocument(1),
      "empty.md": "",
      "invalid.md": new Uint8Array([0xc3, 0xa9, 0xe9, 0x65]),
      "closed/a.md": "Some text.",
    });
    await folder.link("broken.md", "missing.md");
    await chmod(folder.join("closed"), 0o000);
    const errorsFile = folder.join(".errors");
    const { skippedFiles, failedFiles, counts } = await embed(folder, new RecordingEmbedder(), {
      errorsFile,
    });
    await chmod(folder.join("closed"), 0o700);
    deepEqual(skippedFiles, { "empty.md": "empty file" });
    const found = (await readErrors(errorsFile)).map(({ paths, key, code, message, attempts }) =>
      JSON.stringify([
        (paths as string[])[0]?.slice(folder.path.length + 1),
        key,
        code,
        message,
        attempts,
      ])
    ).sort();
    const expected = [
      ["broken.md", "read", "ENOENT", "no such file (a broken link, or deleted meanwhile)", 1],
      [
        "invalid.md",
        "read",
        "STEP_ERROR",
        "not valid UTF-8 near line 1; convert the file to UTF-8",
        1,
      ],
    ];
    // The superuser may look into every folder.
    const isSuperuser = process.getuid?.() === 0;
    if (!isSuperuser) expected.push(["closed", "discover", "EACCES", "permission denied", 1]);
    deepEqual(found, expected.map((line) => JSON.stringify(line)).sort());
    equal(Object.keys(failedFiles).length, expected.length);
    equal(counts.embedded, isSuperuser ? 2 : 1);
  },
);

Deno.test("errors that cannot be written end the run with the reason", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  await rejects(
    embed(folder, new RecordingEmbedder(), { errorsFile: folder.join("no/such/errors") }),
    (error) =>
      error instanceof FatalError && /^Cannot write the errors to ".*errors": /.test(error.message),
  );
});

Deno.test({
  name: "errors that cannot be written any more end the run with the reason",
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  const broken = new RecordingEmbedder();
  broken.embed = () => Promise.reject(new Error("no"));
  await rejects(
    embed(folder, broken, { errorsFile: "/dev/full" }),
    (error) =>
      error instanceof FatalError &&
      /^Cannot write the errors to "\/dev\/full": ./.test(error.message),
  );
});

Deno.test("a search asks a busy endpoint again", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  await using endpoint = await Endpoint.create((request, number) =>
    number === 2 ? busy(503) : answerWell(request)
  );
  const embedder = embedderAt(endpoint);
  await embed(folder, embedder);
  const options = { question: "What?", top: 1, database: databaseOf(folder) };
  const { signal } = new AbortController();
  const [match] = await findChunks(options, embedder, signal, QUICK_CALLS);
  equal(match?.path, folder.join("a.md"));
  equal(endpoint.requests.length, 3);
});
