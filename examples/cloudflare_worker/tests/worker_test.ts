// What the Worker answers, in a real workerd process.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createParser } from "eventsource-parser";
import { readAnswers, toLines, upload, uploadAll } from "./helpers/upload.ts";
import { Workerd } from "./helpers/workerd.ts";

const ENCODER = new TextEncoder();

Deno.test("each line gets its result, in order", async () => {
  await using workerd = await Workerd.start({ vars: { LINES_PER_CALL: 7 } });
  const texts = Array.from({ length: 1_000 }, (_, index) => `text ${index}`);

  const answers = await uploadAll(workerd.url, toLines(...texts.map((text) => ({ text }))));

  deepEqual(answers, texts.map((text, index) => ({ line: index + 1, result: text })));
  const { records, running } = await workerd.counters();
  deepEqual({ records, running }, { records: 1_000, running: 0 });
});

Deno.test("lines that arrive together go out together, up to the limit", async () => {
  await using workerd = await Workerd.start({ vars: { LINES_PER_CALL: 2 } });

  await uploadAll(workerd.url, toLines({}, {}, {}, {}, {}));

  equal((await workerd.counters()).calls, 3);
});

Deno.test("as many calls run at a time as the limit says, and no more", async () => {
  const vars = { LINES_PER_CALL: 1, CONCURRENT_CALLS: 3 };
  await using workerd = await Workerd.start({ vars });
  const records = Array.from({ length: 50 }, () => ({ meet: 3, text: "met" }));

  const answers = await uploadAll(workerd.url, toLines(...records));

  ok(answers.every((answer) => "result" in answer));
  const { calls, mostRunning } = await workerd.counters();
  deepEqual({ calls, mostRunning }, { calls: 50, mostRunning: 3 });
});

Deno.test("results come while the upload is still open", async () => {
  await using workerd = await Workerd.start();
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  const writing = writer.write(toLines({ text: "0" }));

  const response = await upload(workerd.url, readable.pipeThrough(new TextEncoderStream()));
  await writing;
  const answers = readAnswers(response);
  for (let sent = 1; sent <= 5; sent++) {
    // The next line is sent when the result of the last one is here.
    deepEqual((await answers.next()).value, { line: sent, result: `${sent - 1}` });
    await writer.write(toLines({ text: `${sent}` }));
  }
  await writer.close();
  deepEqual((await answers.next()).value, { line: 6, result: "5" });
  ok((await answers.next()).done);
});

Deno.test("a bad line gives an error line, and the rest goes on", async () => {
  await using workerd = await Workerd.start();

  const answers = await uploadAll(workerd.url, `{"text":"a"}\n{"text":\n{"text":"c"}\n`);

  deepEqual(answers, [
    { line: 1, result: "a" },
    {
      line: 2,
      error: {
        code: "INVALID_JSON",
        message: "The line must be JSON: Unexpected end of JSON input",
      },
    },
    { line: 3, result: "c" },
  ]);
});

Deno.test("a line that is too long gives an error line, however long it is", async () => {
  await using workerd = await Workerd.start({ vars: { MAX_LINE_LENGTH: 1_000 } });
  const long = "x".repeat(1_000_000);

  const answers = await uploadAll(workerd.url, `${toLines({ text: "a" })}${long}\n{"text":"c"}`);

  const message = "The line must be at most 1000 characters long";
  deepEqual(answers, [
    { line: 1, result: "a" },
    { line: 2, error: { code: "LINE_TOO_LONG", message } },
    { line: 3, result: "c" },
  ]);
});

Deno.test("a line that is not UTF-8 gives an error line, and the rest goes on", async () => {
  await using workerd = await Workerd.start();
  const body = ENCODER.encode(toLines({ text: "ä" }, { text: "ö" }, { text: "ü" }));
  body[body.indexOf(0xb6)] = 0xff;

  deepEqual(await uploadAll(workerd.url, body), [
    { line: 1, result: "ä" },
    { line: 2, error: { code: "INVALID_UTF8", message: "The line must be UTF-8" } },
    { line: 3, result: "ü" },
  ]);
});

Deno.test("an empty upload gets an empty response, and so does one of blank lines", async () => {
  await using workerd = await Workerd.start();

  for (const body of ["", "\n\r\n  \n"]) {
    const response = await upload(workerd.url, body);
    deepEqual([response.status, await response.text()], [200, ""]);
  }
  equal((await workerd.counters()).calls, 0);
});

Deno.test("CRLF, blank lines and a last line without a line break are fine", async () => {
  await using workerd = await Workerd.start();

  deepEqual(await uploadAll(workerd.url, '{"text":"a"}\r\n\r\n{"text":"c"}\r\n{"text":"d"}'), [
    { line: 1, result: "a" },
    { line: 3, result: "c" },
    { line: 4, result: "d" },
  ]);
});

Deno.test("a call that fails gives its lines an error, and the rest goes on", async () => {
  await using workerd = await Workerd.start({
    vars: { LINES_PER_CALL: 2, CALL_TIMEOUT_MS: 500, CALL_ATTEMPTS: 1 },
  });
  const records = [
    ...[{ text: "a" }, { text: "b" }],
    ...[{ status: 503 }, { text: "d" }],
    ...[{ body: "[1]" }, { text: "f" }],
    ...[{ body: "<html>" }, { text: "h" }],
    ...[{ crash: true }, { text: "j" }],
    ...[{ hang: true }, { text: "l" }],
    ...[{ text: "m" }, { text: "n" }],
  ];

  const answers = await uploadAll(workerd.url, toLines(...records));

  const failed = (line: number, code: string, message: string) => ({
    line,
    error: { code, message },
  });
  const count = "The service must answer with an array of 2 results, got 1";
  deepEqual(answers, [
    { line: 1, result: "a" },
    { line: 2, result: "b" },
    failed(3, "HTTP_503", "The service answered with status 503"),
    failed(4, "HTTP_503", "The service answered with status 503"),
    failed(5, "BAD_ANSWER", count),
    failed(6, "BAD_ANSWER", count),
    failed(7, "BAD_ANSWER", "The service must answer with JSON"),
    failed(8, "BAD_ANSWER", "The service must answer with JSON"),
    failed(9, "UNREACHABLE", "The service could not be reached"),
    failed(10, "UNREACHABLE", "The service could not be reached"),
    failed(11, "TIMEOUT", "The service must answer within 500 ms"),
    failed(12, "TIMEOUT", "The service must answer within 500 ms"),
    { line: 13, result: "m" },
    { line: 14, result: "n" },
  ]);
});

Deno.test("a call that fails in passing is made again, after the time that the service asks for", async () => {
  await using workerd = await Workerd.start({ vars: { CALL_ATTEMPTS: 3 } });
  const record = { text: "a", status: 503, times: 2, retryAfter: "0" };

  deepEqual(await uploadAll(workerd.url, toLines(record)), [{ line: 1, result: "a" }]);
  equal((await workerd.counters()).calls, 3);
});

Deno.test("a call that the service refuses is not made again", async () => {
  await using workerd = await Workerd.start({ vars: { CALL_ATTEMPTS: 3 } });
  const error = { code: "HTTP_422", message: "The service answered with status 422" };

  deepEqual(await uploadAll(workerd.url, toLines({ status: 422 })), [{ line: 1, error }]);
  equal((await workerd.counters()).calls, 1);
});

Deno.test("an answer that is too long is not read to its end", async () => {
  const vars = { MAX_ANSWER_BYTES: 1_000, LINES_PER_CALL: 1 };
  await using workerd = await Workerd.start({ vars });
  const message = "The service must answer with at most 1000 bytes";

  deepEqual(await uploadAll(workerd.url, toLines({ text: "x", repeat: 2_000 }, { text: "b" })), [
    { line: 1, error: { code: "ANSWER_TOO_LONG", message } },
    { line: 2, result: "b" },
  ]);
});

Deno.test("the token goes to the service, and a redirect is not followed", async () => {
  const vars = { SERVICE_TOKEN: "s3cret", LINES_PER_CALL: 1 };
  await using workerd = await Workerd.start({ vars });
  const error = { code: "HTTP_302", message: "The service answered with status 302" };
  const redirect = { location: "https://elsewhere.invalid/" };

  deepEqual(await uploadAll(workerd.url, toLines({ tellsToken: true }, redirect)), [
    { line: 1, result: "Bearer s3cret" },
    { line: 2, error },
  ]);
});

Deno.test("an upload without the token is refused, and one with it is not", async () => {
  await using workerd = await Workerd.start({ vars: { TOKEN: "open sesame" } });
  const send = async (authorization?: string) => {
    const headers = new Headers(
      authorization === undefined ? [] : [["authorization", authorization]],
    );
    const response = await upload(workerd.url, toLines({ text: "a" }), { headers });
    await response.text();
    return [response.status, response.headers.get("www-authenticate")];
  };

  deepEqual(await send(), [401, "Bearer"]);
  deepEqual(await send("Bearer open sesamE"), [401, "Bearer"]);
  deepEqual(await send("Bearer open sesame"), [200, null]);
});

Deno.test("a compressed upload is decompressed as it comes", async () => {
  await using workerd = await Workerd.start();
  const body = new Blob([toLines({ text: "a" }, { text: "b" })]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const headers = { "content-encoding": "gzip", "content-type": "application/x-jsonlines" };
  const response = await upload(workerd.url, body, { headers });

  equal(await response.text(), `{"line":1,"result":"a"}\n{"line":2,"result":"b"}\n`);
});

Deno.test("a response that sends nothing for a while shows that it is alive", async () => {
  const vars = { HEARTBEAT_MS: 20, CALL_TIMEOUT_MS: 600_000 };
  for (const [accept, beat] of [["text/event-stream", ": \n\n"], ["*/*", "\n"]] as const) {
    await using workerd = await Workerd.start({ vars });
    const response = await upload(workerd.url, toLines({ hang: true }), { headers: { accept } });
    const reader = response.body!.getReader();

    equal(new TextDecoder().decode((await reader.read()).value), beat);
    await reader.cancel();
  }
});

Deno.test("a client that accepts server-sent events gets them", async () => {
  await using workerd = await Workerd.start();
  const headers = { accept: "text/event-stream" };

  const response = await upload(workerd.url, `{"text":"two\\nlines"}\nbad\n`, { headers });

  match(response.headers.get("content-type")!, /^text\/event-stream/);
  const events: unknown[] = [];
  createParser({
    onEvent: ({ id, event, data }) => events.push({ id, event, data: JSON.parse(data) }),
  }).feed(await response.text());
  const message = `The line must be JSON: Unexpected token 'b', "bad" is not valid JSON`;
  const error = { code: "INVALID_JSON", message };
  deepEqual(events, [
    { id: "1", event: "result", data: { line: 1, result: "two\nlines" } },
    { id: "2", event: "failure", data: { line: 2, error } },
  ]);
});

Deno.test("what is not an upload of NDJSON is refused, with the reason", async () => {
  await using workerd = await Workerd.start();
  const refuse = async (init: RequestInit) => {
    const response = await fetch(workerd.url, init);
    const { error: { code, message } } = await response.json();
    return { status: response.status, allow: response.headers.get("allow"), code, message };
  };

  deepEqual(await refuse({ method: "GET" }), {
    status: 405,
    allow: "POST",
    code: "METHOD_NOT_ALLOWED",
    message: "The method must be POST, got GET",
  });
  deepEqual(await refuse({ method: "POST", body: "{}", headers: { "content-type": "text/csv" } }), {
    status: 415,
    allow: null,
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: "The content type must be application/x-ndjson, got text/csv",
  });
  const headers = { "content-type": "application/x-ndjson", "content-encoding": "br" };
  deepEqual(await refuse({ method: "POST", body: "{}", headers }), {
    status: 415,
    allow: null,
    code: "UNSUPPORTED_CONTENT_ENCODING",
    message: "The content encoding must be gzip or identity, got br",
  });
});

Deno.test("the service can be anywhere", async () => {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(options, async (request) => {
    return Response.json([new URL(request.url).pathname, await request.json()].slice(0, 1));
  });
  const vars = { SERVICE_URL: `http://127.0.0.1:${server.addr.port}/records` };
  await using workerd = await Workerd.start({ binding: false, vars });

  deepEqual(await uploadAll(workerd.url, "{}"), [{ line: 1, result: "/records" }]);
});

Deno.test("a service that does not answer the connection gives error lines", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const vars = {
    SERVICE_URL: `http://127.0.0.1:${listener.addr.port}/`,
    CALL_ATTEMPTS: 1,
  };
  listener.close();
  await using workerd = await Workerd.start({ binding: false, vars });

  const error = { code: "UNREACHABLE", message: "The service could not be reached" };
  deepEqual(await uploadAll(workerd.url, "{}"), [{ line: 1, error }]);
});

Deno.test("settings that are missing or wrong are named in the log", async () => {
  for (
    const [options, reason] of [
      [{ binding: false }, /SERVICE or SERVICE_URL must be set, got neither/],
      [
        { vars: { CONCURRENT_CALLS: "many" } },
        /CONCURRENT_CALLS must be an integer from 1 to 1000, got many/,
      ],
    ] as const
  ) {
    await using workerd = await Workerd.start(options);
    const response = await upload(workerd.url, "{}");
    await response.body?.cancel();
    equal(response.status, 500);
    match(await workerd.stop(), reason);
  }
});
