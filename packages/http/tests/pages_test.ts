import {
  HttpError,
  nextByCursor,
  nextByLink,
  nextByNumber,
  nextByOffset,
  type PagePosition,
  pages,
  type PagesOptions,
} from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { createCountedController, until, watch } from "@headrace/pipeline/testing";
import { type Asked, openBody, Script } from "./support/scripted.ts";

const FIRST = "https://api.example.com/rows?size=2";
const ROWS = ["a", "b", "c", "d", "e"];

/** Rows by offset, as a service has them; fails as often as `failures` says. */
class Service {
  readonly asked: string[] = [];
  failures = 0;

  readonly fetch = (input: string | URL | Request): Promise<Response> => {
    const url = new URL(input as URL);
    this.asked.push(url.pathname + url.search);
    if (this.failures-- > 0) return Promise.resolve(new Response("busy", { status: 503 }));
    const offset = Number(url.searchParams.get("offset") ?? 0);
    return Promise.resolve(Response.json({ rows: ROWS.slice(offset, offset + 2) }));
  };

  read(options: Partial<PagesOptions<string, { rows: string[] }>> = {}) {
    return pages<string, { rows: string[] }>(FIRST, {
      next: nextByOffset({ param: "offset", size: 2 }),
      items: ({ rows }) => rows,
      fetch: this.fetch,
      ...options,
    });
  }
}

test("pages() reads all items in order, and again from the first page", async () => {
  const service = new Service();
  const rows = service.read();
  assertEquals(await collect(rows), ROWS);
  assertEquals(
    service.asked,
    [2, 4].reduce((list, at) => [...list, `/rows?size=2&offset=${at}`], [
      "/rows?size=2",
    ]),
  );
  assertEquals(await collect(rows), ROWS);
});

test("pages() asks for a page when its first item is asked for", async () => {
  const service = new Service();
  const rows = service.read()[Symbol.asyncIterator]();
  assertEquals(service.asked.length, 0);
  await rows.next();
  await rows.next();
  assertEquals(service.asked.length, 1);
  await rows.next();
  assertEquals(service.asked.length, 2);
  await rows.return();
  assertEquals(await rows.next(), { done: true, value: undefined });
  assertEquals(service.asked.length, 2);
});

test("pages() goes on after each position, and reads no page again that it is done with", async () => {
  const service = new Service();
  const source = service.read();
  const all = await collect(source.open(undefined));
  for (const [index, { position }] of all.entries()) {
    const kept: PagePosition = JSON.parse(JSON.stringify(position));
    const rest = await collect(source.open(kept));
    assertEquals(rest.map(({ item }) => item), ROWS.slice(index + 1));
    assertEquals(
      rest.map(({ position }) => position),
      all.slice(index + 1).map((each) => each.position),
    );
  }
  service.asked.length = 0;
  await collect(source.open(all[1]!.position));
  assertEquals(service.asked[0], "/rows?size=2&offset=2");
});

test("pages() sees what was added since after its last position", async () => {
  const service = new Service();
  const { position } = (await collect(service.read().open(undefined))).at(-1)!;
  ROWS.push("f");
  try {
    assertEquals((await collect(service.read().open(position))).map(({ item }) => item), ["f"]);
  } finally {
    ROWS.pop();
  }
});

test("pages() asks for a page again as retry says, and gives no item twice", async () => {
  const service = new Service();
  const rows = service.read({ retry: { maxAttempts: 3, backoffMs: 0 } })[Symbol.asyncIterator]();
  const read: unknown[] = [];
  for (;;) {
    service.failures = 2;
    const { done, value } = await rows.next();
    if (done) break;
    read.push(value);
  }
  assertEquals(read, ROWS);
  service.failures = 3;
  await assertRejects(() => collect(service.read({ retry: 3 })), HttpError, "its status is 503");
});

test("pages() is closed at once while it waits for a page", async () => {
  let asked: Asked | undefined;
  const body = openBody();
  const script = new Script((given) => {
    asked = given;
    given.signal!.addEventListener("abort", () => body.fail(given.signal!.reason));
    return new Response(body.stream);
  });
  const rows = pages(FIRST, { next: nextByLink(), fetch: script.fetch })[Symbol.asyncIterator]();
  const pending = watch(rows.next());
  await until("it has asked", () => asked !== undefined);
  await rows.return();
  await until("the read has ended", () => pending.state === "resolved");
  assertEquals(pending.value, { done: true, value: undefined });
  assertEquals(asked!.signal!.aborted, true);
});

test("pages() rejects with the reason of its signal, also between two attempts", async () => {
  const service = new Service();
  service.failures = Infinity;
  const controller = new AbortController();
  const retry = { maxAttempts: 5, backoffMs: 1_000_000, maxBackoffMs: 1_000_000 };
  const rows = service.read({ retry }).open(undefined, controller.signal);
  const pending = watch(rows.next());
  await until("it has asked", () => service.asked.length === 1);
  controller.abort(new Error("enough"));
  await until("the read has ended", () => pending.state === "rejected");
  assertEquals((pending.error as Error).message, "enough");
  await assertRejects(
    () => service.read().open(undefined, controller.signal).next(),
    Error,
    "enough",
  );
});

test("pages() leaves no listener on its signal when it ends, fails or is closed", async () => {
  const { signal, count } = createCountedController();
  const service = new Service();
  await collect(service.read().open(undefined, signal));
  assertEquals(count(), 0);
  service.failures = 1;
  await assertRejects(() => collect(service.read().open(undefined, signal)), HttpError);
  assertEquals(count(), 0);
  const rows = service.read().open(undefined, signal);
  await rows.next();
  assertEquals(count(), 1);
  await rows.return();
  assertEquals(count(), 0);
});

test("a run that is closed closes its pages", async () => {
  const service = new Service();
  for await (const row of StreamingPipeline.start<string>().execute(service.read())) {
    if (row === "c") break;
  }
  assertEquals(service.asked.length, 2);
});

test("pages() sends its headers with each page, and none of them to another host", async () => {
  const link = (to: string) => Response.json(["a"], { headers: { link: `<${to}>; rel="next"` } });
  const request = { headers: { authorization: "Bearer 123456" } };
  const script = new Script(link("/2"), link("https://evil.example.net/3"));
  const rows = pages(FIRST, { next: nextByLink(), request, fetch: script.fetch });
  const error = await assertRejects(() => collect(rows), HttpError);
  assertEquals(
    error.message,
    "Cannot use the answer of GET https://api.example.com/2: its next page must be on " +
      "https://api.example.com, got https://evil.example.net",
  );
  assertEquals(error.code, "PAGE_REFUSED");
  assertEquals(script.asked.map(({ headers }) => headers.get("authorization")), [
    "Bearer 123456",
    "Bearer 123456",
  ]);

  const two = new Script(link("/2"), Response.json([]));
  const signed = pages(FIRST, {
    next: nextByLink(),
    request: ({ pathname }) => Promise.resolve({ headers: { "x-signature": `${pathname}!` } }),
    fetch: two.fetch,
  });
  await collect(signed);
  assertEquals(two.asked.map(({ headers }) => headers.get("x-signature")), ["/rows!", "/2!"]);
});

test("pages() refuses a body that is too large, no JSON, or no list", async () => {
  const read = (answer: Response, maxBytes?: number) =>
    collect(pages(FIRST, { next: nextByLink(), maxBytes, fetch: new Script(answer).fetch }));
  const body = openBody();
  body.write("[1,2,3");
  const cases = [
    [() => read(new Response(body.stream), 5), "its body must have at most 5 bytes (maxBytes)"],
    [
      () => read(new Response("[1]", { headers: { "content-length": "600" } }), 500),
      "its body must have at most 500 bytes (maxBytes)",
    ],
    [() => read(new Response('["secret')), "its body must be JSON"],
    [
      () => read(Response.json({ total: 1, rows: [] })),
      "its body must be an array; items: (body) => body.rows would be one",
    ],
  ] as const;
  for (const [read, rule] of cases) {
    const error = await assertRejects(read, Error);
    assertEquals(error.message.split(": ").slice(1).join(": ").endsWith(rule), true, error.message);
  }
  assertEquals(body.cancelled(), 1);
});

test("pages() refuses a next page that is neither URL nor text, and leaves nothing rejected", async () => {
  const wrong: [() => unknown, string][] = [
    [() => 7, "7"],
    [() => ({}), "an object"],
    [() => Promise.reject(new Error("late")), "an object"],
  ];
  for (const [next, kind] of wrong) {
    const { fetch } = new Script(Response.json([1]));
    const error = await assertRejects(() =>
      collect(pages(FIRST, { next: next as () => URL, fetch }))
    );
    assertEquals(
      (error as Error).message.split(": ").at(-1),
      `next must return a URL, a text, or nothing after the last page, got ${kind}`,
    );
  }
});

test("nextByLink() reads what RFC 8288 allows", () => {
  const next = (link: string, rel?: string) =>
    nextByLink(rel)({ url: new URL(FIRST), body: [], headers: new Headers({ link }), count: 1 });
  assertEquals(next('</a>; rel="prev", </b>; rel="next"'), "/b");
  assertEquals(next("</a,b;c>;rel=next"), "/a,b;c");
  assertEquals(next('</a>; title="x, </no>; rel=\\"next\\""; REL="last Next"'), "/a");
  assertEquals(next("</a>; rel=prev; rel=next, <b> ; rel = next"), "b");
  assertEquals(next("</a>"), undefined);
  assertEquals(next("</a"), undefined);
  assertEquals(next("nonsense"), undefined);
  assertEquals(next('</a>; rel="next'), "/a");
  assertEquals(next("</a>; rel=last", "last"), "/a");
  // In UTF-8, of which platforms make a character for each byte.
  assertEquals(next("</caf\xc3\xa9>; rel=next"), "/caf\xe9");
});

test("the other ways to a next page count items or pages, or take a cursor", () => {
  const page = { url: new URL(`${FIRST}&at=4`), headers: new Headers(), body: { c: 7 } };
  const at = (next: unknown) => next && new URL(String(next)).searchParams.get("at");
  assertEquals(at(nextByOffset({ param: "at" })({ ...page, count: 3 })), "7");
  assertEquals(
    at(nextByNumber({ param: "at", size: 3 })({ ...page, url: new URL(page.url), count: 2 })),
    undefined,
  );
  assertEquals(
    at(nextByNumber({ param: "at" })({ ...page, url: new URL(`${FIRST}&at=4`), count: 1 })),
    "5",
  );
  for (const blank of ["", "%20"]) {
    const url = () => new URL(`${FIRST}&at=${blank}`);
    assertEquals(at(nextByNumber({ param: "at" })({ ...page, url: url(), count: 1 })), "2");
    assertEquals(
      at(nextByOffset({ param: "at", first: 1 })({ ...page, url: url(), count: 3 })),
      "4",
    );
  }
  const first = { ...page, url: new URL(FIRST), count: 3 };
  assertEquals(at(nextByOffset({ param: "at", first: 1 })(first)), "4");
  assertEquals(
    at(nextByCursor({ param: "at", read: ({ c }: { c: number }) => c })({ ...page, count: 1 })),
    "7",
  );
  assertThrows(
    () => nextByOffset({ param: "at" })({ ...page, url: new URL(`${FIRST}&at=x`), count: 1 }),
    TypeError,
    'the parameter "at" of the URL must be an integer, got "x"',
  );
  assertThrows(
    () => nextByCursor({ param: "at" } as never),
    TypeError,
    "Cannot call nextByCursor(): read must be a function, got undefined",
  );
});

test("pages() refuses options and positions that are not valid", () => {
  const next = nextByLink();
  const cases: readonly [() => unknown, string][] = [
    [
      () => pages(FIRST, {} as never),
      "next must be a function, such as nextByLink(), got undefined",
    ],
    [
      () => pages(FIRST, { next, maxPage: 1 } as never),
      'unknown option "maxPage"; it has next, items, request, fetch, retry, maxBytes, maxPages',
    ],
    [() => pages(FIRST, { next, maxBytes: 0 }), "maxBytes must be a positive integer, got 0"],
    [
      () => pages(FIRST, { next }).open({ page: "https://evil.example.net/", index: 0 }),
      "from must be a position { page, index } on https://api.example.com, got an object",
    ],
    [
      () => pages(FIRST, { next }).open({ page: "/", index: -1 }),
      "from must be a position { page, index } on https://api.example.com, got an object",
    ],
    [
      () => pages(FIRST, { next }).open("2" as never),
      'from must be a position { page, index } on https://api.example.com, got "2"',
    ],
  ];
  for (const [call, rule] of cases) assertThrows(call, Error, `Cannot call pages(): ${rule}`);
});
