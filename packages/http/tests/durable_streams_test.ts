import { HttpError } from "@headrace/http";
import {
  durableStream,
  durableStreamSink,
  type StreamPosition,
} from "@headrace/http/durable-streams";
import { StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { until, watch } from "@headrace/pipeline/testing";
import { DurableServer } from "./support/durable_server.ts";
import { openBody, Script } from "./support/scripted.ts";

const STREAM = "https://streams.example.com/answer?key=1";

test("durableStream() reads all messages to the end, and from each position on", async () => {
  const server = new DurableServer();
  server.append("a", "b", "c", "d", "e");
  server.close();
  const source = durableStream<string>(STREAM, { fetch: server.fetch });
  assertEquals(await collect(source), ["a", "b", "c", "d", "e"]);
  assertEquals(server.asked, ["GET ?key=1&offset=-1", "GET ?key=1&offset=3"]);

  const all = await collect(source.open(undefined));
  for (const most of [1, 2, 3, 9]) {
    server.most = most;
    for (const [index, { position }] of all.entries()) {
      const kept: StreamPosition = JSON.parse(JSON.stringify(position));
      const rest = await collect(source.open(kept));
      assertEquals(rest.map(({ item }) => item), ["a", "b", "c", "d", "e"].slice(index + 1));
    }
  }
});

test("durableStream() waits for more until the stream is closed, and ends before that with live: false", async () => {
  const server = new DurableServer();
  server.append("a");
  const source = durableStream<string>(STREAM, { fetch: server.fetch });
  const read = source[Symbol.asyncIterator]();
  assertEquals((await read.next()).value, "a");
  const second = read.next();
  await until("it waits", () => server.asked.length === 2);
  assertEquals(server.asked[1], "GET ?key=1&offset=1&live=long-poll&cursor=c1");
  server.append("b");
  assertEquals((await second).value, "b");
  const end = read.next();
  await until("it waits", () => server.asked.length === 3);
  server.close();
  assertEquals(await end, { done: true, value: undefined });

  const open = new DurableServer();
  open.append("a");
  const current = durableStream(STREAM, { fetch: open.fetch, live: false });
  assertEquals(await collect(current), ["a"]);
});

test("durableStream() asks again as retry says, and gives no message twice", async () => {
  const server = new DurableServer();
  server.append(..."abcdefg");
  server.close();
  const retry = { maxAttempts: 3, backoffMs: 0 };
  const source = durableStream<string>(STREAM, { fetch: server.fetch, retry });
  const read: string[] = [];
  for await (const message of source) {
    read.push(message);
    server.failures = 2;
  }
  assertEquals(read.join(""), "abcdefg");
});

test("durableStream() is closed at once while it waits", async () => {
  const script = new Script(({ signal }) =>
    new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)))
  );
  const read = durableStream(STREAM, { fetch: script.fetch })[Symbol.asyncIterator]();
  const pending = watch(read.next());
  await until("it has asked", () => script.asked.length === 1);
  await read.return();
  await until("the read has ended", () => pending.state === "resolved");
});

test("durableStream() gives the bytes of any stream as they come", async () => {
  const answer = (text: string, next: string, headers = {}) =>
    new Response(text, { headers: { "stream-next-offset": next, ...headers } });
  const script = new Script(
    answer("mi", "2"),
    answer("ll", "4", { "stream-up-to-date": "true", "stream-closed": "true" }),
  );
  const chunks = await collect(
    durableStream(STREAM, { as: "bytes", fetch: script.fetch }).open(undefined),
  );
  assertEquals(chunks.map(({ position }) => position.offset), ["2", "4"]);
  assertEquals(chunks.map(({ item }) => new TextDecoder().decode(item)).join(""), "mill");
});

test("durableStream() refuses answers that are not of the protocol, or too large", async () => {
  const body = openBody();
  body.write("[1,2,3");
  const headers = { "stream-next-offset": "1" };
  const cases = [
    [new Response("[1]"), "it must have a header Stream-Next-Offset"],
    [new Response("{secret", { headers }), "its body must be an array of JSON"],
    [new Response('{"a":1}', { headers }), "its body must be an array of JSON"],
    [
      new Response("[1]", { headers: { "stream-next-offset": "-1" } }),
      "its offset must lead on, and is that which was asked for",
    ],
    [new Response(body.stream, { headers }), "its body must have at most 5 bytes (maxBytes)"],
    [new Response("gone", { status: 410 }), "its status is 410"],
  ] as const;
  for (const [answer, rule] of cases) {
    const source = durableStream(STREAM, {
      fetch: new Script(answer).fetch,
      maxBytes: rule.includes("5 bytes") ? 5 : undefined,
    });
    const error = await assertRejects(() => collect(source), HttpError);
    assertEquals(error.message.split(": ").at(-1), rule);
  }
});

test("the functions on durable streams send their headers, made anew for each request", async () => {
  let count = 0;
  const headers = { "x-key": () => Promise.resolve(`key-${++count}`), "x-own": "1" };
  const next = { "stream-next-offset": "1" };
  const script = new Script(
    new Response("[1]", { headers: next }),
    new Response("[]", { headers: { ...next, "stream-closed": "true" } }),
    new Response(null, { status: 201 }),
    new Response(null, { status: 200 }),
  );
  await collect(durableStream(STREAM, { fetch: script.fetch, headers }));
  const sink = durableStreamSink(STREAM, { producer: "model", fetch: script.fetch, headers });
  await sink.send([1]);
  assertEquals(
    script.asked.map(({ headers }) => [headers.get("x-key"), headers.get("x-own")]),
    [1, 2, 3, 4].map((number) => [`key-${number}`, "1"]),
  );
});

test("durableStreamSink() makes no stream without create, and none when its signal is aborted", async () => {
  const server = new DurableServer();
  const controller = new AbortController();
  const sink = durableStreamSink(STREAM, {
    producer: "model",
    create: false,
    fetch: (url, init) => {
      init?.signal?.throwIfAborted();
      return server.fetch(url, init);
    },
    signal: controller.signal,
  });
  await sink.send([1]);
  controller.abort(new Error("enough"));
  await assertRejects(() => sink.send([2]), Error, "enough");
  assertEquals([server.asked, server.messages], [["POST ?key=1"], [1]]);
});

test("durableStreamSink() writes each batch once, however often it is sent", async () => {
  const server = new DurableServer();
  const batches = StreamingPipeline.start<string>().batch("words", 2);
  const write = async (failAt: number) => {
    const sink = durableStreamSink<string>(STREAM, { producer: "model", fetch: server.fetch });
    await batches.executeForEach(["a", "b", "c", "d", "e"], (words, index) => {
      if (index === failAt) throw new Error("killed");
      return sink.send(words, index);
    });
    await sink.close();
  };
  await assertRejects(() => write(2), Error);
  assertEquals(server.messages, ["a", "b", "c", "d"]);
  await write(Infinity);
  await write(Infinity);
  assertEquals([server.messages, server.isClosed], [["a", "b", "c", "d", "e"], true]);
});

test("durableStreamSink() numbers batches by itself, in the order of the calls, and goes on after a failure", async () => {
  const server = new DurableServer();
  const sink = durableStreamSink<unknown>(STREAM, { producer: "model", fetch: server.fetch });
  const results = await Promise.all([sink.send([1]), sink.send([[2, 3]]), sink.send([4])]);
  assertEquals(results, Array(3).fill({ duplicate: false }));
  assertEquals(server.messages, [1, [2, 3], 4]);
  server.failures = 1;
  await assertRejects(() => sink.send([5]), TypeError, "fetch failed");
  assertEquals(await sink.send([5]), { duplicate: false });
  const error = await assertRejects(() => sink.send([9], 9), HttpError);
  assertEquals([error.code, error.body], ["HTTP_409", "Producer sequence gap"]);
  assertEquals(server.asked.filter((each) => each.startsWith("PUT")).length, 1);
});

test("the functions on durable streams refuse what is not valid", async () => {
  const cases: readonly [() => unknown, string][] = [
    [
      () => durableStream(STREAM, { as: "text" as "json" }),
      'durableStream(): as must be one of "json", "bytes", got "text"',
    ],
    [
      () => durableStream(STREAM, { live: 1 as never }),
      "durableStream(): live must be a boolean, got 1",
    ],
    [
      () => durableStream(STREAM).open({ offset: 1 } as never),
      "durableStream(): from must be a position { offset, index }, got an object",
    ],
    [
      () => durableStream(STREAM).open({ offset: "1".repeat(1_025), index: 0 }),
      "durableStream(): from must be a position { offset, index }, got an object",
    ],
    [
      () => durableStreamSink(STREAM, { producer: "a\nb" }),
      'durableStreamSink(): producer must be text of 1 to 256 visible characters of ASCII, got "a\\nb"',
    ],
    [
      () => durableStreamSink(STREAM, { producer: "a", epoch: -1 }),
      "durableStreamSink(): epoch must be a non-negative integer, got -1",
    ],
  ];
  for (const [call, rule] of cases) assertThrows(call, Error, `Cannot call ${rule}`);
  const sink = durableStreamSink(STREAM, { producer: "a", fetch: new DurableServer().fetch });
  await assertRejects(
    () => sink.send([]),
    TypeError,
    "messages must be an array that is not empty, got an array",
  );
  await assertRejects(
    () => sink.send([1], 1.5),
    RangeError,
    "sequence must be a non-negative integer, got 1.5",
  );
});
