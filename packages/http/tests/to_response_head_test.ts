// What the head of an answer waits for, and the answer of a run that fails before its first item.

import { toResponse } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createCountedController, settle, until, watch } from "@headrace/pipeline/testing";
import { test } from "../../../tests/harness.ts";
import { withTimers } from "./support/fake_timers.ts";
import { Live } from "./support/live.ts";

const items = StreamingPipeline.start<unknown>();
const decode = (chunk: Uint8Array | undefined) => new TextDecoder().decode(chunk);

test("toResponse() with headWaitMs: false computes nothing before its body is read, and then one item ahead", async () => {
  const live = new Live();
  const reader = (await toResponse(live, { as: "ndjson", headWaitMs: false })).body!.getReader();
  await settle();
  assertEquals(live.asked, 0);
  const first = reader.read();
  await until("it asks", () => live.asked === 1);
  live.give(1);
  assertEquals(decode((await first).value), "1\n");
  await settle();
  // One more was asked for, to see whether it comes at once.
  assertEquals(live.asked, 2);
  await reader.cancel();
});

test("the head waits for the first item, and no other is computed before the body is read", async () => {
  const live = new Live();
  const answer = watch(toResponse(live, { as: "ndjson" }));
  await settle();
  assertEquals([answer.state, live.asked], ["pending", 1]);
  live.give(1);
  await until("the head has come", () => answer.state === "resolved");
  await settle();
  assertEquals([answer.value!.status, live.asked], [200, 1]);
  const reader = answer.value!.body!.getReader();
  assertEquals(decode((await reader.read()).value), "1\n");
  await reader.cancel();
  assertEquals(live.closed, 1);
});

test("an answer to HEAD runs nothing, and closes what was handed over", async () => {
  for (const wrap of [(body: ReadableStream) => body, (body: ReadableStream) => items.run(body)]) {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 });
    let closed: Promise<void> | undefined;
    const response = await toResponse(wrap(body), {
      as: "json",
      request: { method: "HEAD" },
      waitUntil: (given) => closed = given,
    });
    await closed;
    assertEquals([response.status, response.body, cancelled], [200, null, 1]);
  }
});

test("a client that leaves before it reads closes a run that has not begun", async () => {
  for (const onError of [undefined, () => "failed"]) {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 });
    const response = await toResponse(items.run(body), {
      as: "ndjson",
      headWaitMs: false,
      onError,
    });
    await response.body!.cancel();
    assertEquals(cancelled, 1);
  }
});

test("a character that two items share is one character, however late the second one is", async () => {
  const live = new Live();
  const answer = await toResponse(live as AsyncIterable<unknown> as AsyncIterable<string>, {
    as: "text",
    headWaitMs: false,
  });
  const text = answer.text();
  for (const [at, part] of ["a\ud83d", "\ude00", "\ud83d", "\ude01b\ud83d"].entries()) {
    await until("it asks", () => live.asked === at + 1);
    await settle();
    live.give(part);
  }
  await until("it asks", () => live.asked === 5);
  live.end();
  assertEquals(await text, "a\u{1f600}\u{1f601}b\ufffd");
});

test("an item without a character ends no answer, however late the next one is", async () => {
  for (const headWaitMs of [undefined, false] as const) {
    const live = new Live();
    const answered = toResponse(live as AsyncIterable<unknown> as AsyncIterable<string>, {
      as: "text",
      headWaitMs,
    });
    const text = answered.then((response) => response.text());
    for (const [at, part] of ["", "mill", "", "", "race", ""].entries()) {
      await until("it asks", () => live.asked === at + 1);
      await settle();
      live.give(part);
    }
    await until("it asks", () => live.asked === 7);
    live.end();
    assertEquals(await text, "millrace");
  }
});

test("a run that ends without an item has the status that it is given", async () => {
  for (const [as, text] of [["ndjson", ""], ["json", "[]\n"], ["bytes", ""]] as const) {
    const response = await toResponse([] as never[], { as, status: 201 });
    assertEquals([response.status, await response.text()], [201, text]);
  }
});

test("a run that fails before its first item is answered with 500, without a word of why", async () => {
  const failing = StreamingPipeline.start<number>().map("fail", () => {
    throw Object.assign(new Error("secret"), { code: "SECRET", status: 418 });
  });
  let closed: Promise<void> | undefined;
  const options = {
    as: "ndjson",
    headers: { "cache-control": "max-age=60" },
    waitUntil: (given: Promise<void>) => closed = given,
  } as const;
  const response = await toResponse(failing, [1], options);
  await closed;
  assertEquals([response.status, [...response.headers], response.body], [500, [], null]);
  assertEquals((await toResponse([() => {}], options)).status, 500);
});

test("errorResponse answers for a run that fails before its first item, after onError", async () => {
  const source = (count: number) =>
    (function* () {
      for (let id = 0; id < count; id++) yield id;
      throw new Error("broken");
    })();
  const called: string[] = [];
  const options = {
    as: "ndjson",
    onError: () => {
      called.push("onError");
      return { failed: true };
    },
    errorResponse: (error: unknown) => {
      called.push((error as Error).message);
      return Promise.resolve(
        new Response("busy", { status: 503, headers: { "retry-after": "7" } }),
      );
    },
  } as const;
  const refused = await toResponse(source(0), options);
  assertEquals([refused.status, refused.headers.get("retry-after"), await refused.text()], [
    ...[503, "7", "busy"],
  ]);
  assertEquals(called.splice(0).map((each) => each.replace(/^Stage .*/, "broken")), [
    ...["onError", "broken"],
  ]);
  const late = await toResponse(source(1), options);
  assertEquals([late.status, await late.text(), called], [200, '0\n{"failed":true}\n', [
    "onError",
  ]]);

  const unchosen = await toResponse(source(0), { ...options, errorResponse: () => undefined });
  assertEquals(
    [unchosen.status, unchosen.headers.get("content-type"), await unchosen.text()],
    [500, "application/x-ndjson", '{"failed":true}\n'],
  );
  const reason = new Error("no answer");
  const thrown = toResponse(source(0), {
    ...options,
    errorResponse: () => {
      throw reason;
    },
  });
  assertEquals(await assertRejects(() => thrown), reason);
});

test("a status that is none is refused before anything runs", () => {
  const live = new Live();
  assertThrows(() => toResponse(live, { as: "ndjson", status: 42 }), RangeError);
  assertEquals(live.asked, 0);
});

test("a client that leaves while the head waits closes the run, and needs no answer", async () => {
  const live = new Live();
  const client = new AbortController();
  const { signal, count } = createCountedController();
  let closed: Promise<void> | undefined;
  const answer = watch(
    toResponse(items.run(live), {
      ...{ as: "ndjson", request: { signal: client.signal }, signal },
      errorResponse: () => new Response(null, { status: 503 }),
      waitUntil: (given) => closed = given,
    }),
  );
  await until("it asks", () => live.asked === 1);
  client.abort();
  await until("the head has come", () => answer.state === "resolved");
  await closed;
  assertEquals([live.closed, answer.value!.status, answer.value!.body], [1, 500, null]);
  assertEquals(count(), 0);
});

test("a signal that is aborted while the head waits is answered as a failure is", async () => {
  const reason = new Error("shutting down");
  const heard: unknown[] = [];
  const errorResponse = (error: unknown) => {
    heard.push(error);
    return new Response(null, { status: 503 });
  };
  const live = new Live();
  const controller = new AbortController();
  const options = { as: "ndjson", signal: controller.signal, errorResponse } as const;
  const answer = watch(toResponse(items.run(live), options));
  await until("it asks", () => live.asked === 1);
  controller.abort(reason);
  await until("the head has come", () => answer.state === "resolved");
  assertEquals([answer.value!.status, live.closed], [503, 1]);
  const late = new Live();
  assertEquals((await toResponse(late, options)).status, 503);
  assertEquals([late.asked, ...heard], [0, reason, reason]);
});

test("the head waits as long as its option says, or until the first sign of life is due", async () => {
  for (
    const [options, waitMs] of [
      [{ as: "bytes", headWaitMs: 300 }, 300],
      [{ as: "json", heartbeatMs: 700 }, 700],
      [{ as: "sse", headWaitMs: 900 }, 900],
      [{ as: "ndjson", heartbeatMs: 700, headWaitMs: 50 }, 50],
    ] as const
  ) {
    await withTimers(async ({ fire, waiting }) => {
      const live = new Live();
      const answer = watch(toResponse(live as AsyncIterable<never>, options));
      await until("it waits", () => waiting() === 1);
      assertEquals([fire(), live.asked], [waitMs, 1]);
      await until("the head has come", () => answer.state === "resolved");
      assertEquals([answer.value!.status, waiting()], [200, 0]);
      const reader = answer.value!.body!.getReader();
      const read = watch(reader.read());
      await settle();
      assertEquals([read.state, live.asked], ["pending", 1]);
      await reader.cancel();
      assertEquals([live.closed, waiting()], [1, 0]);
    });
  }
});

test("an item that comes while the head waits leaves no timer", async () => {
  await withTimers(async ({ waiting }) => {
    const live = new Live();
    const answer = watch(toResponse(live, { as: "ndjson", headWaitMs: 300 }));
    await until("it waits", () => waiting() === 1);
    live.give(1);
    await until("the head has come", () => answer.state === "resolved");
    assertEquals(waiting(), 0);
    await answer.value!.body!.cancel();
  });
});

test("the head of events does not wait, and nothing runs before they are read", async () => {
  const live = new Live();
  const { status, body } = await toResponse(
    live as AsyncIterable<unknown> as AsyncIterable<string>,
    { as: "sse" },
  );
  await settle();
  assertEquals([status, live.asked], [200, 0]);
  await body!.cancel();
});

test("a body whose server cancels it when its client leaves has not failed", async () => {
  const live = new Live();
  const client = new AbortController();
  const request = { signal: client.signal };
  const { body } = await toResponse(items.run(live), { as: "ndjson", headWaitMs: false, request });
  const reader = body!.getReader();
  const pending = watch(reader.read());
  await until("it asks", () => live.asked === 1);
  client.abort(new Error("gone"));
  await reader.cancel("resource closed");
  assertEquals([pending.state, pending.value], ["resolved", { done: true, value: undefined }]);
  await reader.closed;
  assertEquals(live.closed, 1);
});

test("a text is one item, and no items of an answer", () => {
  // @ts-expect-error it would be read as its characters
  assertThrows(() => toResponse("text", { as: "text" }), TypeError, `got "text"`);
});
