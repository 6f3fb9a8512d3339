import { HttpError, sseSource } from "@headrace/http";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { settle, TestClock, until, watch } from "@headrace/pipeline/testing";
import { events, openBody, Script } from "./support/scripted.ts";

const FEED = "https://example.com/feed";
const AT_ONCE = { maxAttempts: 3, backoffMs: 0, maxBackoffMs: 0 };
const over = () => new Response(null, { status: 204 });
const lastIds = ({ asked }: Script) => asked.map(({ headers }) => headers.get("last-event-id"));

test("sseSource() reads events, asks for them by type, and connects again after the last one", async () => {
  const script = new Script(
    events("id: 1\ndata: a\n\ndata: b\n\n"),
    events("id: 2\ndata: c\n\nid: 3\nda"),
    over(),
  );
  const source = sseSource(FEED, { fetch: script.fetch, reconnect: AT_ONCE });
  assertEquals(await collect(source.open(undefined)), [
    { item: { data: "a", id: "1" }, position: "1" },
    { item: { data: "b" }, position: "1" },
    { item: { data: "c", id: "2" }, position: "2" },
  ]);
  assertEquals(lastIds(script), [null, "1", "2"]);
  assertEquals(script.asked[0]!.headers.get("accept"), "text/event-stream");
});

test("sseSource() connects again after the last id, also where it came without data", async () => {
  const script = new Script(
    events("id: 1\ndata: a\n\nid: 2\n\n"),
    events(": none\n\n"),
    events("data: b\n\nid\n\nid: 3\n"),
    over(),
  );
  const source = sseSource(FEED, { fetch: script.fetch, reconnect: AT_ONCE });
  assertEquals(await collect(source.open(undefined)), [
    { item: { data: "a", id: "1" }, position: "1" },
    { item: { data: "b" }, position: "2" },
  ]);
  assertEquals(lastIds(script), [null, "2", "2", null]);
});

test("sseSource() begins after a position", async () => {
  const script = new Script(events("data: c\n\n"), over());
  const source = sseSource(FEED, { fetch: script.fetch, reconnect: AT_ONCE });
  assertEquals((await collect(source.open("ü2"))).map(({ position }) => position), ["ü2"]);
  // A header has a character for each byte.
  assertEquals(lastIds(script), ["\u00c3\u00bc2", "\u00c3\u00bc2"]);
});

test("sseSource() says that an id cannot be sent, which the platform would not", async () => {
  for (const id of ["a\u0001b", "a\u007f"]) {
    const script = new Script(events(`id: ${id}\ndata: a\n\n`), over());
    const source = sseSource(`${FEED}?key=abc`, { fetch: script.fetch, reconnect: AT_ONCE });
    const error = await assertRejects(() => collect(source), TypeError);
    const rule = "the id of the last one must be text that a header takes";
    assertEquals(
      [error.message.split(",")[0], script.asked.length],
      [`Cannot resume the events of ${FEED}: ${rule}`, 1],
    );
  }
});

test("sseSource() connects again when a connection fails in the middle of an event", async () => {
  const body = openBody();
  const script = new Script(
    events(body.stream),
    new TypeError("fetch failed"),
    new Response("", { status: 503 }),
    events("id: 2\ndata: b\n\n"),
    over(),
  );
  const reconnect = { ...AT_ONCE, maxAttempts: 4 };
  const read = collect(sseSource(FEED, { fetch: script.fetch, reconnect }));
  body.write("id: 1\ndata: a\n\nid: 2\nda");
  await until("it reads", () => script.asked.length === 1);
  await settle();
  body.fail(new TypeError("terminated"));
  assertEquals((await read).map(({ data }) => data), ["a", "b"]);
  assertEquals(lastIds(script), [null, "1", "1", "1", "2"]);
});

test("sseSource() waits as long as the server says, within its own bounds", async () => {
  await new TestClock().use(async (clock) => {
    const script = new Script(
      events("data: a\n\n"),
      events("retry: 5000\ndata: b\n\n"),
      events("retry: 99999999\ndata: c\n\n"),
      // A server that goes down says so without an event.
      events("retry: 3000\n\n"),
      over(),
    );
    const reconnect = { maxAttempts: 9, backoffMs: 10, jitter: 0, maxBackoffMs: 60_000 };
    const read = watch(collect(sseSource(FEED, { fetch: script.fetch, reconnect })));
    for (const [index, waitMs] of [1_000, 5_000, 60_000, 3_000].entries()) {
      await until("it waits", () => script.asked.length === index + 1 && clock.timerCount === 1);
      await clock.advance(waitMs - 1);
      assertEquals(script.asked.length, index + 1);
      await clock.advance(1);
    }
    await until("it has read all", () => read.state === "resolved");
    assertEquals(clock.timerCount, 0);
  });
});

test("sseSource() takes a connection that is silent for lost, and comments for signs of life", async () => {
  await new TestClock().use(async (clock) => {
    const body = openBody();
    const script = new Script(events(body.stream), events("data: b\n\n"), over());
    const source = sseSource(FEED, {
      fetch: script.fetch,
      reconnect: AT_ONCE,
      idleTimeoutMs: 1_000,
    });
    const read = watch(collect(source));
    await until("it reads", () => script.asked.length === 1);
    await clock.advance(999);
    body.write(":\n\n");
    await settle();
    await clock.advance(999);
    assertEquals([script.asked.length, body.cancelled()], [1, 0]);
    await clock.advance(1);
    await until("it has read all", () => read.state === "resolved");
    assertEquals(body.cancelled(), 1);
    assertEquals(read.value?.map(({ data }) => data), ["b"]);
  });
});

test("sseSource() does not wait for ever for the head of an answer", async () => {
  await new TestClock().use(async (clock) => {
    const script = new Script(({ signal }) =>
      new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)))
    );
    const source = sseSource(FEED, { fetch: script.fetch, reconnect: false, idleTimeoutMs: 1_000 });
    const read = watch(collect(source));
    await until("it has asked", () => script.asked.length === 1);
    await clock.advance(1_000);
    await until("it has failed", () => read.state === "rejected");
    assertEquals((read.error as Error).name, "TimeoutError");
    assertEquals(script.asked[0]!.signal!.aborted, true);
  });
});

test("sseSource() fails at once where another attempt cannot help", async () => {
  for (
    const [answer, code] of [
      [new Response("", { status: 404 }), "HTTP_404"],
      [new Response("<html>", { headers: { "content-type": "text/html" } }), "INVALID_BODY"],
    ] as const
  ) {
    const script = new Script(answer, over());
    const source = sseSource(FEED, { fetch: script.fetch, reconnect: AT_ONCE });
    const error = await assertRejects(() => collect(source), HttpError);
    assertEquals([error.code, script.asked.length], [code, 1]);
  }
});

test("sseSource() reads a type that was sent twice, or has parameters, as browsers do", async () => {
  const read = (type: string) => {
    const answer = new Response("data: a\n\n", { headers: { "content-type": type } });
    const { fetch } = new Script(answer);
    return collect(sseSource(FEED, { fetch, reconnect: false }));
  };
  for (
    const type of [
      "text/event-stream, text/event-stream; charset=utf-8",
      'Text/Event-Stream ;charset="a,b"',
      "text/html,\ttext/event-stream",
      "text/event-stream, ",
      "text/event-stream;, */*",
    ]
  ) assertEquals([type, await read(type)], [type, [{ data: "a" }]]);
  for (const type of ["text/event-stream, text/html", "text/event-streams", "x, y", ""]) {
    const { code } = await assertRejects(() => read(type), HttpError, undefined, type);
    assertEquals(code, "INVALID_BODY");
  }
});

test("sseSource() gives up as reconnect says, with what has failed last", async () => {
  const failure = new TypeError("fetch failed");
  const source = sseSource(FEED, {
    fetch: new Script(failure, failure, failure).fetch,
    reconnect: AT_ONCE,
  });
  assertEquals(await assertRejects(() => collect(source)), failure);
});

test("sseSource() connects once where the method is not GET, or with reconnect: false", async () => {
  const post = new Script(events("data: a\n\n"));
  const request = { method: "POST", body: "{}", headers: { authorization: "Bearer 123456" } };
  assertEquals((await collect(sseSource(FEED, { request, fetch: post.fetch }))).length, 1);
  assertEquals([post.asked[0]!.method, post.asked[0]!.body], ["POST", "{}"]);
  const once = new Script(events("data: a\n\n"));
  assertEquals((await collect(sseSource(FEED, { reconnect: false, fetch: once.fetch }))).length, 1);
});

test("sseSource() fails on an event that is too long, and closes the connection", async () => {
  const body = openBody();
  body.write(`data: ${"x".repeat(100)}`);
  const fetch = new Script(events(body.stream)).fetch;
  const error = await assertRejects(() => collect(sseSource(FEED, { fetch, maxLength: 50 })));
  assertEquals((error as { code?: string }).code, "RECORD_TOO_LONG");
  assertEquals(body.cancelled(), 1);
});

test("sseSource() is closed at once while nothing comes, and while it waits to connect", async () => {
  const body = openBody();
  const script = new Script(({ signal }) => {
    signal!.addEventListener("abort", () => body.fail(signal!.reason));
    return events(body.stream);
  });
  const idle = sseSource(FEED, { fetch: script.fetch })[Symbol.asyncIterator]();
  const pending = watch(idle.next());
  await until("it reads", () => script.asked.length === 1);
  await settle();
  await idle.return();
  await until("the read has ended", () => pending.state === "resolved");
  assertEquals(pending.value, { done: true, value: undefined });
  assertEquals(script.asked[0]!.signal!.aborted, true);

  const gone = new Script(new TypeError("fetch failed"));
  const waiting = sseSource(FEED, { fetch: gone.fetch })[Symbol.asyncIterator]();
  const next = watch(waiting.next());
  await until("it has failed", () => gone.asked.length === 1);
  await settle();
  await waiting.return();
  await until("the read has ended", () => next.state === "resolved");
});

test("sseSource() rejects with the reason of its signal", async () => {
  const body = openBody();
  const controller = new AbortController();
  const script = new Script(events(body.stream));
  const pending = watch(
    sseSource(FEED, { fetch: script.fetch }).open(undefined, controller.signal).next(),
  );
  await until("it reads", () => script.asked.length === 1);
  controller.abort(new Error("enough"));
  await until("the read has ended", () => pending.state === "rejected");
  assertEquals((pending.error as Error).message, "enough");
});

test("sseSource() refuses options that are not valid", () => {
  const cases: readonly [() => unknown, string][] = [
    [
      () => sseSource(FEED, { retry: 3 } as never),
      'unknown option "retry"; it has request, fetch, reconnect, maxLength, idleTimeoutMs',
    ],
    [
      () => sseSource(FEED, { idleTimeoutMs: 0 }),
      "idleTimeoutMs must be a positive integer, got 0",
    ],
    [
      () => sseSource(FEED, { reconnect: 3 as never }),
      "reconnect must be a boolean, or how it is retried, got 3",
    ],
    [
      () =>
        sseSource(FEED, { reconnect: true, request: { method: "POST", body: openBody().stream } }),
      "reconnect must be false where the body can be sent once, got true",
    ],
    [() => sseSource(FEED).open(3 as never), "from must be the id of an event, got 3"],
  ];
  for (const [call, rule] of cases) assertThrows(call, Error, `Cannot call sseSource(): ${rule}`);
});
