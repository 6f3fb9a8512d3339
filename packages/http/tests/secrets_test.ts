import {
  fetchOk,
  HttpError,
  nextByLink,
  pages,
  sseSource,
  WebSocketError,
  webSocketSink,
  webSocketSource,
} from "@headrace/http";
import { durableStream } from "@headrace/http/durable-streams";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { settle } from "@headrace/pipeline/testing";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { Sockets } from "./support/fake_socket.ts";
import { openBody, Script } from "./support/scripted.ts";

const URL_ = "https://api.example.com/mills";
const KEY = "sk-live-0123456789abcdef";

const fail = async (script: Script, init: Parameters<typeof fetchOk>[1] = {}) =>
  await assertRejects(() => fetchOk(URL_, { ...init, fetch: script.fetch }), HttpError);

test("fetchOk() shows no key where the platform's own error does", async () => {
  const url = `https://user:p%40ssw0rd@api.example.com/mills?q=wheel&api_key=${KEY}`;
  const headers = { authorization: "Bearer my-own-key-77" };
  const reason = new Error(`caller's own: ${KEY}`);
  for (const signal of [undefined, AbortSignal.abort(reason)]) {
    const cause = new Error(`cannot connect for ${url} with my-own-key-77 and p%40ssw0rd`);
    // As Bun has it.
    Object.defineProperty(cause, "path", { value: url, enumerable: true, writable: true });
    const fetch = () =>
      Promise.reject(signal?.reason ?? new TypeError(`failed: ${url}`, { cause }));
    const init = signal === undefined ? { headers, fetch } : { headers, fetch, signal };
    const error = await assertRejects(() => fetchOk(url, init), Error);
    if (signal !== undefined) {
      assertEquals([error, error.message], [reason, `caller's own: ${KEY}`]);
      continue;
    }
    const shown = "https://api.example.com/mills";
    assertEquals(error.message, `failed: ${shown}`);
    assertEquals(cause.message, `cannot connect for ${shown} with [hidden] and [hidden]`);
    assertEquals((cause as { path?: unknown }).path, shown);
    assert(![error, cause].some(({ stack }) => /sk-live|p%40ss|own-key/.test(stack ?? "")));
  }
});

test("fetchOk() shows no key where the platform's own error does, however short, and in any parameter", async () => {
  const given = "http://bob:pw1@127.0.0.1:59991?t=abc12#mine7";
  const sent = new URL(given).href;
  const shown = "cannot connect for http://127.0.0.1:59991/";
  for (
    const [url, written] of [
      ["http://127.0.0.1:59991", "http://127.0.0.1:59991/"],
      [given, given],
      [given, sent],
      [given, "http://127.0.0.1:59991/?t=abc12"],
      [new URL(given), sent],
      [new Request("http://127.0.0.1:59991/?t=abc12#mine7"), "http://127.0.0.1:59991/?t=abc12"],
    ] as const
  ) {
    const fetch = () => Promise.reject(new TypeError(`cannot connect for ${written}`));
    const { message } = await assertRejects(() => fetchOk(url, { fetch }), TypeError);
    assertEquals([written, message], [written, shown]);
  }
});

test("fetchOk() shows no key of a URL that the platform was redirected to", async () => {
  const error = new TypeError(
    "cannot connect to http://a:b@files.example.com/x/y?sign=abc#d (reset)",
  );
  const where = "at https://cdn.example.com/mod.ts:12:34";
  error.stack = `TypeError: ${error.message}\n    ${where}`;
  await assertRejects(() => fetchOk(URL_, { fetch: () => Promise.reject(error) }), TypeError);

  assertEquals(error.message, "cannot connect to http://files.example.com/x/y (reset)");
  assertEquals(error.stack, `TypeError: ${error.message}\n    ${where}`);
});

test("no source shows a key where the platform's own error about a body does", async () => {
  const url = `${URL_}?token=abc12`;
  for (const name of ["pages", "sse", "durable"]) {
    const body = openBody();
    const headers = { "content-type": name === "sse" ? "text/event-stream" : "application/json" };
    const error = Object.assign(new TypeError("reset"), { code: "ECONNRESET", path: "" });
    const { fetch } = new Script(({ url }) => {
      // As Bun has it.
      Object.assign(error, { message: `reset by ${url}`, stack: `reset by ${url}`, path: url });
      setTimeout(() => body.fail(error));
      return new Response(body.stream, { headers });
    });
    const source = name === "pages"
      ? pages(url, { next: nextByLink(), fetch })
      : name === "sse"
      ? sseSource(url, { fetch, reconnect: false })
      : durableStream(url, { fetch });
    assertEquals(await assertRejects(() => collect<unknown>(source)), error);
    assertEquals([error.message, error.stack, error.path], [
      ...[`reset by ${URL_}`, `reset by ${URL_}`],
      URL_,
    ]);
  }
});

test("an error that cannot be read comes as it was thrown", async () => {
  const odd = Object.defineProperty(new TypeError("failed"), "path", {
    enumerable: true,
    get() {
      throw new Error("not this one");
    },
  });
  const error = await assertRejects(() => fetchOk(URL_, { fetch: () => Promise.reject(odd) }));
  assertEquals(error === odd, true);
});

test("a header that is not valid is refused without its value", async () => {
  const request = { headers: { authorization: `Bearer ${KEY}\nmore` } };
  const refused = await assertRejects(() => fetchOk(URL_, request), TypeError);
  assertEquals([/each header must/.test(refused.message), /sk-live/.test(refused.message)], [
    ...[true, false],
  ]);
  assertThrows(() => sseSource(URL_, { request }), TypeError, "each header must");
});

test("an error shows no key of the request, and no control character", async () => {
  const url =
    `https://user1:pass22@api.example.com/hooks/T0AB12CD34EF56GH78IJ90/x?api_key=${KEY}&token=a%2Fb%2Fc12345&q=1`;
  const answer = new Response(
    `\x1b[31mbad key ${KEY} in ${url}; Bearer abcdefgh12 ; {"password": "hunter2222"} \u202e` +
      " opensesame a/b/c12345 a%2Fb%2Fc12345 eyJhbGciOi.eyJzdWIi.c2ln ghp_0123456789abcdef",
    {
      status: 401,
      headers: { "set-cookie": "a=b", location: `/?k=${KEY}`, "x-echo": `${KEY}!`, etag: "1" },
    },
  );
  const headers = { "x-api-key": "my-own-key-77", authorization: `Basic ${btoa("me:opensesame")}` };
  const script = new Script(answer);
  const error = await assertRejects(
    () => fetchOk(url, { headers, fetch: script.fetch }),
    HttpError,
  );
  const shown = [error.message, error.body, error.url, ...[...error.headers].flat()].join("\n");
  for (
    const secret of [
      ...[KEY, "pass22", "T0AB12", "hunter2222", "abcdefgh12", "a=b", "\x1b", "\u202e"],
      ...["opensesame", "c12345", "eyJhbG", "ghp_"],
    ]
  ) {
    assert(!shown.includes(secret), `${secret} in ${shown}`);
  }
  assert(shown.includes("\\u001b[31mbad key [hidden]"), shown);
  assertEquals(error.headers.get("etag"), "1");
});

test("an error shows no beginning of a key where the body is cut", async () => {
  const answer = new Response(`your key ${KEY} is wrong`, { status: 401 });
  const error = await fail(new Script(answer), { headers: { "x-key": KEY }, maxErrorBytes: 20 });
  assertEquals(error.body, "your key [hidden]");
});

test("what a function gives in place of a URL is refused, and not shown: it may hold a key", async () => {
  const rule =
    "Cannot connect: what the target returns must be a URL with ws: or wss:, or a socket";
  for (
    const given of ["//?key=my-own-key-77", "ftp://example.com/?key=my-own-key-77", undefined, null]
  ) {
    const target = () => given as never;
    const read = await assertRejects(() => collect(webSocketSource(target)), TypeError);
    const sent = await assertRejects(() => webSocketSink(target).send("mill"), TypeError);
    assertEquals([read.message, sent.message], [rule, rule]);
  }
});

test("no error of what makes a socket shows its URL", async () => {
  const connect = (url: string) => {
    throw new SyntaxError(`Invalid URL: ${url}`);
  };
  for (const url of ["wss://example.com/feed?key=my-own-key-77", "wss://a:b@example.com/feed#k"]) {
    const error = await assertRejects(() => collect(webSocketSource(url, { connect })));
    assertEquals((error as Error).message, "Invalid URL: wss://example.com/feed");
  }
});

test("a key of the URL is hidden in what the server says when it closes a connection", async () => {
  const sockets = new Sockets();
  const url = "wss://example.com/feed?key=0123456789";
  const source = webSocketSource(url, { connect: sockets.connect });
  const read = assertRejects(() => collect(source), WebSocketError);
  while (sockets.made.length === 0) await settle();
  const first = sockets.made[0]!;
  first.accept();
  first.end(1008, "no such key: 0123456789");
  const rule = "it must stay open, and was closed with 1008 (no such key: [hidden])";
  const { message } = await read;
  assertEquals(message, `Cannot use the connection to wss://example.com/feed: ${rule}`);
});
