import { deepEqual, equal, match, ok } from "node:assert/strict";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArguments } from "../args.ts";
import type { Alert } from "../pipeline.ts";
import { Endpoint } from "./helpers/endpoint.ts";
import { messagesOf } from "./helpers/follower.ts";
import { lineOf, LogFile } from "./helpers/log_file.ts";

const SCRIPT = fileURLToPath(new URL("../follow.ts", import.meta.url));

/** Those of the task, and the folder of the state. */
const PERMISSIONS = [
  ...["--no-prompt", "--allow-read", "--allow-net=127.0.0.1,[::1],localhost"],
  ...["--allow-env=INIT_CWD", "--allow-sys=hostname", `--allow-write=${tmpdir()}`],
];

/** The command as a real process. */
function follow(...args: readonly string[]): Deno.ChildProcess {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...PERMISSIONS, SCRIPT, "--poll-ms", "1", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

/** Splits a process's output into lines that can be waited for. */
function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const chunks = stream.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let text = "";
  return async (): Promise<string | undefined> => {
    while (!text.includes("\n")) {
      const { done, value } = await chunks.next();
      if (done) return undefined;
      text += value;
    }
    const [line = ""] = text.split("\n", 1);
    text = text.slice(line.length + 1);
    return line;
  };
}

Deno.test("Ctrl-C sends what is batched, says what was done, and ends with 0", async () => {
  await using log = await LogFile.create();
  const process = follow(log.path, "--size", "2", "--max-wait-ms", "2147483647");
  const [out, err] = [linesOf(process.stdout), linesOf(process.stderr)];
  match(await err() ?? "", /^following/);
  await log.append(lineOf(1, "error") + "secret\n" + lineOf(3, "error") + lineOf(4, "error"));
  const first: Alert = JSON.parse(await out() ?? "");
  deepEqual(messagesOf(first), ["message 1", "message 3"]);
  equal(await err(), "line 2: NOT_AN_ENTRY");

  process.kill("SIGINT");
  const second: Alert = JSON.parse(await out() ?? "");
  deepEqual(messagesOf(second), ["message 4"]);
  equal(await err(), "4 lines, 1 of them bad; 3 errors");
  equal(await err(), "2 alerts, 0 more not taken");
  deepEqual([await out(), await err()], [undefined, undefined]);
  equal((await process.status).code, 0);
});

Deno.test("--to sends alerts to an endpoint; those that it refuses are printed, and the code is 1", async () => {
  await using log = await LogFile.create(lineOf(1, "error"));
  await using endpoint = new Endpoint();
  const process = follow(log.path, "--size", "1", "--to", endpoint.url.href);
  const [out, err] = [linesOf(process.stdout), linesOf(process.stderr)];
  deepEqual(messagesOf((await endpoint.posted.take()).alert), ["message 1"]);
  endpoint.status = 400;
  await log.append(lineOf(2, "error"));
  const refused: Alert = JSON.parse(await out() ?? "");
  deepEqual(messagesOf(refused), ["message 2"]);
  match(await err() ?? "", /^following/);
  equal(await err(), "an alert of 1 errors was not taken (HTTP_400):");
  process.kill("SIGTERM");
  equal(await err(), "2 lines, 0 of them bad; 2 errors");
  equal(await err(), "1 alerts, 1 more not taken");
  deepEqual([await out(), await err()], [undefined, undefined]);
  equal((await process.status).code, 1);
});

Deno.test("alerts that are not read from the standard output wait for the next run, and the code is 1", async () => {
  await using log = await LogFile.create(lineOf(1, "error"));
  const args = [log.path, "--size", "1", "--state", `${log.path}.db`];
  const process = follow(...args);
  const out = process.stdout.getReader();
  deepEqual(messagesOf(JSON.parse(new TextDecoder().decode((await out.read()).value))), [
    "message 1",
  ]);
  await out.cancel();
  await log.append(lineOf(2, "error") + lineOf(3, "error"));
  const said = await new Response(process.stderr).text();
  match(said, /\(EPIPE\):\nerror: The standard output takes no more alerts: .+\n$/);
  equal((await process.status).code, 1);

  const next = follow(...args);
  const read = linesOf(next.stdout);
  deepEqual(messagesOf(JSON.parse(await read() ?? "")), ["message 2"]);
  deepEqual(messagesOf(JSON.parse(await read() ?? "")), ["message 3"]);
  next.kill("SIGTERM");
  equal(await read(), undefined);
  match(await new Response(next.stderr).text(), /\n2 alerts, 0 more not taken\n$/);
  equal((await next.status).code, 0);
});

Deno.test("a second signal ends at once, also while an endpoint does not answer", async () => {
  await using log = await LogFile.create(lineOf(1, "error"));
  const received = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, () => (received.resolve(), answer.promise));
  const to = `http://127.0.0.1:${server.addr.port}/`;
  const process = follow(log.path, "--size", "1", "--to", to);
  await received.promise;
  // Two of a kind could arrive as one.
  process.kill("SIGINT");
  process.kill("SIGTERM");
  const { code } = await process.output();
  ok(code === 130 || code === 143, `${code}`);
  answer.resolve(new Response());
  await server.shutdown();
});

Deno.test("SIGTERM leaves the log, and sends what has been read", async () => {
  await using log = await LogFile.create();
  const process = follow(log.path, "--size", "2", "--max-wait-ms", "2147483647");
  const [out, err] = [linesOf(process.stdout), linesOf(process.stderr)];
  match(await err() ?? "", /^following/);
  await log.append(lineOf(1, "error") + lineOf(2, "error") + lineOf(3, "error"));
  deepEqual(messagesOf(JSON.parse(await out() ?? "")), ["message 1", "message 2"]);

  process.kill("SIGTERM");

  deepEqual(messagesOf(JSON.parse(await out() ?? "")), ["message 3"]);
  equal(await err(), "3 lines, 0 of them bad; 3 errors");
  equal(await err(), "2 alerts, 0 more not taken");
  deepEqual([await out(), await err()], [undefined, undefined]);
  equal((await process.status).code, 0);
});

Deno.test("a follower that is killed again and again loses no error, and makes no alert twice", async () => {
  await using log = await LogFile.create();
  await using endpoint = new Endpoint();
  const state = `${log.path}-state.db`;
  const args = ["--state", state, "--size", "3", "--max-wait-ms", "2147483647", "--to"];
  const alerts = new Map<string, readonly string[]>();
  let written = 0;
  const write = async (count: number) => {
    for (let each = 0; each < count; each++) await log.append(lineOf(++written, "error"));
  };
  for (let kill = 1; kill <= 8; kill++) {
    const process = follow(log.path, ...args, endpoint.url.href);
    await write(2);
    if (kill % 3 === 0) await log.rotate();
    await write(3);
    // Before it is answered: the follower does not know whether the alert was taken.
    const { alert } = await endpoint.posted.take();
    process.kill("SIGKILL");
    await process.output();
    const known = alerts.get(alert.id);
    if (known !== undefined) deepEqual(messagesOf(alert), known);
    alerts.set(alert.id, messagesOf(alert));
    if (kill % 4 === 0) await log.rotate();
    // The file that it goes on in is compressed then, or the one after that.
    if (kill % 2 === 0) await log.packNewest();
  }
  const last = follow(log.path, ...args, endpoint.url.href);
  const [out, err] = [linesOf(last.stdout), linesOf(last.stderr)];
  match(await err() ?? "", /^following/);
  last.kill("SIGINT");
  for (const next of [out, err]) while (await next() !== undefined);
  equal((await last.status).code, 0);
  for (const { alert } of endpoint.posted.rest) alerts.set(alert.id, messagesOf(alert));
  deepEqual(
    [...alerts.values()].flat(),
    Array.from({ length: written }, (_, index) => `message ${index + 1}`),
  );
});

Deno.test("a follower that is stopped and started again reads on, and sends nothing twice", async () => {
  await using log = await LogFile.create(lineOf(1, "error") + lineOf(2, "error"));
  const args = ["--state", `${log.path}-state.db`, "--size", "1"];
  const messages: string[] = [];
  for (const signal of ["SIGTERM", "SIGINT", "SIGTERM"] as const) {
    const process = follow(log.path, ...args);
    const [out, err] = [linesOf(process.stdout), linesOf(process.stderr)];
    match(await err() ?? "", /^following/);
    const count = messages.length === 0 ? 2 : 1;
    for (let each = 0; each < count; each++) {
      messages.push(...messagesOf(JSON.parse(await out() ?? "")));
    }
    process.kill(signal);
    equal(await err(), `${count} lines, 0 of them bad; ${count} errors`);
    equal(await err(), `${count} alerts, 0 more not taken`);
    equal(await out(), undefined);
    equal((await process.status).code, 0);
    await log.rotate();
    await log.append(lineOf(messages.length + 1, "error"));
  }
  deepEqual(messages, ["message 1", "message 2", "message 3", "message 4"]);
});

Deno.test("wrong arguments are refused with the rule and the value", () => {
  const cases: [readonly string[], RegExp][] = [
    [[], /^Missing <file>$/],
    [["a", ""], /^Missing <file>$/],
    [["a", "--state", ""], /^--state must be a file$/],
    [["a", "--size", "0"], /^--size must be a whole number from 1 to 10000, got "0"$/],
    [["a", "--max-wait-ms", "1.5"], /^--max-wait-ms must be .* got "1\.5"$/],
    [["a", "--to", "http://example.org/"], /^--to must be an http URL of this machine, got/],
    [["a", "--to", "http://127.0.0.1.example.org/"], /^--to must be an http URL/],
    [["a", "--to", "file:///etc/passwd"], /^--to must be an http URL/],
    [["a", "--nothing"], /nothing/],
  ];
  for (const [args, expected] of cases) {
    try {
      parseArguments(args);
    } catch (error) {
      ok(error instanceof Error);
      equal(error.name, "UsageError");
      match(error.message, expected);
      continue;
    }
    ok(false, `${args} must be refused`);
  }
  for (const to of ["http://localhost:1/a", "http://[::1]:1/", "https://127.0.0.1/"]) {
    equal(parseArguments(["a", "--to", to]).to?.href, to);
  }
});
