import { type WebSocketError, webSocketSink } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { settle, until, watch } from "@headrace/pipeline/testing";
import { withTimers } from "./support/fake_timers.ts";
import { Sockets } from "./support/fake_socket.ts";

const TARGET = "wss://example.com/in";

/** A sink whose connections are open at once. */
function open(options: Parameters<typeof webSocketSink>[1] = {}) {
  const sockets = new Sockets();
  const connect = (url: string) => {
    const socket = sockets.connect(url);
    queueMicrotask(() => socket.accept());
    return socket;
  };
  return { sockets, sink: webSocketSink(TARGET, { ...options, connect }) };
}

test("webSocketSink() connects with the first message, sends in order, and closes when all is sent", async () => {
  const { sockets, sink } = open();
  assertEquals(sockets.made.length, 0);
  const pipeline = StreamingPipeline.start<string | Uint8Array>().map("sent", sink.send, {
    parallel: true,
    concurrencyLimit: 3,
  });
  await pipeline.executeToArray(["a", new Uint8Array([1]), "b", "c"]);
  await sink.close();
  assertEquals(sockets.made.map(({ sent, closes }) => [sent, closes]), [
    [["a", new Uint8Array([1]), "b", "c"], [1000]],
  ]);
});

test("send() waits while too much is in the socket, with a timer only then", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const { sockets, sink } = open({ maxBufferedBytes: 100 });
    await sink.send("a");
    const [socket] = sockets.made;
    assertEquals(waiting(), 0);
    socket!.bufferedAmount = 101;
    const sent = watch(sink.send("b"));
    for (let count = 0; count < 3; count++) {
      await until("it waits", () => waiting() === 1);
      fire();
    }
    await until("it waits on", () => waiting() === 1);
    assertEquals(socket!.sent, ["a"]);
    socket!.bufferedAmount = 100;
    fire();
    await until("it is sent", () => sent.state === "resolved");
    assertEquals([socket!.sent, waiting()], [["a", "b"], 0]);
  });
});

test("close() waits until what is in the socket is sent, and fails where it stalls", async () => {
  await withTimers(async ({ fire, waiting }) => {
    for (const rest of [0, 1]) {
      const { sockets, sink } = open({ stallMs: 20 });
      await sink.send("a");
      const socket = sockets.made[0]!;
      socket.bufferedAmount = 2;
      const closed = watch(sink.close());
      await until("it waits", () => waiting() === 1);
      assertEquals([closed.state, socket.closes], ["pending", []]);
      socket.bufferedAmount = rest;
      while (closed.state === "pending") {
        if (waiting() > 0) fire();
        await settle();
      }
      const code = (closed.error as WebSocketError | undefined)?.code;
      assertEquals([code, socket.closes], [rest === 0 ? undefined : "SOCKET_STALLED", [1000]]);
    }
  });
});

test("send() fails where the other side takes nothing more, and not where it is slow", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const { sockets, sink } = open({ maxBufferedBytes: 100, stallMs: 50 });
    await sink.send("a");
    const socket = sockets.made[0]!;
    socket.bufferedAmount = 1_000;
    const sent = watch(sink.send("b"));
    for (let count = 0; count < 20; count++) {
      await until("it waits", () => waiting() === 1);
      socket.bufferedAmount--;
      fire();
    }
    await settle();
    assertEquals(sent.state, "pending");
    while (sent.state === "pending") {
      if (waiting() > 0) fire();
      await settle();
    }
    const error = sent.error as WebSocketError;
    assertEquals([error.code, error.retryable, socket.closes], ["SOCKET_STALLED", true, [1000]]);
  });
});

test("a connection that is lost is made again by the next attempt", async () => {
  const { sockets, sink } = open();
  const pipeline = StreamingPipeline.start<string>().map("sent", async (message) => {
    await sink.send(message);
    if (message === "a") sockets.made[0]!.end(1006);
    return message;
  }, { retry: { maxAttempts: 2, backoffMs: 0 } });
  assertEquals(await pipeline.executeToArray(["a", "b", "c"]), ["a", "b", "c"]);
  assertEquals(sockets.made.map(({ sent }) => sent), [["a"], ["b", "c"]]);
  await sink.close();
});

test("send() rejects each message that cannot be sent, and those alone", async () => {
  const sockets = new Sockets();
  const sink = webSocketSink(TARGET, { connect: sockets.connect });
  const first = watch(sink.send("a"));
  const second = watch(sink.send("b"));
  await until("it connects", () => sockets.made.length === 1);
  sockets.made[0]!.end(1006);
  await until("it connects again", () => sockets.made.length === 2);
  sockets.made[1]!.accept();
  await until("both have ended", () => first.state === "rejected" && second.state === "resolved");
  assertEquals((first.error as WebSocketError).code, "SOCKET_FAILED");
  await assertRejects(
    () => sink.send(7 as never),
    TypeError,
    "a message must be text or a Uint8Array, got 7",
  );
  await sink.close();
  await assertRejects(() => sink.send("c"), TypeError, "the sink has been closed");
});

test("webSocketSink() refuses what is not valid", () => {
  assertThrows(() => webSocketSink("ftp://example.com/"), TypeError, "its target must be a URL");
  assertThrows(
    () => webSocketSink(TARGET, { stallMs: 0 }),
    RangeError,
    "Cannot call webSocketSink(): stallMs must be a positive integer, got 0",
  );
});
