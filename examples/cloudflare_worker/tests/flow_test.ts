// How the Worker keeps to the pace of its client, and what it holds meanwhile, in a real workerd
// process.

import { doesNotMatch, equal, ok } from "node:assert/strict";
import { Connection } from "./helpers/connection.ts";
import { type Answer, readAnswers, toLines, upload } from "./helpers/upload.ts";
import { Workerd } from "./helpers/workerd.ts";

/** Nothing but the client's leaving ends a call that hangs. */
const HANGING = {
  LINES_PER_CALL: 1,
  CONCURRENT_CALLS: 4,
  CALL_TIMEOUT_MS: 600_000,
  MAX_ANSWER_BYTES: 67_108_864,
};
const MEBIBYTE = 1_048_576;
const TEXT = "x".repeat(1_000);
const LINES_PER_CHUNK = 50;
const CHUNK = new TextEncoder().encode(toLines({ text: TEXT }).repeat(LINES_PER_CHUNK));

/** An upload that is made as it is sent. */
class LongUpload {
  /** The bytes that have been taken. */
  takenBytes = 0;
  readonly body: ReadableStream<Uint8Array>;

  constructor(lines: number) {
    let chunks = lines / LINES_PER_CHUNK;
    this.body = new ReadableStream({
      pull: (controller) => {
        if (chunks-- === 0) return controller.close();
        controller.enqueue(CHUNK);
        this.takenBytes += CHUNK.length;
      },
    }, { highWaterMark: 0 });
  }
}

function isResult(answer: Answer, line: number): boolean {
  return "result" in answer && answer.line === line && answer.result === TEXT;
}

Deno.test({
  name: "100,000 lines go through in flat memory",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // Each collection is a full one, and the space for young objects does not grow: what counts is
    // what is held, and not what waits to be collected.
    const v8Flags = ["--gc-global", "--max-semi-space-size=4"];
    await using workerd = await Workerd.start({ v8Flags });
    const response = await upload(workerd.url, new LongUpload(100_000).body);

    const rss = new Map<number, number>();
    let lines = 0;
    for await (const answer of readAnswers(response)) {
      lines++;
      if (!isResult(answer, lines)) throw new Error(`Wrong answer: ${JSON.stringify(answer)}`);
      if (lines % 10_000 === 0) rss.set(lines, await workerd.rssBytes());
    }

    equal(lines, 100_000);
    const growth = (Math.max(...rss.values()) - rss.get(10_000)!) / MEBIBYTE;
    const shown = [...rss.values()].map((bytes) => Math.round(bytes / MEBIBYTE)).join(" ");
    ok(growth < 32, `It grew by ${Math.round(growth)} MiB; every 10,000 lines it had ${shown}`);
  },
});

Deno.test("a client that does not read stops the upload", async () => {
  await using workerd = await Workerd.start();
  const lines = 100_000;
  const long = new LongUpload(lines);
  const response = await upload(workerd.url, long.body);

  await workerd.untilStill(() => long.takenBytes);
  ok(long.takenBytes < 32 * MEBIBYTE, `${long.takenBytes} bytes were taken`);

  // It was the reader that held it up: all of it comes when it is read.
  let next = 1;
  for await (const answer of readAnswers(response)) ok(isResult(answer, next++));
  equal(next, lines + 1);
  equal((await workerd.counters()).records, lines);
});

Deno.test("a client that leaves in the middle of its upload aborts the calls under way", async () => {
  await using workerd = await Workerd.start({ vars: HANGING });
  {
    using client = await Connection.open(workerd.url);
    await client.send(toLines({ text: "first" }));
    await client.receive(`"result":"first"`);
    await client.send(toLines({ hang: true }, { hang: true }, { hang: true }, { text: "fifth" }));
    await workerd.until(({ calls, running }) => calls === 5 && running === 3);
  }

  await workerd.until(({ aborted, running }) => aborted === 3 && running === 0);
  await workerd.untilLogged("The client has left: the run is closed");
  equal((await workerd.counters()).calls, 5);
  doesNotMatch(await workerd.stop(), /uncaught/i);
});

Deno.test("a client that leaves without reading its results aborts the calls under way", async () => {
  await using workerd = await Workerd.start({ vars: HANGING });
  {
    using client = await Connection.open(workerd.url);
    // More than all buffers between the two take: the Worker is stuck in a write.
    await client.send(toLines({ text: TEXT, repeat: 32_000 }, { hang: true }, { hang: true }));
    await client.receive(TEXT);
    await workerd.until(({ calls, running }) => calls === 3 && running === 2);
  }

  await workerd.until(({ aborted, running }) => aborted === 2 && running === 0);
  await workerd.untilLogged("The client has left: the run is closed");
  doesNotMatch(await workerd.stop(), /uncaught/i);
});

Deno.test("a client that leaves after its upload aborts the calls under way", async () => {
  await using workerd = await Workerd.start({ vars: HANGING });
  {
    using client = await Connection.open(workerd.url);
    await client.send(toLines({ hang: true }, { hang: true }));
    await client.finish();
    await workerd.until(({ running }) => running === 2);
  }

  await workerd.until(({ aborted, running }) => aborted === 2 && running === 0);
  await workerd.untilLogged("The client has left: the run is closed");
  doesNotMatch(await workerd.stop(), /uncaught/i);
});
