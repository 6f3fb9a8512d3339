import { lines } from "@headrace/formats";
import { fromNodeReadable, toNodeDuplex, toNodeReadable } from "@headrace/http/node";
import { StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline as chain } from "node:stream/promises";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { settle, until, watch } from "@headrace/pipeline/testing";
import { Live } from "./support/live.ts";

const numbers = StreamingPipeline.start<number>();

/** An endless source that counts what it has given, and whether it was closed. */
function count() {
  const seen = { given: 0, closed: 0 };
  const source = (function* () {
    try {
      for (;;) yield seen.given++;
    } finally {
      seen.closed++;
    }
  })();
  return { seen, source };
}

test("toNodeReadable() gives all items, text, bytes or values", async () => {
  const text = StreamingPipeline.start<number>().map("text", (number) => `${number};`);
  const chunks: Uint8Array[] = await collect(toNodeReadable(text.run([1, 2])));
  assertEquals(new TextDecoder().decode(concat(chunks)), "1;2;");
  const holey = toNodeReadable(["a", "", new Uint8Array(), "b"]).setEncoding("utf8");
  assertEquals((await collect(holey)).join(""), "ab");
  await assertRejects(
    () => collect(toNodeReadable([1, null], { objectMode: true })),
    TypeError,
    "null ends a stream of Node",
  );
  const values = toNodeReadable(numbers.execute([1, 2]), { objectMode: true });
  assertEquals(await collect(values), [1, 2]);
});

test("a character that two items share is one character in a stream of Node", async () => {
  const parts = ["a\ud83d", "\ude00", "", "\ud83d", "", "\ude01b\ud83d", "c", "\ud83d"];
  const whole = "a\u{1f600}\u{1f601}b\ufffdc\ufffd";
  const same = StreamingPipeline.start<string>().map("same", (part) => part);
  const duplex = Readable.from(parts).pipe(toNodeDuplex(same, { objectMode: true }));
  const read = async (stream: Readable) =>
    new TextDecoder().decode(concat(await collect<Uint8Array>(stream)));
  assertEquals(await read(toNodeReadable(parts)), whole);
  assertEquals(await read(toNodeReadable([...parts, new Uint8Array([100])])), `${whole}d`);
  assertEquals(await collect(toNodeReadable(parts, { objectMode: true })), parts);
  assertEquals(await collect(duplex), parts);
});

test("toNodeReadable() reads ahead as far as highWaterMark says", async () => {
  for (const highWaterMark of [1, 5]) {
    const { seen, source } = count();
    const stream = toNodeReadable(numbers.execute(source), { objectMode: true, highWaterMark });
    await settle();
    assertEquals(seen.given, 0);
    const items = stream[Symbol.asyncIterator]();
    await items.next();
    await settle();
    assert(seen.given <= highWaterMark + 2, `${seen.given} with ${highWaterMark}`);
    stream.destroy();
    await until("it is closed", () => seen.closed === 1);
  }
});

test("destroying a stream of a run closes its source at once, also while it is silent", async () => {
  const live = new Live();
  const stream = toNodeReadable(live, { objectMode: true });
  const closed = watch(once(stream, "close"));
  stream.resume();
  await until("it is read", () => live.asked === 1);
  stream.destroy();
  await until("it is closed", () => live.closed === 1 && closed.state === "resolved");
});

test("a run that fails destroys its stream with the error", async () => {
  const failing = numbers.map("fail", (number) => {
    if (number === 2) throw new Error("two");
    return `${number}`;
  });
  const stream = toNodeReadable(failing.execute([1, 2]));
  await assertRejects(() => collect(stream), Error, 'Stage "fail" failed at item 1');
});

test("a writer that fails closes the run that it is written from", async () => {
  const { seen, source } = count();
  const full = new Writable({
    objectMode: true,
    write: (item, _encoding, callback) => callback(item === 3 ? new Error("full") : null),
  });
  const stream = toNodeReadable(numbers.execute(source), { objectMode: true });
  await assertRejects(() => chain(stream, full), Error, "full");
  await until("it is closed", () => seen.closed === 1);
});

test("fromNodeReadable() reads a stream, and fails as it does", async () => {
  const read = StreamingPipeline.start<Uint8Array>().use("line", lines());
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(
    await read.executeToArray(fromNodeReadable(Readable.from([bytes("mi"), bytes("ll\nrace")]))),
    ["mill", "race"],
  );
  const failing = new PassThrough();
  failing.write("half");
  const failed = watch(read.executeToArray(fromNodeReadable(failing)));
  await settle();
  failing.destroy(Object.assign(new Error("gone"), { code: "ECONNRESET" }));
  await until("it has failed", () => failed.state === "rejected");
  assertEquals((failed.error as { code?: string }).code, "ECONNRESET");

  const silent = fromNodeReadable(new PassThrough());
  const pending = watch(silent.next());
  await settle();
  await silent.return();
  await until("it has ended", () => pending.state === "resolved");
  assertEquals(pending.value, { done: true, value: undefined });
});

test("closing a run over a silent socket closes the socket at once", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.resume()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const run = StreamingPipeline.start<Uint8Array>().run(fromNodeReadable(socket));
  const pending = watch(run[Symbol.asyncIterator]().next());
  await until("it is connected", () => sockets.length === 1);
  const left = once(sockets[0]!, "close");
  await run[Symbol.asyncDispose]();
  await left;
  assertEquals([socket.destroyed, pending.state], [true, "resolved"]);
  server.close();
  await once(server, "close");
});

test("a request that is not read to its end is answered: its connection is left alone", async () => {
  const first = StreamingPipeline.start<Uint8Array>().use("line", lines()).take("first", 1);
  const failing = first.map("fail", () => {
    throw new Error("no such order");
  });
  const server = createHttpServer((request, response) => {
    const steps = request.url === "/fails" ? failing : first;
    steps.executeToArray(fromNodeReadable(request)).then(
      ([line]) => response.end(line),
      (error: Error) => response.writeHead(400).end(error.message),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (path: string, body: string) => {
    const init = { method: "POST", body, headers: { connection: "close" } };
    const answer = await fetch(url + path, init);
    return [answer.status, await answer.text()];
  };
  try {
    assertEquals(await post("/", "mill\nrace\n"), [200, "mill"]);
    assertEquals(await post("/fails", "mill\nrace\n"), [
      400,
      'Stage "fail" failed at item 0: Error',
    ]);
  } finally {
    server.close();
    await once(server, "close");
  }
});

test("toNodeDuplex() slows its writer to its reader, and ends with it", async () => {
  const { seen, source } = count();
  const double = numbers.map("double", (number) => number * 2);
  const stream = toNodeDuplex(double, { objectMode: true });
  const input = Readable.from(source, { objectMode: true, highWaterMark: 1 });
  input.pipe(stream);
  const items = stream[Symbol.asyncIterator]();
  const read: number[] = [];
  for (let index = 0; index < 5; index++) read.push((await items.next()).value);
  assertEquals(read, [0, 2, 4, 6, 8]);
  await settle();
  assert(seen.given < 40, `${seen.given}`);
  await items.return?.();
  input.destroy();
  await until("it is closed", () => seen.closed === 1);

  const words = StreamingPipeline.start<string>().batch("pair", 2).map(
    "text",
    (pair) => pair.join(),
  );
  const out: string[] = [];
  await chain(
    Readable.from(["a", "b", "c"]),
    toNodeDuplex(words, { objectMode: true }),
    async (items) => {
      for await (const item of items) out.push(item as string);
    },
  );
  assertEquals(out, ["a,b", "c"]);
});

test("a pipeline that fails fails the chain of streams that it stands in, and its source is closed", async () => {
  const { seen, source } = count();
  const failing = numbers.map("fail", (number) => {
    if (number === 3) throw new Error("three");
    return number;
  });
  const output = new Writable({
    objectMode: true,
    write: (_item, _encoding, callback) => callback(),
  });
  const input = Readable.from(source, { objectMode: true });
  await assertRejects(
    () => chain(input, toNodeDuplex(failing, { objectMode: true }), output),
    Error,
    'Stage "fail" failed at item 3',
  );
  await until("it is closed", () => seen.closed === 1);
});

test("the functions on streams of Node refuse what is not valid", () => {
  for (const rest of [[], [[1]]]) {
    assertThrows(
      () => toNodeReadable(numbers as never, ...rest as never[]),
      TypeError,
      "got an object; of a pipeline it takes pipeline.execute(source)",
    );
  }
  assertThrows(
    () => toNodeReadable([], { objectmode: true } as never),
    TypeError,
    'Cannot call toNodeReadable(): unknown option "objectmode"; it has objectMode, highWaterMark',
  );
  assertThrows(
    () => toNodeDuplex(numbers, { highWaterMark: 0 }),
    RangeError,
    "Cannot call toNodeDuplex(): highWaterMark must be a positive integer, got 0",
  );
  assertThrows(
    () => fromNodeReadable([1] as never),
    TypeError,
    "Cannot call fromNodeReadable(): readable must be a Readable of Node, got an array",
  );
});

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

test("a text is one item, and no items of a stream", () => {
  // @ts-expect-error it would be read as its characters
  assertThrows(() => toNodeReadable("text"), TypeError, `got "text"`);
});
