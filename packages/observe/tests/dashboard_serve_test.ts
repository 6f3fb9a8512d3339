// The dashboard's own server, on the runtimes that have one.

import { dashboard } from "@headrace/observe/dashboard";
import { StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { until } from "@headrace/pipeline/testing";

const TOKEN = "a-token-of-some-length";

const { Deno, Bun, process } = globalThis as unknown as {
  Deno?: unknown;
  Bun?: unknown;
  process?: { getBuiltinModule?(name: string): unknown };
};
const hasServers = Deno !== undefined || Bun !== undefined ||
  process?.getBuiltinModule?.("node:http") !== undefined;

test("a dashboard is served on this machine, and ends with its server", async () => {
  const board = dashboard({ intervalMs: 10 });
  if (!hasServers) {
    await assertRejects(() => board.serve(), TypeError, "no server can be opened here");
    return;
  }
  const server = await board.serve();
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await fetch(server.url);
  assert((await page.text()).includes("<title>Headrace</title>"));

  await StreamingPipeline.start<number>().executeToArray([1, 2], {
    observer: board.observe("two"),
  });
  const events = await fetch(`${server.url}events`);
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let isOver = false;
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done) return void (isOver = true);
      text += value;
    }
  })();
  await until("the run was sent", () => text.includes('"name":"two"'));
  // A page that is open does not hold the server up.
  await server.close();
  await reading;
  assertEquals(isOver, true);
  // Such as by `await using`.
  await server.close();
  await server[Symbol.asyncDispose]();
  await assertRejects(() => fetch(server.url));
});

test("a page that is left is forgotten by the server", async () => {
  if (!hasServers) return;
  const board = dashboard({ intervalMs: 5, maxReaders: 1, token: TOKEN, basePath: "/ops" });
  await using server = await board.serve();
  const [address] = server.url.split("?");
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+\/ops\/\?token=a-token-of-some-length$/);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const leave = new AbortController();
  const first = await fetch(`${address}events`, { headers, signal: leave.signal });
  await first.body!.getReader().read();
  leave.abort();
  let second: Response | undefined;
  for (let tries = 0; second?.status !== 200; tries++) {
    await second?.body?.cancel();
    assert(tries < 1_000, "the first page is still there");
    second = await fetch(`${address}events`, { headers });
  }
  await second.body!.cancel();
});

test("a path that begins with two slashes is none of a dashboard's", async () => {
  // The fetch of Bun 1.4 makes one slash of them.
  if (!hasServers || Bun !== undefined) return;
  await using server = await dashboard().serve();
  for (const path of ["/", "/other.example/"]) {
    const response = await fetch(`${server.url}${path}`);
    await response.body?.cancel();
    assertEquals(response.status, 404);
  }
});
