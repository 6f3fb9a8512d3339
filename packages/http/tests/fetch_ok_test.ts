import { fetchOk, HttpError, sseSource } from "@headrace/http";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { until, watch } from "@headrace/pipeline/testing";
import { withTimers } from "./support/fake_timers.ts";
import { openBody, Script } from "./support/scripted.ts";

const URL_ = "https://api.example.com/mills";
const KEY = "sk-live-0123456789abcdef";

const redirectTo = (location: string, status = 302) =>
  new Response("moved", { status, headers: { location } });
const fail = async (script: Script, init: Parameters<typeof fetchOk>[1] = {}) =>
  await assertRejects(() => fetchOk(URL_, { ...init, fetch: script.fetch }), HttpError);

test("fetchOk() gives an answer that is a success, its body unread", async () => {
  const script = new Script(new Response("water", { status: 201 }));
  const answer = await fetchOk(URL_, { fetch: script.fetch });
  assertEquals([answer.status, answer.bodyUsed, await answer.text()], [201, false, "water"]);
});

test("fetchOk() throws status, headers and the beginning of the body", async () => {
  const body = openBody();
  body.write("no water: ");
  body.write("x".repeat(10_000));
  const error = await fail(
    new Script(new Response(body.stream, { status: 503, headers: { "Retry-After": "7" } })),
    { maxErrorBytes: 20 },
  );
  assertEquals([error.code, error.status, error.method], ["HTTP_503", 503, "GET"]);
  assertEquals(error.headers.get("retry-after"), "7");
  assertEquals(error.body, "no water: " + "x".repeat(10));
  assertEquals(body.cancelled(), 1);
});

test("fetchOk() cancels a body that is no text, and one that is not wanted", async () => {
  for (const [type, maxErrorBytes] of [["image/png", 100], ["text/plain", 0]] as const) {
    const body = openBody();
    const answer = new Response(body.stream, { status: 500, headers: { "content-type": type } });
    const error = await fail(new Script(answer), { maxErrorBytes });
    assertEquals([error.body, body.cancelled()], ["", 1]);
  }
});

test("fetchOk() does not wait for a body that stalls", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const body = openBody();
    body.write("half");
    const answer = new Response(body.stream, { status: 500 });
    const failed = watch(fetchOk(URL_, { fetch: new Script(answer).fetch }));
    await until("it waits", () => waiting() === 1);
    assertEquals(fire(), 1_000);
    await until("it has failed", () => failed.state === "rejected");
    assertEquals((failed.error as HttpError).body, "half");
    assertEquals([body.cancelled(), waiting()], [1, 0]);
  });
});

test("fetchOk() rejects with the reason of a signal that is aborted during the body of an error", async () => {
  const body = openBody();
  const controller = new AbortController();
  const answer = new Response(body.stream, { status: 500 });
  const script = new Script(answer);
  const failed = watch(fetchOk(URL_, { fetch: script.fetch, signal: controller.signal }));
  await until("it has asked", () => script.asked.length === 1);
  controller.abort(new Error("enough"));
  body.end();
  await until("it has failed", () => failed.state === "rejected");
  assertEquals((failed.error as Error).message, "enough");
});

test("an answer with a key in its request is redirected on its own host, with the key", async () => {
  const script = new Script(
    redirectTo("/rivers", 307),
    redirectTo("/rivers/1", 303),
    new Response("ok"),
  );
  const init = { method: "POST", body: "{}", headers: { "x-key": KEY, "content-type": "a/b" } };
  const answer = await fetchOk(URL_, { ...init, fetch: script.fetch });
  assertEquals(await answer.text(), "ok");
  assertEquals(
    script.asked.map(({ url, method, headers, body }) => [
      ...[url, method, body ?? null, headers.get("x-key"), headers.get("content-type")],
    ]),
    [
      [URL_, "POST", "{}", KEY, "a/b"],
      ["https://api.example.com/rivers", "POST", "{}", KEY, "a/b"],
      ["https://api.example.com/rivers/1", "GET", null, KEY, null],
    ],
  );
  assertEquals(script.asked.map(({ redirect }) => redirect), ["manual", "manual", "manual"]);
});

test("a redirect to a URL in UTF-8 is followed as platforms follow it, and one in Latin-1 as it is", async () => {
  const script = new Script(
    redirectTo("/caf\xc3\xa9?q=\xe2\x82\xac"),
    redirectTo("/caf\xe9"),
    new Response("ok"),
  );
  await fetchOk(URL_, { headers: { "x-key": KEY }, fetch: script.fetch });

  assertEquals(script.asked.slice(1).map(({ url }) => url), [
    "https://api.example.com/caf%C3%A9?q=%E2%82%AC",
    "https://api.example.com/caf%C3%A9",
  ]);
});

test("no redirect takes a key to another host, and none brings it back", async () => {
  const script = new Script(
    redirectTo("https://files.example.net/a?sig=1"),
    redirectTo("https://api.example.com/b"),
    new Response("ok"),
  );
  const headers = {
    authorization: `Bearer ${KEY}`,
    "X-Api-Key": KEY,
    cookie: "a=b",
    accept: "a/b",
  };
  await fetchOk(URL_, { headers, fetch: script.fetch });
  assertEquals(script.asked.slice(1).map(({ headers }) => [...headers]), [
    [["accept", "a/b"]],
    [["accept", "a/b"]],
  ]);
});

test("a redirect is refused where a body, or an encrypted request, would leave", async () => {
  const headers = { authorization: `Bearer ${KEY}` };
  const post = { method: "POST", body: "{}", headers };
  const stream = { method: "POST", body: openBody().stream, headers };
  const cases = [
    [
      redirectTo("https://evil.example.net/", 308),
      post,
      "its redirect leads to https://evil.example.net, and POST is not sent to another host",
    ],
    [
      redirectTo("http://api.example.com/"),
      { headers },
      "its redirect must stay with https:, got http:",
    ],
    [
      redirectTo("file:///etc/passwd"),
      { headers },
      "its redirect must stay with https:, got file:",
    ],
    [redirectTo("http://["), { headers }, "its redirect must lead to a valid URL"],
    [
      redirectTo("https://a:b@api.example.com/"),
      { headers },
      "its redirect must lead to a URL without a user and a password",
    ],
    [
      redirectTo("/again", 307),
      stream,
      "it is a redirect, and the body of the request can be sent once only",
    ],
  ] as const;
  for (const [answer, init, rule] of cases) {
    const error = await fail(new Script(answer), init);
    assertEquals(error.message.split(": ").slice(1).join(": "), rule);
    assertEquals([error.code, error.retryable], ["REDIRECT_REFUSED", false]);
  }
});

test("redirects are counted", async () => {
  const headers = { authorization: `Bearer ${KEY}` };
  const script = new Script(redirectTo("/1"), redirectTo("/2"), redirectTo("/3"));
  const error = await fail(script, { headers, maxRedirects: 2 });
  assertEquals([error.code, script.asked.length], ["REDIRECT_REFUSED", 3]);

  const none = new Script(redirectTo("/1"), new Response("ok"));
  const refused = await fail(none, { maxRedirects: 0 });
  assertEquals([refused.code, none.asked.length], ["REDIRECT_REFUSED", 1]);
});

test("a redirect that a browser hides is refused", async () => {
  const hidden = Object.defineProperties(new Response(null), {
    type: { value: "opaqueredirect" },
    status: { value: 0 },
    ok: { value: false },
  });
  const error = await fail(new Script(hidden), { headers: { "x-key": KEY } });
  assertEquals([error.code, error.retryable], ["REDIRECT_REFUSED", false]);
});

test("the platform follows redirects where there is no key, and where it is asked to", async () => {
  const script = new Script(new Response(), new Response(), redirectTo("/1"));
  await fetchOk(URL_, { headers: { accept: "a/b" }, fetch: script.fetch });
  await fetchOk(URL_, { headers: { "x-key": KEY }, redirect: "error", fetch: script.fetch });
  const error = await fail(script, { headers: { "x-key": KEY }, redirect: "manual" });
  assertEquals(script.asked.map(({ redirect }) => redirect), ["follow", "error", "manual"]);
  assertEquals(error.code, "HTTP_302");
});

test("a Request is sent as it is", async () => {
  const script = new Script(redirectTo("/next"), new Response("ok"));
  const request = new Request(URL_, { headers: { "x-key": KEY } });
  await fetchOk(request, { fetch: script.fetch });
  assertEquals(script.asked.map(({ url, headers }) => [url, headers.get("x-key")]), [
    [URL_, KEY],
    ["https://api.example.com/next", KEY],
  ]);
});

test("retry tries again after statuses that may pass and no others, and waits as long as Retry-After says", async () => {
  const run = (script: Script) =>
    StreamingPipeline.start<string>()
      .map("answer", (url) => fetchOk(url, { fetch: script.fetch }), {
        retry: { maxAttempts: 3, backoffMs: 0, jitter: 0 },
      })
      .map("text", (answer) => answer.text())
      .executeToArray(URL_);
  const status = (status: number) => new Response("", { status });

  assertEquals(await run(new Script(status(503), status(429), new Response("ok"))), ["ok"]);
  const missing = new Script(status(404), new Response("ok"));
  const error = await assertRejects(() => run(missing), StreamingError);
  assertEquals([error.code, error.retryable, missing.asked.length], ["HTTP_404", false, 1]);
  await withTimers(async ({ fire, waiting }) => {
    const headers = { "retry-after": "7" };
    const busy = new Response("", { status: 429, headers });
    const done = watch(run(new Script(busy, new Response("ok"))));
    await until("it waits", () => waiting() === 1);
    assertEquals(fire(), 7_000);
    await until("it has come", () => done.state === "resolved");
  });
});

test("a failure of the network comes as it was thrown", async () => {
  const failure = new TypeError("fetch failed");
  const error = await assertRejects(() => fetchOk(URL_, { fetch: new Script(failure).fetch }));
  assertEquals(error, failure);
});

test("[L9] a URL that is none is refused, and not shown: it may hold a key", async () => {
  const rule = "Cannot make a request: its url must be an absolute URL, got ";
  for (
    const [url, kind] of [
      [undefined, "undefined"],
      [null, "null"],
      [42, "number"],
      [{}, "object"],
      ["//?key=my-own-key-77", "other text"],
      ["https://?key=my-own-key-77", "other text"],
    ]
  ) {
    const { fetch, asked } = new Script();
    const error = await assertRejects(() => fetchOk(url as never, { fetch }), TypeError);
    const early = assertThrows(() => sseSource(url as never, { fetch }), TypeError);
    assertEquals([error.message, early.message, asked.length], [rule + kind, rule + kind, 0]);
  }
});

test("fetchOk() refuses options that are not valid", async () => {
  for (
    const [init, rule] of [
      [{ maxErrorBytes: -1 }, "maxErrorBytes must be a non-negative integer, got -1"],
      [{ maxRedirects: 1.5 }, "maxRedirects must be a non-negative integer, got 1.5"],
      [{ fetch: 7 }, "fetch must be a function, got 7"],
    ] as const
  ) {
    const error = await assertRejects(() => fetchOk(URL_, init as unknown as RequestInit), Error);
    assertEquals(error.message, `Cannot call fetchOk: ${rule}`);
  }
});
