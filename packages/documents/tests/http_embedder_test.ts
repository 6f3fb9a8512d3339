import { deepEqual, doesNotMatch, equal, match, ok, rejects, throws } from "node:assert/strict";
import { inspect } from "node:util";
import {
  EmbeddingAnswerError,
  EmbeddingHttpError,
  HttpEmbedder,
  TextEmbedder,
} from "@headrace/documents";
import { test } from "../../../tests/harness.ts";
import { type Answer, answerWell, Endpoint, HANG, vectorOf } from "./support/endpoint.ts";

const API_KEY = "sk-secret-1234";
const { signal } = new AbortController();

function embedderAt(endpoint: Endpoint): HttpEmbedder {
  const url = new URL(`${endpoint.url}/embeddings`);
  return new HttpEmbedder({ url, model: "tiny", apiKey: API_KEY });
}

/** What the embedder throws at this answer; its message never shows the key. */
async function failureOf(
  answer: Answer,
  texts: readonly string[] = ["one", "two"],
): Promise<Error> {
  await using endpoint = await Endpoint.create(answer);
  const error = await embedderAt(endpoint).embed(texts, signal).then(() => undefined, (e) => e);
  ok(error instanceof Error);
  doesNotMatch(inspect(error), /sk-secret/);
  return error;
}

test("HttpEmbedder speaks the protocol", async () => {
  await using endpoint = await Endpoint.create();
  const vectors = await embedderAt(endpoint).embed(["one", "zwei €"], signal);
  deepEqual(
    vectors,
    [vectorOf("one"), vectorOf("zwei €")].map((vector) => Float32Array.from(vector)),
  );
  const [request] = endpoint.requests;
  equal(request?.path, "/v1/embeddings");
  equal(request?.model, "tiny");
  equal(request?.headers.get("authorization"), `Bearer ${API_KEY}`);
});

test("HttpEmbedder orders the vectors by their index", async () => {
  await using endpoint = await Endpoint.create(async (request) => {
    const answer = await answerWell(request).json();
    return Response.json({ ...answer, data: answer.data.toReversed() });
  });
  const [first] = await embedderAt(endpoint).embed(["one", "two"], signal);
  deepEqual(first, Float32Array.from(vectorOf("one")));
});

test("HttpEmbedder reports a refusal with status, headers and when to try again", async () => {
  const error = await failureOf(() =>
    new Response(`Slow down, ${API_KEY}`, { status: 429, headers: { "retry-after": "7" } })
  );
  ok(error instanceof EmbeddingHttpError);
  deepEqual([error.status, error.retryAfterMs, error.headers.get("retry-after")], [
    429,
    7_000,
    "7",
  ]);
  equal(error.message, "The embedding endpoint answered HTTP 429, retry after 7 s");
  equal(error.detail, "Slow down, ***");
});

test("HttpEmbedder reports a refusal whose body breaks off, or goes on for ever", async () => {
  const { fetch } = globalThis;
  const embedder = new HttpEmbedder({ url: "http://localhost/embeddings", model: "tiny" });
  const busy = new TextEncoder().encode("busy ");
  const pulls: readonly ((controller: ReadableStreamDefaultController, count: number) => void)[] = [
    (controller, count) =>
      count === 1 ? controller.enqueue(busy) : controller.error(new TypeError()),
    (controller) => controller.enqueue(busy),
  ];
  for (const pull of pulls) {
    let count = 0;
    const body = new ReadableStream({ pull: (controller) => pull(controller, ++count) });
    const headers = { "retry-after": "7" };
    globalThis.fetch = () => Promise.resolve(new Response(body, { status: 429, headers }));
    try {
      await rejects(embedder.embed(["one"], signal), (error) => {
        ok(error instanceof EmbeddingHttpError);
        deepEqual([error.status, error.retryAfterMs], [429, 7_000]);
        match(error.detail, /^busy/);
        return true;
      });
    } finally {
      globalThis.fetch = fetch;
    }
  }
});

test("HttpEmbedder does not wait for the body of a refusal that stalls", async () => {
  const { setTimeout: set } = globalThis;
  let isHeld = false;
  await using endpoint = await Endpoint.create(() =>
    new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }),
      {
        status: 503,
      },
    )
  );
  // The limit of a second is over at once.
  const hurry = (callback: () => void, delayMs?: number) => {
    isHeld ||= delayMs === 1_000;
    return set(callback, delayMs === 1_000 ? 0 : delayMs);
  };
  Object.assign(globalThis, { setTimeout: hurry });
  try {
    await rejects(embedderAt(endpoint).embed(["one"], signal), EmbeddingHttpError);
  } finally {
    Object.assign(globalThis, { setTimeout: set });
  }
  equal(isHeld, true);
});

test("HttpEmbedder rejects with the reason of an abort while it reads a refusal", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  await using endpoint = await Endpoint.create(() => {
    const pull = () => controller.abort(reason);
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { status: 503 });
  });
  await rejects(embedderAt(endpoint).embed(["one"], controller.signal), reason);
});

test("HttpEmbedder understands a Retry-After date, and does without", async () => {
  const past = await failureOf(() =>
    new Response(null, { status: 503, headers: { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" } })
  );
  ok(past instanceof EmbeddingHttpError);
  equal(past.retryAfterMs, 0);
  const none = await failureOf(() => new Response("boom", { status: 500 }));
  ok(none instanceof EmbeddingHttpError);
  deepEqual([none.status, none.retryAfterMs], [500, undefined]);
});

test("HttpEmbedder reads Retry-After as services write it", async () => {
  const cases: readonly (readonly [Record<string, string>, number | undefined])[] = [
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": "2, 2" }, 2_000],
    [{ "retry-after": "1", "retry-after-ms": "1200" }, 1_200],
    [{ "retry-after": "Wednesday, 21-Oct-15 07:28:00 GMT" }, 0],
    [{ "retry-after": "Wed Oct 21 07:28:00 2015" }, 0],
    // None of these says when: the backoff of the stage counts.
    ...["-1", "+5", "soon 5", "2037-10-21", ""].map((text) =>
      [{ "retry-after": text }, undefined] as const
    ),
  ];
  for (const [headers, expected] of cases) {
    const error = await failureOf(() => new Response(null, { status: 429, headers }));
    ok(error instanceof EmbeddingHttpError);
    deepEqual([headers, error.retryAfterMs], [headers, expected]);
  }
});

test("HttpEmbedder checks the answer's shape", async () => {
  const data = (...embeddings: unknown[]) => () =>
    Response.json({ data: embeddings.map((embedding, index) => ({ index, embedding })) });
  const cases: [Answer, RegExp][] = [
    [() => new Response("<html>"), /is not JSON/],
    [() => Response.json({ object: "list" }), /has no "data" list/],
    [data([1, 2]), /1 vectors for 2 texts/],
    [data([1, 2], [1, 2], [1, 2]), /3 vectors for 2 texts/],
    [data([1, 2], []), /text 1 is not a list of finite numbers/],
    [data([1, 2], ["1", "2"]), /text 1 is not a list of finite numbers/],
    [data([1, 2], null), /text 1 is not a list of finite numbers/],
    [data([1, 2], [1, 2, 3]), /3 dimensions, before with 2/],
    [
      () => Response.json({ data: [{ index: 0, embedding: [1] }, { index: 0, embedding: [1] }] }),
      /wrong index at place 1/,
    ],
    [
      () => Response.json({ data: [{ index: 0, embedding: [1] }, { index: 2, embedding: [1] }] }),
      /wrong index at place 1/,
    ],
    [() => Response.redirect("http://127.0.0.1:1/"), /HTTP 302/],
  ];
  for (const [answer, message] of cases) match((await failureOf(answer)).message, message);
});

test("HttpEmbedder keeps to the length of its first vectors", async () => {
  let length = 4;
  await using endpoint = await Endpoint.create(({ input }) =>
    Response.json({ data: input.map(() => ({ embedding: new Array(length).fill(1) })) })
  );
  const embedder = embedderAt(endpoint);
  await embedder.embed(["one"], signal);
  length = 5;
  await rejects(embedder.embed(["one"], signal), /5 dimensions, before with 4/);

  // The model behind the address has changed: no text is to blame, and none is refused for good.
  const refused: string[] = [];
  const memory = { recall: () => undefined, refuse: (hash: string) => void refused.push(hash) };
  const texts = new TextEmbedder<{ text: string }>({ embedder, memory });
  length = 4;
  await texts.embed([{ text: "one" }], signal);
  length = 5;
  await rejects(
    texts.embed([{ text: "two" }, { text: "three" }], signal),
    (error) => error instanceof Error && !(error instanceof EmbeddingAnswerError),
  );
  deepEqual(refused, []);
});

test("HttpEmbedder stops reading an answer without end", async () => {
  const megabyte = new Uint8Array(1024 * 1024).fill(32);
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(megabyte) }));
  match((await failureOf(endless)).message, /more than 33554432 bytes/);
});

test("HttpEmbedder ends the request when the run is aborted", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  await using endpoint = await Endpoint.create(() => {
    arrive();
    return HANG;
  });
  const controller = new AbortController();
  const embedding = embedderAt(endpoint).embed(["one"], controller.signal);
  await arrived;
  const reason = new Error("enough");
  controller.abort(reason);
  await rejects(embedding, reason);
});

test("HttpEmbedder says which endpoint cannot be reached, without its query", async () => {
  const { port } = await closedEndpoint();
  const url = new URL(`http://127.0.0.1:${port}/v1/embeddings?key=sk-secret-query`);
  const embedder = new HttpEmbedder({ url, model: "tiny", apiKey: "" });
  const error = await embedder.embed(["one"], signal).then(() => undefined, (e) => e);
  match(
    error.message,
    /^Cannot reach the embedding endpoint http:\/\/127.0.0.1:\d+\/v1\/embeddings: /,
  );
  match(error.message, /refused/i);
  doesNotMatch(inspect(error), /sk-secret/);
  deepEqual([error.code, error.retryable], ["EMBEDDING_UNREACHABLE", true]);
});

test("HttpEmbedder shows no key of its address that the endpoint repeats", async () => {
  await using endpoint = await Endpoint.create(({ path }) =>
    new Response(`no such key sk-secret-query in ${path}`, {
      status: 307,
      headers: {
        location: `https://127.0.0.1${path}?key=sk-secret-query`,
        "set-cookie": "key=sk-secret-query",
        "x-reason": "sk-secret-query is unknown",
        "retry-after": "7",
      },
    })
  );
  const url = `${endpoint.url}/embeddings?key=sk-secret-query`;
  const embedder = new HttpEmbedder({ url, model: "tiny" });
  const error = await embedder.embed(["one"], signal).then(() => undefined, (e) => e);
  ok(error instanceof EmbeddingHttpError);
  doesNotMatch(inspect(error), /sk-secret/);
  deepEqual([error.status, error.retryAfterMs], [307, 7_000]);
  equal(error.headers.get("x-reason"), "*** is unknown");
});

/** The address of a server that is no more. */
async function closedEndpoint(): Promise<URL> {
  await using endpoint = await Endpoint.create();
  return new URL(endpoint.url);
}

test("HttpEmbedder refuses options that are not valid, and never shows the key", () => {
  const options = { url: "https://localhost/embeddings", model: "tiny" };
  const cases: [object, RegExp][] = [
    [{ url: "localhost:80" }, /url must be an http or https address/],
    [{ url: "ftp://localhost" }, /url must be an http or https address/],
    [{ model: "" }, /model must be a non-empty string, got ""/],
    [{ apiKey: "sk-secret\nx" }, /apiKey must be printable ASCII$/],
    [{ key: "sk-secret" }, /unknown option "key"; it has url, model, apiKey/],
  ];
  for (const [wrong, message] of cases) {
    throws(() => new HttpEmbedder({ ...options, ...wrong }), (error) => {
      ok(error instanceof TypeError);
      match(error.message, message);
      doesNotMatch(error.message, /sk-secret/);
      return true;
    });
  }
});
