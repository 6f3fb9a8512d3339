// What is sent after a failure.

import { durableStreamSink } from "@headrace/http/durable-streams";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { DurableServer } from "./support/durable_server.ts";

const STREAM = "https://streams.example.com/answer?key=1";

test("durableStreamSink() loses no batch, and writes none twice, after a failure of which nothing is known", async () => {
  for (const failing of ["failures", "lost"] as const) {
    const server = new DurableServer();
    const sink = durableStreamSink<unknown>(STREAM, { producer: "model", fetch: server.fetch });
    await sink.send(["first"]);
    server[failing] = 1;
    const batches = [[1], [2], [3]];
    const sent = await Promise.allSettled(batches.map((batch) => sink.send(batch)));
    assertEquals(sent.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
    assertEquals(server.messages, ["first", 1, 2, 3]);
    // As a stage tries it again.
    assertEquals(await sink.send(batches[0]!), { duplicate: true });
    assertEquals(await sink.send([1]), { duplicate: false });
    assertEquals(server.messages, ["first", 1, 2, 3, 1]);

    server[failing] = 2;
    await assertRejects(() => sink.send([4]), TypeError);
    await assertRejects(() => sink.send([5]), TypeError);
    await sink.close();
    const written = failing === "lost" ? [4, 5] : [4];
    assertEquals([server.messages.slice(5), server.isClosed], [written, true]);
  }
});

test("durableStreamSink() goes on where the server refuses what had failed before, and asks again where it is busy", async () => {
  const server = new DurableServer();
  let statuses: number[] = [];
  const sink = durableStreamSink<unknown>(STREAM, {
    producer: "model",
    create: false,
    fetch: (url, init) => {
      const status = statuses.shift() ?? 200;
      return status === 200
        ? server.fetch(url, init)
        : Promise.resolve(new Response("", { status }));
    },
  });
  const send = (message: number) => sink.send([message]).then(() => "sent", ({ status }) => status);
  statuses = [503, 400];
  assertEquals([await send(1), await send(2)], [503, "sent"]);
  statuses = [400, 429];
  assertEquals([await send(3), await send(4), await send(5)], [400, 429, "sent"]);
  server.lost = 1;
  statuses = [200, 429];
  assertEquals([await send(6), await send(7), await send(8)], [undefined, 429, "sent"]);
  assertEquals(server.messages, [2, 5, 6, 8]);
});

test("durableStreamSink() sends what an array holds now, where it has held another batch that failed", async () => {
  const server = new DurableServer();
  const sink = durableStreamSink<number>(STREAM, { producer: "model", fetch: server.fetch });
  await sink.send([0]);
  const batch = [1];
  server.failures = 1;
  await assertRejects(() => sink.send(batch), TypeError);
  for (const message of [2, 3]) {
    batch[0] = message;
    assertEquals(await sink.send(batch), { duplicate: false });
  }
  assertEquals(server.messages, [0, 1, 2, 3]);
});
