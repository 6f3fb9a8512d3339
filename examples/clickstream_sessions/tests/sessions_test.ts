import { deepEqual, equal, match, notDeepEqual, ok, throws } from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseGenerateArguments, parseSessionsArguments } from "../args.ts";
import { makeClicks } from "../make_clicks.ts";
import { sessionsByRule } from "./helpers/model.ts";
import { linesOf } from "./helpers/ndjson.ts";

/** Runs a command to its end. */
async function run(name: "generate" | "sessions", ...args: readonly string[]) {
  const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function readLines(text: string): unknown[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("the commands make a file of clicks, and its sessions and late clicks", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sessions-test-"));
  try {
    const generated = await run("generate", "--seed", "6", "--count", "4000", "--users", "250");
    equal(generated.code, 0, generated.stderr);
    const clicks = makeClicks({ seed: 6, count: 4_000, users: 250 });
    equal(generated.stdout, linesOf(clicks).map((line) => `${line}\n`).join(""));
    const [file, lateFile] = [join(folder, "clicks.ndjson"), join(folder, "late.ndjson")];
    await writeFile(file, `${generated.stdout}secret\n`);

    const { code, stdout, stderr } = await run("sessions", file, "--late", lateFile);
    equal(code, 0, stderr);
    const expected = sessionsByRule(clicks, 30 * 60_000, 5 * 60_000);
    deepEqual(readLines(stdout), expected.sessions);
    const late = expected.late.map((click) => ({ ...click, at: new Date(click.at).toISOString() }));
    deepEqual(readLines(await readFile(lateFile, "utf8")), late);
    equal(
      stderr,
      `line 4001: NOT_JSON\n` +
        `4001 lines: ${4_000 - late.length} clicks in ${expected.sessions.length} sessions\n` +
        `${late.length} clicks were late, 0 came twice, 1 lines were bad\n`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("a command whose reader has left ends, and says nothing of it", async () => {
  for (const [name, ...args] of [["generate", "--count", "20000"], ["sessions", "-"]]) {
    const script = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", script, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await process.stdout.cancel();
    // Its input does not end.
    const input = process.stdin.getWriter();
    const clicks = linesOf(makeClicks({ seed: 6, count: 4_000, users: 250 }));
    await input.write(new TextEncoder().encode(clicks.map((line) => `${line}\n`).join("")))
      .catch(() => {});
    equal(await new Response(process.stderr).text(), "");
    equal((await process.status).code, 141);
    await input.close().catch(() => {});
  }
});

Deno.test("a file that is not there is one line of error, and the code is 1", async () => {
  const { code, stdout, stderr } = await run("sessions", "no/such/file");
  equal(code, 1);
  equal(stdout, "");
  match(stderr, /^error: [^\n]*ENOENT[^\n]*no\/such\/file[^\n]*\n$/);
});

Deno.test("late clicks do not replace the clicks, whatever the file is called", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sessions-test-"));
  try {
    const [file, link, late] = ["a.ndjson", "b.ndjson", "late"].map((name) => join(folder, name));
    const text = linesOf(makeClicks({ seed: 1, count: 3, users: 2 })).join("\n");
    await writeFile(file!, text);
    await symlink(file!, link!);
    for (const name of [file!, link!]) {
      const { code, stderr } = await run("sessions", file!, "--late", name);
      equal(code, 2);
      match(stderr, /^error: --late must be another file than the clicks, got/);
      equal(await readFile(file!, "utf8"), text);
    }
    await writeFile(late!, "of an earlier run");
    equal((await run("sessions", join(folder, "missing"), "--late", late!)).code, 1);
    equal(await readFile(late!, "utf8"), "of an earlier run");
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("wrong arguments are refused with the rule and the value", () => {
  const cases: [() => unknown, RegExp][] = [
    [() => parseSessionsArguments([]), /^UsageError: Missing <file>$/],
    [() => parseSessionsArguments(["a", "b"]), /One <file> only, got 2/],
    [() => parseSessionsArguments(["a", "--gap-ms", "0"]), /--gap-ms must be .* got "0"/],
    [() => parseSessionsArguments(["a", "--nothing"]), /nothing/],
    [() => parseGenerateArguments(["--count", "many"]), /--count must be .* got "many"/],
    [() => parseGenerateArguments(["a"]), /No file, got 1/],
  ];
  for (const [parse, message] of cases) throws(parse, message);
  equal(parseSessionsArguments(["-"]).file, "-");
  equal(parseSessionsArguments(["a", "--allowed-lateness-ms", "0"]).allowedLatenessMs, 0);
});

Deno.test("makeClicks() makes the same clicks for the same seed, out of order, of many users", () => {
  const clicks = makeClicks({ seed: 1, count: 5_000, users: 300 });
  deepEqual(makeClicks({ seed: 1, count: 5_000, users: 300 }), clicks);
  notDeepEqual(makeClicks({ seed: 2, count: 5_000, users: 300 }), clicks);
  equal(clicks.length, 5_000);
  ok(new Set(clicks.map(({ user }) => user)).size > 250);
});
