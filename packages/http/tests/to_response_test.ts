import { toResponse, type ToResponseOptions } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { createForeignBytes } from "../../../tests/support/foreign_realm.ts";
import { createCountedController, settle, until, watch } from "@headrace/pipeline/testing";
import { withTimers } from "./support/fake_timers.ts";
import { Live } from "./support/live.ts";

const items = StreamingPipeline.start<unknown>();

/** As `text()`, in which workerd 1.20261023.1 leaves the failure of a stream unhandled once more. */
async function readText(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decode(read.value);
  }
  return text;
}

const decode = (chunk: Uint8Array | undefined) => new TextDecoder().decode(chunk);

test("toResponse() writes each form, with its type", async () => {
  const cases = [
    ["ndjson", [{ id: 1 }, "é"], "application/x-ndjson", '{"id":1}\n"é"\n'],
    ["json", [{ id: 1 }, 2], "application/json", '[\n{"id":1},\n2\n]\n'],
    ["json", [], "application/json", "[]\n"],
    [
      "sse",
      ["a", { event: "b", data: "c" }],
      "text/event-stream",
      "data: a\n\nevent: b\ndata: c\n\n",
    ],
    ["text", ["mi", "ll"], "text/plain; charset=utf-8", "mill"],
    ["bytes", [new Uint8Array([109]), new Uint8Array([105])], "application/octet-stream", "mi"],
  ] as const;
  for (const [as, given, type, text] of cases) {
    const response = await toResponse(given as never, { as } as ToResponseOptions<"ndjson">);
    assertEquals(response.headers.get("content-type"), type);
    assertEquals(await response.text(), text);
  }
});

test("toResponse() takes a run, a pipeline with its source, and any iterable", async () => {
  const double = StreamingPipeline.start<number>().map("double", (number) => number * 2);
  const text = async (response: Promise<Response>) => await (await response).text();
  assertEquals(await text(toResponse(double.run([1, 2]), { as: "ndjson" })), "2\n4\n");
  assertEquals(await text(toResponse(double, [1, 2], { as: "ndjson" })), "2\n4\n");
  assertEquals(await text(toResponse(double.execute([1, 2]), { as: "ndjson" })), "2\n4\n");
  assertEquals(await text(toResponse(new Set([1]), { as: "ndjson" })), "1\n");
});

test("toResponse() has the status and the headers that it is given", async () => {
  const { status, headers } = await toResponse([], {
    as: "sse",
    status: 201,
    headers: { "Content-Type": "a/b", "x-own": "1" },
  });
  assertEquals(status, 201);
  const names = ["content-type", "x-own", "cache-control", "x-content-type-options"];
  assertEquals(names.map((name) => headers.get(name)), [
    ...["a/b", "1", "no-cache, no-transform", "nosniff"],
  ]);
});

test("toResponse() puts what is available at once into one chunk, of a bounded length", async () => {
  const ids = Array.from({ length: 100_000 }, (_, id) => id);
  const reader = (await toResponse(ids, { as: "ndjson" })).body!.getReader();
  const sizes: number[] = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    sizes.push(read.value.byteLength);
  }
  assertEquals(sizes.reduce((sum, size) => sum + size), 588_890);
  assert(Math.max(...sizes) <= 16_384 + 8, `${Math.max(...sizes)}`);
  assert(sizes.length < 60, `${sizes.length} chunks`);
});

test("an item that has to be waited for does not hold back those before it", async () => {
  const live = new Live();
  const reader = (await toResponse(live as AsyncIterable<string>, { as: "sse" })).body!.getReader();
  for (const word of ["mill", "race"]) {
    const read = reader.read();
    await until("it asks", () => live.asked > 0);
    live.asked = 0;
    live.give(word);
    assertEquals(decode((await read).value), `data: ${word}\n\n`);
    await until("it asks again", () => live.asked > 0);
  }
  await reader.cancel();
});

test("cancelling the body closes the run, also while an item is owed, and says so", async () => {
  const live = new Live();
  let closed: Promise<void> | undefined;
  const { body } = await toResponse(items.run(live), {
    ...{ as: "ndjson", headWaitMs: false },
    waitUntil: (given) => closed = given,
  });
  const end = watch(closed!);
  const reader = body!.getReader();
  const pending = watch(reader.read());
  await until("it asks", () => live.asked === 1);
  assertEquals(end.state, "pending");
  await reader.cancel();
  await until("it is closed", () => end.state === "resolved");
  assertEquals([live.closed, pending.value?.done], [1, true]);
});

test("a signal that is aborted closes the run, and errors the body with its reason", async () => {
  const live = new Live();
  const controller = new AbortController();
  const { signal } = controller;
  const response = await toResponse(items.run(live), { as: "ndjson", headWaitMs: false, signal });
  const reader = response.body!.getReader();
  const pending = reader.read();
  await until("it asks", () => live.asked === 1);
  const reason = new Error("gone");
  controller.abort(reason);
  assertEquals(await assertRejects(() => pending), reason);
  assertEquals(live.closed, 1);

  const late = new Live();
  const aborted = await toResponse(late, { as: "ndjson", headWaitMs: false, signal });
  assertEquals(await assertRejects(() => readText(aborted)), reason);
  assertEquals(late.asked, 0);
});

test("toResponse() leaves no listener on its signal when the body has ended or is cancelled", async () => {
  const { signal, count } = createCountedController();
  await (await toResponse([1], { as: "ndjson", signal })).text();
  assertEquals(count(), 0);
  const { body } = await toResponse([1], { as: "ndjson", signal });
  assertEquals(count(), 1);
  await body!.cancel();
  assertEquals(count(), 0);
});

test("the signal of the request closes the run, and an answer to HEAD has none", async () => {
  const live = new Live();
  const controller = new AbortController();
  const request = new Request("http://localhost/", { signal: controller.signal });
  const own = new AbortController();
  const options = { as: "ndjson", headWaitMs: false, request, signal: own.signal } as const;
  const reader = (await toResponse(items.run(live), options)).body!.getReader();
  const pending = reader.read();
  await until("it asks", () => live.asked === 1);
  controller.abort(new Error("gone"));
  await assertRejects(() => pending, Error, "gone");
  assertEquals(live.closed, 1);

  const unread = new Live();
  let closed: Promise<void> | undefined;
  const head = await toResponse(unread, {
    as: "ndjson",
    request: new Request("http://localhost/", { method: "HEAD" }),
    waitUntil: (given) => closed = given,
  });
  assertEquals([head.body, head.headers.get("content-type")], [null, "application/x-ndjson"]);
  await closed;
  assertEquals(unread.asked, 0);
});

test("a run that fails errors the body after what came before", async () => {
  const failing = StreamingPipeline.start<number>().map("fail", (number) => {
    if (number === 2) throw new Error("two");
    return number;
  });
  let closed: Promise<void> | undefined;
  const { body } = await toResponse(failing, [1, 2, 3], {
    as: "ndjson",
    waitUntil: (given) => closed = given,
  });
  const reader = body!.getReader();
  assertEquals(decode((await reader.read()).value), "1\n");
  await assertRejects(() => reader.read(), Error, 'Stage "fail" failed at item 1');
  await closed;
});

test("onError hears of a failure, and may put a last item in its place", async () => {
  const failing = StreamingPipeline.start<number>().map("fail", (number) => {
    if (number === 2) throw Object.assign(new Error("two"), { code: "TWO" });
    return number;
  });
  const heard: unknown[] = [];
  const onError = (error: unknown) => {
    heard.push((error as { code: string }).code);
    return { failed: true };
  };
  assertEquals(
    await (await toResponse(failing, [1, 2, 3], { as: "json", onError })).text(),
    '[\n1,\n{"failed":true}\n]\n',
  );
  const silent = await toResponse(failing, [1, 2], { as: "json", onError: () => undefined });
  await assertRejects(() => readText(silent), Error, "TWO");
  assertEquals(heard, ["TWO"]);
});

test("closing a run with onError closes its source at once", async () => {
  const live = new Live();
  const options = { as: "ndjson", headWaitMs: false, onError: () => undefined } as const;
  const reader = (await toResponse(live, options)).body!.getReader();
  const pending = watch(reader.read());
  await until("it asks", () => live.asked === 1);
  await reader.cancel();
  await until("it is over", () => pending.state === "resolved");
  assertEquals(live.closed, 1);
});

test("a silent run shows signs of life, with a timer only while the body is read", async () => {
  for (
    const [as, heartbeat, text] of [
      ["sse", ":\n\n", "data: a\n\n"],
      ["ndjson", "\n", '"a"\n'],
      ["json", " ", '[\n"a"'],
    ] as const
  ) {
    await withTimers(async ({ fire, waiting }) => {
      const live = new Live();
      const reader = (await toResponse(live as AsyncIterable<string>, {
        ...{ as, heartbeatMs: 700, headWaitMs: false },
      })).body!.getReader();
      await settle();
      assertEquals(waiting(), 0);
      for (let count = 0; count < 2; count++) {
        const read = reader.read();
        await until("it waits", () => waiting() === 1);
        assertEquals(fire(), 700);
        assertEquals(decode((await read).value), heartbeat);
        assertEquals([waiting(), live.asked], [0, 1]);
      }
      const read = reader.read();
      await until("it waits", () => waiting() === 1);
      live.give("a");
      assertEquals(decode((await read).value), text);
      assertEquals(waiting(), 0);
      const left = watch(reader.read());
      await until("it waits", () => waiting() === 1);
      await reader.cancel();
      await until("it has ended", () => left.state === "resolved" && waiting() === 0);
    });
  }
});

test("events have signs of life where nothing is said, and none where it is switched off", async () => {
  await withTimers(async ({ fire, waiting }) => {
    const reader = (await toResponse(new Live() as AsyncIterable<string>, { as: "sse" }))
      .body!.getReader();
    const read = reader.read();
    await until("it waits", () => waiting() === 1);
    assertEquals(fire(), 15_000);
    await read;
    await reader.cancel();
    const options = { as: "sse", heartbeatMs: false } as const;
    const silent = (await toResponse(new Live() as AsyncIterable<string>, options))
      .body!.getReader();
    const pending = watch(silent.read());
    await settle();
    assertEquals([pending.state, waiting()], ["pending", 0]);
    await silent.cancel();
  });
});

test("an item that its form cannot have fails the body, and bytes are those of any realm", async () => {
  const send = async (given: unknown, as: "text" | "bytes" | "ndjson") =>
    await readText(await toResponse([given] as never[], { as, headWaitMs: false }));
  await assertRejects(() => send(1, "text"), Error, "it must be a string, got number");
  assertEquals(await send(createForeignBytes([0x68, 0x69]), "bytes"), "hi");
  await assertRejects(() => send("a", "bytes"), Error, "it must be a Uint8Array, got string");
  await assertRejects(() => send(() => {}, "ndjson"), Error, "JSON must have a form for it");
});

test("toResponse() refuses what is not valid", () => {
  const cases: readonly [() => unknown, string][] = [
    [
      () => toResponse([], { as: "xml" as "text" }),
      'as must be one of "ndjson", "json", "sse", "text", "bytes", got "xml"',
    ],
    [
      () => toResponse([], { as: "text", heartbeatMs: 5 }),
      'heartbeatMs must be false for "text", got 5',
    ],
    [
      () => toResponse([], { as: "json", heartbeatMs: 0 }),
      "heartbeatMs must be a positive integer, got 0",
    ],
    [
      () => toResponse([], { as: "text", headWaitMs: 0 }),
      "headWaitMs must be a positive integer, got 0",
    ],
    [
      () => toResponse([], { as: "json", heartbeatMs: 2 ** 31 }),
      "heartbeatMs must be at most 2147483647 ms, got 2147483648",
    ],
    [
      () => toResponse([], { as: "text", headWaitMs: Number.MAX_SAFE_INTEGER }),
      "headWaitMs must be at most 2147483647 ms, got 9007199254740991",
    ],
    [
      () => toResponse([], { as: "text", errorResponse: 500 as never }),
      "errorResponse must be a function, got 500",
    ],
    [
      () => toResponse([], { as: "json", onerror: 1 } as never),
      'unknown option "onerror"; it has as, status, headers, request, signal, heartbeatMs, headWaitMs, onError, errorResponse, waitUntil',
    ],
    [
      () => toResponse([], { as: "json", signal: {} as AbortSignal }),
      "signal must be an AbortSignal, got an object",
    ],
    ...[{ as: "json" }, [1]].map((rest): [() => unknown, string] => [
      () => toResponse(items as never, rest as never),
      "its first argument must be a run, an iterable, an async iterable or a web stream, got an object; a pipeline is followed by what it reads: toResponse(pipeline, source, options)",
    ]),
    [
      () => toResponse({} as never, [], { as: "json" }),
      "its first argument must be a pipeline, got an object",
    ],
    [() => toResponse([], undefined as never), "its options must be an object, got undefined"],
  ];
  for (const [call, rule] of cases) assertThrows(call, Error, `Cannot call toResponse(): ${rule}`);
});
