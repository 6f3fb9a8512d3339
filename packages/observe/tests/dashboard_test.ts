// The dashboard by its requests; `integration/browser/` has the page in a browser.

import { type Dashboard, dashboard, type DashboardOptions } from "@headrace/observe/dashboard";
import { type ObservedRun, Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";
import type { RunSnapshot, Update } from "../src/dashboard/snapshot.ts";
import { withFakeTime } from "./support/fake_time.ts";
import { twelve } from "./support/runs.ts";

const TOKEN = "a token of some length";
const HOME = "http://localhost:8000/";

function get(
  board: Dashboard,
  url: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return board.fetch(new Request(url, { headers, ...(signal && { signal }) }));
}

/** Reads what a page is sent. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
  }

  static async open(board: Dashboard): Promise<Reader> {
    return new Reader(await get(board, `${HOME}events`));
  }

  /** The next update; nothing where there is none any more. */
  async next(): Promise<Update | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const [event, data] = this.#text.slice(0, end).split("\n");
        this.#text = this.#text.slice(end + 2);
        assertEquals(event, "event: update");
        return JSON.parse(data!.replace(/^data: /, ""));
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
    await settle();
  }
}

test("the page and what it needs are served, with headers that keep others out", async () => {
  const board = dashboard();
  for (
    const [path, type, part] of [
      ["", "text/html", "<title>Headrace</title>"],
      ["app.css", "text/css", ".u-legend"],
      ["app.js", "text/javascript", "EventSource"],
    ] as const
  ) {
    const response = await get(board, HOME + path);
    assertEquals([response.status, response.headers.get("cache-control")], [200, "no-store"]);
    assert(response.headers.get("content-type")!.startsWith(type));
    assert((await response.text()).includes(part), path);
    assertMatch(response.headers.get("content-security-policy")!, /default-src 'none'/);
    assertEquals(response.headers.get("x-frame-options"), "DENY");
  }
  const missing = await get(board, `${HOME}secrets`);
  assertEquals(missing.status, 404);
  await missing.body?.cancel();
});

test("without a token, only a name of this machine is answered, and nothing from a proxy", async () => {
  const board = dashboard();
  for (
    const [url, headers, status] of [
      ["http://localhost/", {}, 200],
      ["http://127.0.0.1:8000/", {}, 200],
      ["http://[::1]:8000/", {}, 200],
      ["http://attacker.example/", {}, 403],
      ["http://127.0.0.1.attacker.example/", {}, 403],
      ["http://localhost/events", { "x-forwarded-for": "203.0.113.7" }, 403],
      ["http://localhost/", { forwarded: "for=203.0.113.7" }, 403],
    ] as [string, Record<string, string>, number][]
  ) {
    const response = await get(board, url, headers);
    assertEquals(response.status, status, url);
    await response.body?.cancel();
  }
});

test("with a token, nothing is shown without it, and the address does not keep it", async () => {
  const board = dashboard({ token: TOKEN });
  const url = "https://example.com/";
  for (const path of ["", "app.js", "events", "?token=wrong"]) {
    const response = await get(board, url + path);
    assertEquals(response.status, 403, path);
    assert(!(await response.text()).includes(TOKEN));
  }
  const entered = await get(board, `${url}?token=${encodeURIComponent(TOKEN)}`);
  assertEquals([entered.status, entered.headers.get("location")], [303, "/"]);
  const elsewhere = await get(board, `${url}/evil.example/?token=${encodeURIComponent(TOKEN)}`);
  assertEquals([elsewhere.status, elsewhere.headers.get("location")], [303, "/evil.example/"]);
  const cookie = entered.headers.get("set-cookie");
  const keys: Record<string, string>[] = [{ authorization: `Bearer ${TOKEN}` }];
  // Browsers show no page the cookies of a response.
  if (cookie !== null) {
    assertMatch(cookie, /; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    keys.push({ cookie: cookie.split(";")[0]! });
  }
  for (const headers of keys) {
    const response = await get(board, url, headers);
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  const wrong = await get(board, url, { authorization: "Bearer no" });
  assertEquals(wrong.status, 403);
  await wrong.body?.cancel();
});

test("a dashboard stands where it is put", async () => {
  const board = dashboard({ basePath: "/ops/pipelines/" });
  for (
    const [path, status] of [["ops/pipelines/", 200], ["ops/pipelines/app.js", 200], [
      "",
      404,
    ]] as const
  ) {
    const response = await get(board, HOME + path);
    assertEquals(response.status, status, path);
    await response.body?.cancel();
  }
  const moved = await get(board, `${HOME}ops/pipelines`);
  assertEquals([moved.status, moved.headers.get("location")], [308, "/ops/pipelines/"]);
});

test("a dashboard stands at a path that requests have in another form", async () => {
  for (const basePath of ["/the mills", "/mühle", "/ops/../mills"]) {
    const page = await get(dashboard({ basePath }), new URL(`${basePath}/`, HOME).href);
    assertEquals(page.status, 200, basePath);
    await page.body?.cancel();
  }
});

test("a page is sent the runs that go on at an interval, and one that is over once", async () => {
  await withFakeTime(async (clock) => {
    const board = dashboard({ intervalMs: 500 });
    const short = StreamingPipeline.start<number>().map("step", (item) => item);
    await short.executeToArray([1, 2], { observer: board.observe("short") });
    await settle();
    assertEquals(clock.timerCount, 0);

    const { pipeline, next } = twelve();
    const reading = pipeline.executeToArray([1, 2], { observer: board.observe("long") });
    const reader = await Reader.open(board);
    const names = (update: Update | undefined) => update?.runs.map(({ name }) => name);
    const first = await reader.next();
    assertEquals([names(first), first!.ids, first!.notShown], [["short", "long"], [1, 2], 0]);
    const [over, live] = first!.runs;
    assertEquals([over!.status, over!.isOver, over!.stages[0]!.outputCount], [
      "completed",
      true,
      2,
    ]);
    const slow = live!.stages.at(-1)!;
    assertEquals([slow.key, slow.operator, slow.busyCount, slow.inputCount], ["slow", "map", 1, 1]);

    await next();
    const later = async () => {
      const update = reader.next();
      await clock.advance(500);
      return await update;
    };
    const second = await later();
    assertEquals(names(second), ["long"]);
    assertEquals(second!.runs[0]!.outputCount, 1);
    await next();
    await reading;
    const third = await later();
    assertEquals(third!.runs.map(({ status, outputCount }) => [status, outputCount]), [
      ["completed", 2],
    ]);
    assertEquals((await later())!.runs, []);
    await reader.close();
    assertEquals(clock.timerCount, 0);
  });
});

test("a page that takes nothing is sent nothing more, and costs no look at the runs", async () => {
  await withFakeTime(async (clock) => {
    const board = dashboard({ intervalMs: 100 });
    const run = StreamingPipeline.start<number>().run([1]);
    let looks = 0;
    const counted: ObservedRun = {
      traceId: run.traceId,
      ended: run.ended,
      metadata: () => (looks++, run.metadata()),
    };
    board.observe()(counted);
    const response = await get(board, `${HOME}events`);
    await clock.advance(60_000);
    // None, but for what a runtime's streams read ahead.
    assert(looks < 3, `${looks} looks`);
    await response.body!.cancel();
    await settle();
    await run.abort();
    assertEquals(clock.timerCount, 0);
  });
});

test("there are as many pages, runs and runs that are over as there may be", async () => {
  const board = dashboard({ maxReaders: 1, maxRuns: 2, keptRuns: 2 });
  const pipeline = StreamingPipeline.start<number>().map("step", (item) => item);
  const runs = ["a", "b", "c"].map((name) => {
    const run = pipeline.run([1]);
    board.observe(name)(run);
    return run;
  });
  const reader = await Reader.open(board);
  const { runs: shown, notShown } = (await reader.next())!;
  assertEquals([shown.map(({ name, status }) => `${name} ${status}`), notShown], [
    ["a pending", "b pending"],
    1,
  ]);
  const refused = await get(board, `${HOME}events`);
  assertEquals(refused.status, 503);
  await refused.body?.cancel();
  await reader.close();

  for (const run of runs) await collect(run);
  for (const name of ["d", "e"]) {
    await pipeline.executeToArray([1], { observer: board.observe(name) });
  }
  await settle();
  const later = await Reader.open(board);
  const update = (await later.next())!;
  assertEquals([update.runs.map(({ name }) => name), update.notShown], [["d", "e"], 0]);
  await later.close();
});

test("a page is sent failures by their codes, and nothing of an item", async () => {
  const board = dashboard();
  const fail = (text: string) => {
    throw Object.assign(new Error(text), { code: "NO_GOOD" });
  };
  await StreamingPipeline.start<string>()
    .map("skipped", fail, { errorStrategy: "SKIP_FAILED" })
    .executeToArray(["secret", "secret"], { observer: board.observe() });
  await assertRejects(() =>
    StreamingPipeline.start<string>().map("failing", fail)
      .executeToArray(["secret"], { observer: board.observe() })
  );
  await Pipeline.start<string[]>().map("list", fail, { errorStrategy: "SKIP_FAILED" })
    .execute(["secret", "secret", "secret"], { observer: board.observe() });
  const source = (async function* () {
    yield "secret";
    throw new Error("secret");
  })();
  await assertRejects(() =>
    StreamingPipeline.start<string>().executeToArray(source, { observer: board.observe() })
  );
  await settle();

  const reader = await Reader.open(board);
  const { runs } = (await reader.next())!;
  await reader.close();
  assert(!JSON.stringify(runs).includes("secret"));
  const told = ({ status, failure, stages }: RunSnapshot) => [
    status,
    failure,
    ...stages.map(({ key, errorCount, codes }) => [key, errorCount, codes]),
  ];
  assertEquals(runs.map(told), [
    ["completed", undefined, ["skipped", 2, { NO_GOOD: 2 }]],
    ["failed", 'Stage "failing" failed at item 0: NO_GOOD', ["failing", 1, { NO_GOOD: 1 }]],
    ["completed", undefined, ["list", 3, { NO_GOOD: 3 }]],
    ["failed", 'Stage "source" failed: Error'],
  ]);
});

test("[L9] dashboard() refuses options that are not valid, and to be seen by others without a token", async () => {
  for (
    const [options, message] of [
      [{ token: "short" }, "token must have at least 16 characters, got 5"],
      [{ token: 3 as unknown as string }, "token must be a string, got 3"],
      [{ intervalMs: 0 }, "intervalMs must be from 1 to"],
      [{ maxRuns: -1 }, "maxRuns must be a non-negative integer, got -1"],
      [{ basePath: "ops" }, 'basePath must begin with a slash, got "ops"'],
      [{ basePath: "/ops?all" }, 'basePath must be a path alone, got "/ops?all"'],
      [{ port: 3 } as DashboardOptions, 'unknown option "port"'],
    ] as [DashboardOptions, string][]
  ) {
    assertThrows(() => dashboard(options), Error, message);
  }
  assertThrows(
    () => dashboard().observe(3 as unknown as string),
    TypeError,
    "Cannot watch runs: the name of a run must be a string, got 3",
  );
  await assertRejects(
    () => dashboard().serve({ hostname: "0.0.0.0" }),
    TypeError,
    'on "0.0.0.0" others can look in: dashboard() needs a token for that',
  );
  await assertRejects(
    () => dashboard().serve({ port: 70_000 }),
    RangeError,
    "port must be at most 65535, got 70000",
  );
});
