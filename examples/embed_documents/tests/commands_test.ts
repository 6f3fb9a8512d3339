import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { answerWell, Endpoint, HANG } from "documents-tests/endpoint.ts";
import { writeText } from "./helpers/documents.ts";
import { TestFolder } from "documents-tests/folder.ts";
import { command, countStored, runCommand } from "./helpers/run.ts";

const IN_FOLDER = ["--db", ".index.db"];

Deno.test("embed and search work from the caller's folder, with spaces in its path", async () => {
  await using folder = await TestFolder.create({
    "my docs/a b.md": `# Mill\n\n## Wheel\n\nThe wheel of the mill turns in the headrace.`,
    "my docs/c.md": "# Tea\n\nTea is drunk hot.",
  });
  const cwd = folder.path;
  const embedded = await runCommand("embed", ["my docs", ...IN_FOLDER], { cwd });
  equal(embedded.code, 0, embedded.stderr);
  match(embedded.stdout, /^files {4}2 \(2 embedded, 0 unchanged\)\nchunks {3}2\nskipped {2}0\n/);

  const found = await runCommand("search", [
    "What turns the mill wheel?",
    "--top",
    "1",
    ...IN_FOLDER,
  ], {
    cwd,
  });
  equal(found.code, 0, found.stderr);
  match(found.stdout, /^1\. my docs\/a b\.md \(score 0\.\d{3}\)\n {3}Mill > Wheel\n/);
  match(found.stdout, /The wheel of the mill turns in the headrace\./);
  doesNotMatch(found.stdout, /2\./);
});

Deno.test("embed ends with 1 when a file failed, and says which and why", async () => {
  await using folder = await TestFolder.create({ "good.md": "Good text.", "empty.md": "" });
  await folder.link("broken.md", "missing.md");
  const { code, stdout, stderr } = await runCommand("embed", [".", ...IN_FOLDER], {
    cwd: folder.path,
  });
  equal(code, 1);
  match(stdout, /skipped {2}1\nfailed {3}1\n/);
  match(stderr, /^skipped .*\/empty\.md: empty file$/m);
  match(stderr, /^failed .*\/broken\.md: no such file \(a broken link, or deleted meanwhile\)$/m);
});

Deno.test("the commands explain what they cannot do", async () => {
  await using folder = await TestFolder.create({ "a.md": "Some text." });
  const cwd = folder.path;
  await runCommand("embed", [".", ...IN_FOLDER], { cwd });
  const endpoint = { EMBEDDING_URL: "http://127.0.0.1:1/v1", EMBEDDING_MODEL: "tiny" };
  const cases: ["embed" | "search", string[], Record<string, string>, number, RegExp][] = [
    [
      "embed",
      ["no where"],
      {},
      1,
      /^error: Cannot embed the folder ".*no where": it does not exist$/m,
    ],
    [
      "embed",
      [".", "--pattern", "*.rst", ...IN_FOLDER],
      {},
      1,
      /^No file in ".*" matches "\*\.rst"\.$/m,
    ],
    ["embed", ["--what"], {}, 2, /^error: Unknown option '--what'[^]*usage: embed <folder>/m],
    ["embed", [".", ...IN_FOLDER], endpoint, 1, /model "lexical-.*, and this run uses "tiny"/],
    ["embed", ["."], { EMBEDDING_URL: "x" }, 2, /EMBEDDING_MODEL is not/],
    ["search", ["what?"], {}, 1, /^error: There is no database ".*embeddings\.db"/m],
    ["search", ["what?", ...IN_FOLDER], endpoint, 1, /model "lexical-.*, and this run uses "tiny"/],
  ];
  for (const [name, args, env, expected, message] of cases) {
    const { code, stderr } = await runCommand(name, args, { cwd, env });
    equal(code, expected, stderr);
    match(stderr, message);
    doesNotMatch(stderr, /\n {4}at /);
  }
});

Deno.test("embed writes its errors over neither the database nor a document", async () => {
  const text = "# Mill\n\nThe wheel turns.";
  await using folder = await TestFolder.create({ "docs/a.md": text });
  await folder.link("report", "docs/a.md");
  const embed = (...args: string[]) =>
    runCommand("embed", ["docs", "--db", "index.db", ...args], { cwd: folder.path });
  equal((await embed()).code, 0);
  const before = await readFile(folder.join("index.db"));
  for (const errors of ["index.db", "./docs/../index.db", "index.db-wal", "docs/a.md", "report"]) {
    const { code, stderr } = await embed("--errors", errors);
    equal(code, 2, errors);
    match(stderr, /^error: --errors must be a file of its own, and ".*" is /m);
  }
  deepEqual(await readFile(folder.join("index.db")), before);
  equal(await readFile(folder.join("docs/a.md"), "utf8"), text);
  equal((await embed("--errors", "docs/errors.txt")).code, 0);
});

Deno.test("embed stops at once at an endpoint that refuses the key, which is never shown", async () => {
  await using folder = await TestFolder.create({ "long.md": writeText(1, 200_000) });
  await using endpoint = await Endpoint.create(({ headers }) =>
    new Response(`Incorrect key: ${headers.get("authorization")}`, { status: 401 })
  );
  const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "m", EMBEDDING_API_KEY: "sk-secret" };
  const args = [".", ...IN_FOLDER, "--errors", ".errors"];
  const { code, stdout, stderr } = await runCommand("embed", args, { cwd: folder.path, env });
  equal(code, 1);
  equal(endpoint.requests.length, 1);
  match(stderr, /^error: The run stops: The embedding endpoint answered HTTP 401: Incorrect key/m);
  const errors = await readFile(folder.join(".errors"), "utf-8");
  match(errors, /"code":"HTTP_401"/);
  doesNotMatch(stdout + stderr + errors, /sk-secret/);
});

Deno.test(
  "embed fails the files of a batch, lists them, embeds the others and mends it next time",
  async () => {
    await using folder = await TestFolder.create({ "long.md": writeText(1, 50_000) });
    for (let seed = 0; seed < 60; seed++) await folder.write(`${seed}.md`, `Text number ${seed}.`);
    let requests = 0;
    await using endpoint = await Endpoint.create((request) =>
      ++requests === 1 ? new Response("busy", { status: 500 }) : answerWell(request)
    );
    const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" };
    const args = [
      ".",
      ...IN_FOLDER,
      "--retries",
      "0",
      "--errors",
      ".errors",
      "--verbose",
    ];
    const run = () => runCommand("embed", args, { cwd: folder.path, env });
    const { code, stdout, stderr } = await run();
    equal(code, 1);
    const failed = [
      ...stderr.matchAll(/^failed (.*): The embedding endpoint answered HTTP 500: busy$/gm),
    ].map(([, path]) => path);
    ok(failed.length > 0 && failed.length < 61);
    match(stdout, new RegExp(`^failed {3}${failed.length}$`, "m"));
    match(
      stdout,
      new RegExp(`^files    61 \\(${61 - failed.length} embedded, 0 unchanged\\)$`, "m"),
    );
    match(stdout, /^errors {3}.*\.errors$/m);
    match(stderr, /^embed +\S+ +\d+ +0 +1 +.* m?s +.* m?s$/m);
    const [line = "", ...more] = (await readFile(folder.join(".errors"), "utf-8")).split("\n");
    deepEqual(more, [""]);
    deepEqual(JSON.parse(line).paths, failed);

    const again = await run();
    equal(again.code, 0, again.stderr);
    match(again.stdout, new RegExp(`^files    61 \\(${failed.length} embedded, `, "m"));
    doesNotMatch(again.stdout, /^errors/m);
    equal(await readFile(folder.join(".errors"), "utf-8"), "");
    equal(countStored(folder, "tiny").documents, 61);
  },
);

Deno.test(
  "Ctrl-C ends embed with 130; what was stored stays, and the next run goes on",
  async () => {
    await using folder = await TestFolder.create({ "a long one.md": writeText(1, 300_000) });
    const { promise: third, resolve: arrive } = Promise.withResolvers<void>();
    let requests = 0;
    let stopping = true;
    await using endpoint = await Endpoint.create((request) => {
      requests++;
      if (!stopping || requests < 3) return answerWell(request);
      arrive();
      return HANG;
    });
    const env = { EMBEDDING_URL: endpoint.url, EMBEDDING_MODEL: "tiny" };
    const args = [".", ...IN_FOLDER];
    const process = command("embed", args, { cwd: folder.path, env }).spawn();
    // Should it end too soon, the test fails instead of waiting.
    equal(await Promise.race([third, process.status]), undefined);
    process.kill("SIGINT");
    const { code, stdout, stderr } = await process.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    equal(code, 130, err);
    match(err ?? "", /^Stopped\. What was stored stays stored; run again to go on\.$/m);
    const stored = 100;
    match(out ?? "", new RegExp(`^chunks {3}${stored}$`, "m"));
    equal(requests, 3);
    equal(countStored(folder, "tiny").chunks, stored);

    stopping = false;
    const again = await runCommand("embed", args, { cwd: folder.path, env });
    equal(again.code, 0, again.stderr);
    match(again.stdout, /^files {4}1 \(1 embedded, 0 unchanged\)$/m);
    ok(countStored(folder, "tiny").chunks > 200);
  },
);

Deno.test("demo embeds this repository offline and answers a question about it", async () => {
  await using folder = await TestFolder.create();
  const env = { EMBEDDING_URL: "http://127.0.0.1:1/v1", EMBEDDING_MODEL: "none" };
  const { code, stdout, stderr } = await runCommand("demo", ["How do I search for a question?"], {
    cwd: folder.path,
    env: { ...env, TMPDIR: folder.path },
  });
  equal(code, 0, stderr);
  match(stdout, /^The question: How do I search for a question\?$/m);
  match(stdout, /^1\. .*\.md \(score 0\.\d{3}\)$/m);
  deepEqual(await readdir(folder.path), []);
});
