import {
  WebSocketError,
  webSocketSource,
  type WebSocketSourceOptions,
  type WebSocketTarget,
} from "@headrace/http";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { settle, TestClock, until, watch } from "@headrace/pipeline/testing";
import { withTimers } from "./support/fake_timers.ts";
import { Sockets } from "./support/fake_socket.ts";

const FEED = "wss://example.com/feed?key=0123456789";
const AT_ONCE = { maxAttempts: 3, backoffMs: 0, maxBackoffMs: 0 };
const positioned: WebSocketSourceOptions<number> = {
  position: (message) => Number(message) || undefined,
  onOpen: (send, from) => send(`from ${from}`),
};

/** Reads a source, and plays the other side. */
function open<TPosition>(options: WebSocketSourceOptions<TPosition> = {}, to = FEED) {
  const sockets = new Sockets();
  const source = webSocketSource<TPosition>(to, { ...options, connect: sockets.connect });
  const socket = async (index: number) => {
    // Between two of them is a timer of 0 ms.
    while (sockets.made.length <= index) await settle();
    return sockets.made[index]!;
  };
  return { source, sockets, socket };
}

const codeOf = (error: unknown) => error instanceof WebSocketError ? error.code : error;

test("webSocketSource() reads text and bytes in order, and ends with the connection", async () => {
  const { source, socket } = open();
  const read = watch(collect(source));
  const first = await socket(0);
  first.accept();
  first.give("a", new Uint8Array([1, 2]), "b");
  first.end(1000);
  await until("it has ended", () => read.state === "resolved");
  assertEquals(read.value, ["a", new Uint8Array([1, 2]), "b"]);
  assertEquals([first.binaryType, first.readers], ["arraybuffer", 0]);
});

test("webSocketSource() connects when it is read, and each reading has a connection of its own", async () => {
  const { source, sockets } = open();
  const [one, two] = [source[Symbol.asyncIterator](), source[Symbol.asyncIterator]()];
  await settle();
  assertEquals(sockets.made.length, 0);
  void watch(one.next());
  void watch(two.next());
  await until("both have connected", () => sockets.made.length === 2);
  await Promise.all([one.return(), two.return()]);
  assertEquals(sockets.made.map(({ closes }) => closes), [[1000], [1000]]);
});

test("webSocketSource() goes on after the last message that came out", async () => {
  const { source, socket } = open({ ...positioned, reconnect: AT_ONCE });
  const read = source.open(5);
  const next = read.next();
  const first = await socket(0);
  first.accept();
  first.give("6", "7");
  assertEquals((await next).value, { item: "6", position: 6 });
  assertEquals(await read.next(), { done: false, value: { item: "7", position: 7 } });
  const third = watch(read.next());
  first.end(1006);
  const second = await socket(1);
  second.accept();
  second.give("keep-alive");
  await until("it has come", () => third.state === "resolved");
  assertEquals(third.value!.value, { item: "keep-alive", position: 7 });
  assertEquals([first.sent, second.sent], [["from 5"], ["from 7"]]);
  await read.return();
});

test("a function makes the URL for a position, or a socket that is open already", async () => {
  const sockets = new Sockets();
  const target: WebSocketTarget<number> = (from) => `wss://example.com/?from=${from ?? 0}`;
  let offered: string[] | undefined;
  const connect = (url: string, protocols: string[]) => {
    offered = protocols;
    return sockets.connect(url);
  };
  const source = webSocketSource<number>(target, { ...positioned, protocols: ["mill"], connect });
  const read = source.open(3);
  void watch(read.next());
  await until("it has connected", () => sockets.made.length === 1);
  assertEquals([sockets.urls, offered], [["wss://example.com/?from=3"], ["mill"]]);
  await read.return();

  const accepted = sockets.connect("");
  accepted.accept();
  const messages = watch(collect(webSocketSource(() => accepted)));
  await settle();
  accepted.give("a");
  accepted.end(1000);
  await until("it has ended", () => messages.state === "resolved");
  assertEquals(messages.value, ["a"]);
  const error = await assertRejects(() => collect(webSocketSource(() => accepted)));
  assertEquals(codeOf(error), "SOCKET_FAILED");
});

test("what has come before a connection is lost comes out before the failure", async () => {
  const { source, socket } = open();
  const read = source[Symbol.asyncIterator]();
  const next = read.next();
  const first = await socket(0);
  first.accept();
  first.give("a", "b");
  first.end(1011, "boiler \u001b[31m");
  assertEquals((await next).value, "a");
  assertEquals((await read.next()).value, "b");
  const error = await assertRejects(() => read.next(), WebSocketError);
  assertEquals(
    error.message,
    "Cannot use the connection to wss://example.com/feed: it must stay open, and was closed with " +
      "1011 (boiler \\u001b[31m)",
  );
  assertEquals([error.code, error.closeCode, error.retryable], ["SOCKET_CLOSED", 1011, true]);
});

test("a connection that the server refuses is not made again", async () => {
  for (const code of [1008, 1002, 4001]) {
    const { source, sockets, socket } = open({ ...positioned, reconnect: AT_ONCE });
    const read = watch(collect(source));
    (await socket(0)).end(code);
    await until("it has failed", () => read.state === "rejected");
    assertEquals([codeOf(read.error), sockets.made.length], ["SOCKET_FAILED", 1]);
  }
});

test("webSocketSource() gives up as reconnect says", async () => {
  const { source, sockets, socket } = open({ ...positioned, reconnect: AT_ONCE });
  const read = collect(source);
  const failed = assertRejects(() => read, WebSocketError, "it must open, and was closed");
  for (let index = 0; index < 3; index++) {
    (await socket(index)).end(1006);
  }
  await failed;
  assertEquals(sockets.made.length, 3);
});

test("a server that sends more than is read fails the source, and its connection is closed at once", async () => {
  const { source, socket } = open({ maxBufferedLength: 10 });
  const read = source[Symbol.asyncIterator]();
  const next = read.next();
  const first = await socket(0);
  first.accept();
  first.give("12345", "12345", "1", "2");
  assertEquals(first.closes, [1000]);
  assertEquals((await next).value, "12345");
  assertEquals((await read.next()).value, "12345");
  const error = await assertRejects(() => read.next(), WebSocketError);
  assertEquals([error.code, error.retryable], ["BUFFER_FULL", false]);
});

test("messages without a character are not buffered without end either", async () => {
  for (const message of ["", new Uint8Array(0)]) {
    const { source, socket } = open({ maxBufferedLength: 10 });
    const read = watch(collect(source));
    const first = await socket(0);
    first.accept();
    for (let count = 0; count < 11; count++) first.give(message);
    await until("it has failed", () => read.state === "rejected");
    assertEquals([codeOf(read.error), first.closes], ["BUFFER_FULL", [1000]]);
  }
});

test("with positions, a server that is too fast is left, and asked again from where the reader is", async () => {
  const { source, socket } = open({ ...positioned, maxBufferedLength: 2, reconnect: AT_ONCE });
  const read = source[Symbol.asyncIterator]();
  const next = read.next();
  const first = await socket(0);
  first.accept();
  first.give("1", "2", "3", "4");
  assertEquals([(await next).value, (await read.next()).value], ["1", "2"]);
  const third = read.next();
  const second = await socket(1);
  second.accept();
  second.give("3");
  assertEquals((await third).value, "3");
  assertEquals(second.sent, ["from 2"]);
  await read.return();
});

test("dropOldest keeps the newest within the limit", async () => {
  const { source, socket } = open({ maxBufferedLength: 3, overflow: "dropOldest" });
  const read = source[Symbol.asyncIterator]();
  const next = read.next();
  const first = await socket(0);
  first.accept();
  first.give("1");
  await next;
  for (let id = 0; id < 5_000; id++) first.give(String(id % 10));
  first.end(1000);
  assertEquals(await collect(read), ["7", "8", "9"]);
});

test("a message that is too large fails the source", async () => {
  const { source, socket } = open({ ...positioned, maxMessageLength: 3, reconnect: AT_ONCE });
  const read = watch(collect(source));
  const first = await socket(0);
  first.accept();
  first.give("1234");
  await until("it has failed", () => read.state === "rejected");
  assertEquals([codeOf(read.error), first.closes], ["MESSAGE_TOO_LARGE", [1000]]);
});

test("a connection that does not open in time fails, and one that is silent is taken for lost", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const { source, socket } = open({ openTimeoutMs: 700 });
    const read = watch(collect(source));
    const first = await socket(0);
    await until("it waits", () => waiting() === 1);
    assertEquals(fire(), 700);
    await until("it has failed", () => read.state === "rejected");
    assertEquals([codeOf(read.error), first.closes, waiting()], ["SOCKET_FAILED", [1000], 0]);
  });
  await new TestClock().use(async (clock) => {
    const { source, socket } = open({ idleTimeoutMs: 1_000, reconnect: false });
    const read = watch(collect(source));
    const first = await socket(0);
    first.accept();
    await settle();
    await clock.advance(999);
    first.give("a");
    await settle();
    await clock.advance(999);
    assertEquals(read.state, "pending");
    await clock.advance(1);
    await until("it has failed", () => read.state === "rejected");
    assertEquals([(read.error as Error).name, first.closes], ["TimeoutError", [1000]]);
  });
});

test("webSocketSource() is closed at once, and does not wait for ever for the other side", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const { source, socket } = open();
    const read = source[Symbol.asyncIterator]();
    const next = watch(read.next());
    const first = await socket(0);
    first.answers = false;
    first.accept();
    await settle();
    const closed = watch(read.return());
    await until("the read has ended", () => next.state === "resolved" && waiting() === 1);
    assertEquals([next.value?.done, closed.state, first.closes], [true, "pending", [1000]]);
    assertEquals(fire(), 1_000);
    await until("it is closed", () => closed.state === "resolved");
    assertEquals([waiting(), first.readers], [0, 0]);
  });
});

test("webSocketSource() rejects with the reason of its signal", async () => {
  const { source, socket } = open();
  const controller = new AbortController();
  const pending = watch(source.open(undefined, controller.signal).next());
  const first = await socket(0);
  controller.abort(new Error("enough"));
  await until("the read has ended", () => pending.state === "rejected");
  assertEquals((pending.error as Error).message, "enough");
  await until("it is closed", () => first.closes.length === 1);
});

test("webSocketSource() refuses what is not valid", () => {
  const cases: readonly [() => unknown, string][] = [
    [
      () => webSocketSource("ftp://example.com/"),
      "its target must be a URL with ws: or wss:, or a function",
    ],
    [
      () => webSocketSource(FEED, { onopen: 1 } as never),
      'unknown option "onopen"; it has protocols, connect, openTimeoutMs, onOpen, position, reconnect, maxMessageLength, maxBufferedLength, overflow, idleTimeoutMs',
    ],
    [
      () => webSocketSource(FEED, { overflow: "reconnect" }),
      'overflow must be "fail" or "dropOldest" where it does not connect again from a position, got "reconnect"',
    ],
    [
      () => webSocketSource(FEED, { overflow: "wait" as "fail" }),
      'overflow must be one of "fail", "dropOldest", "reconnect", got "wait"',
    ],
    [
      () => webSocketSource(FEED, { openTimeoutMs: 2 ** 31 }),
      "openTimeoutMs must be at most 2147483647 ms, got 2147483648",
    ],
    [
      () => webSocketSource(FEED, { maxMessageLength: 0 }),
      "maxMessageLength must be a positive integer, got 0",
    ],
    [
      () => webSocketSource(FEED, { protocols: "a" as never }),
      'protocols must be an array of names, got "a"',
    ],
  ];
  for (const [call, rule] of cases) {
    assertThrows(call, Error, `Cannot call webSocketSource(): ${rule}`);
  }
});
