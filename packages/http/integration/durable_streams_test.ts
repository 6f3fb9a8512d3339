// durableStream() and durableStreamSink() against the reference server of the protocol, with writers that are
// killed and readers that leave.

import { assertEquals } from "@std/assert";
import { DurableStream, stream } from "@durable-streams/client";
import { DurableStreamTestServer } from "@durable-streams/server";
import { durableStream, durableStreamSink } from "@headrace/http/durable-streams";
import { onDeno, readResult, runBun, runDeno, runNode } from "./servers/start.ts";

const WORDS = Array.from({ length: 500 }, (_, id) => `word-${id}`);

/** Starts a server, which ends its long polls soon, so that there are many. */
async function startServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = new DurableStreamTestServer({ port: 0, host: "127.0.0.1", longPollTimeout: 50 });
  const url = await server.start();
  return { url, [Symbol.asyncDispose]: () => server.stop() };
}

// The server keeps connections for those that come back, and ends them when it is stopped.
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "an answer is read without loss by a client that leaves, from a writer that is killed",
  options,
  async () => {
    await using server = await startServer();
    const url = `${server.url}/answer`;
    const killed = await onDeno("", "clients/answer.ts", [url]).start();
    const reading = runDeno<string[]>("clients/read_answer.ts", [url]);
    killed.kill("SIGKILL");
    await killed[Symbol.asyncDispose]();
    const again = await onDeno("", "clients/answer.ts", [url]).start();
    assertEquals(await readResult(again), "done");
    assertEquals(await reading, WORDS);
  },
);

const RUNTIMES = [
  ["Bun", (url: string) => runBun<string[]>("clients/read_answer.ts", [url])],
  ["Node 20", (url: string) => runNode<string[]>("clients/read_answer.ts", [url], 20)],
  ["Node 24", (url: string) => runNode<string[]>("clients/read_answer.ts", [url], 24)],
] as const;
for (const [name, read] of RUNTIMES) {
  Deno.test(`${name}: an answer is read without loss while it is written`, options, async () => {
    await using server = await startServer();
    const sink = durableStreamSink<string>(`${server.url}/answer`, { producer: "model" });
    await sink.send(WORDS.slice(0, 10));
    const reading = read(`${server.url}/answer`);
    for (let at = 10; at < WORDS.length; at += 10) {
      await sink.send(WORDS.slice(at, at + 10));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await sink.close();
    assertEquals(await reading, WORDS);
  });
}

Deno.test(
  "what the protocol's own client writes is read, and it reads what is written",
  options,
  async () => {
    await using server = await startServer();
    const theirs = await DurableStream.create({
      url: `${server.url}/theirs`,
      contentType: "application/json",
    });
    for (const word of ["a", "b"]) await theirs.append(JSON.stringify(word));
    await theirs.close();
    const read: string[] = [];
    for await (const word of durableStream<string>(`${server.url}/theirs`)) read.push(word);
    assertEquals(read, ["a", "b"]);

    const sink = durableStreamSink<string>(`${server.url}/ours`, { producer: "model" });
    await sink.send(["c", "d"]);
    await sink.close();
    const session = await stream<string>({ url: `${server.url}/ours`, live: false });
    assertEquals(await session.json(), ["c", "d"]);

    await DurableStream.create({
      url: `${server.url}/text`,
      contentType: "text/plain",
      body: "mill",
    });
    const bytes = durableStream(`${server.url}/text`, { as: "bytes", live: false });
    let text = "";
    for await (const chunk of bytes) text += new TextDecoder().decode(chunk);
    assertEquals(text, "mill");
  },
);

Deno.test("a writer with a lower epoch is shut out, and a gap is refused", options, async () => {
  await using server = await startServer();
  const url = `${server.url}/answer`;
  const old = durableStreamSink<string>(url, { producer: "model" });
  await old.send(["a"]);
  const young = durableStreamSink<string>(url, { producer: "model", epoch: 1 });
  await young.send(["b"]);
  const codes: string[] = [];
  for (const call of [() => old.send(["c"]), () => young.send(["d"], 5)]) {
    await call().catch((error) => codes.push(error.code));
  }
  assertEquals(codes, ["HTTP_403", "HTTP_409"]);
});
