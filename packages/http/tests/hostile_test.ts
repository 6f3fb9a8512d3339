// What comes from outside, made up at random: nothing hangs, and nothing but the errors of the package comes
// out.

import {
  fetchOk,
  HttpError,
  nextByLink,
  type PagePosition,
  pages,
  sseSource,
  webSocketSource,
} from "@headrace/http";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { Sockets } from "./support/fake_socket.ts";
import { events, Script } from "./support/scripted.ts";

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

const FIRST = "https://api.example.com/rows";
const KEY = "my-own-key-77";

/** Text of the characters that mean something to a parser of headers and URLs. */
const hostile = fc.array(
  fc.constantFrom(
    ...[
      "<",
      ">",
      ";",
      ",",
      '"',
      "\\",
      "=",
      " ",
      "rel",
      "next",
      "/",
      "//",
      "..",
      "?",
      "#",
      "@",
      ":",
    ],
    ...["https:", "http:", "javascript:", "a", "\t", "é", "%", "%2", "[", "]", "\u001b"],
  ),
  { maxLength: 40 },
).map((parts) => parts.join(""));

/** A header as the platform lets it through. */
function toHeaders(name: string, value: string): Headers | undefined {
  try {
    return new Headers({ [name]: value });
  } catch {
    return undefined;
  }
}

/** Reads at most so many; what it throws is returned. */
async function take(items: AsyncIterable<unknown>, most: number): Promise<unknown> {
  let count = 0;
  try {
    for await (const _ of items) if (++count === most) break;
  } catch (error) {
    return error;
  }
}

test("no header Link makes nextByLink() fail, or pages() leave its host", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (link) => {
      const headers = toHeaders("link", link);
      if (headers === undefined) return;
      const next = nextByLink()({ url: new URL(FIRST), body: [], headers, count: 1 });
      assert(next === undefined || typeof next === "string");
      const script = new Script(
        ...Array.from({ length: 5 }, () => () => Response.json([1], { headers })),
      );
      const request = { headers: { "x-key": KEY } };
      const error = await take(
        pages(FIRST, { next: nextByLink(), request, fetch: script.fetch }),
        4,
      );
      assert(
        error === undefined || error instanceof HttpError || /Nothing is there/.test(String(error)),
      );
      for (const { url } of script.asked) {
        assertEquals(new URL(url).origin, "https://api.example.com");
      }
    }),
    { numRuns: 3_000 },
  );
});

test("no redirect takes a key to another origin", async () => {
  const statuses = fc.constantFrom(300, 301, 302, 303, 304, 305, 307, 308);
  const methods = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(statuses, hostile), { maxLength: 4 }),
      methods,
      async (hops, method) => {
        const answers = hops.flatMap(([status, location]) => {
          const headers = toHeaders("location", location);
          return headers === undefined ? [] : [new Response(null, { status, headers })];
        });
        const script = new Script(...answers, new Response("ok"));
        const body = method === "POST" || method === "PUT" ? "secret" : null;
        const init = {
          method,
          body,
          headers: { "x-key": KEY, cookie: "a=b" },
          fetch: script.fetch,
        };
        const error = await fetchOk(FIRST, init).then(() => undefined, (error: unknown) => error);
        assert(error === undefined || error instanceof HttpError, String(error));
        for (const { url, headers, body } of script.asked) {
          if (new URL(url).origin === "https://api.example.com") continue;
          assertEquals([headers.get("x-key"), headers.get("cookie"), body ?? null], [
            null,
            null,
            null,
          ]);
          assert(url.startsWith("https:"), url);
        }
      },
    ),
    { numRuns: 3_000 },
  );
});

test("no error shows a key that was sent, wherever the answer repeats it and is cut", async () => {
  const parts = fc.array(
    fc.constantFrom(KEY, KEY.slice(0, 9), "Bearer ", '"key":"', " ", "x", "\n"),
    {
      maxLength: 12,
    },
  );
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 0, max: 120 }), async (parts, maxErrorBytes) => {
      const answer = new Response(parts.join(""), { status: 400 });
      const headers = { authorization: `Bearer ${KEY}` };
      const fetch = new Script(answer).fetch;
      const error = await fetchOk(FIRST, { headers, maxErrorBytes, fetch }).catch((error) => error);
      assert(!(error.body + error.message).includes(KEY));
      assert(!error.body.endsWith(KEY.slice(0, -1)));
    }),
    { numRuns: 2_000 },
  );
});

test("random bytes, cut anywhere, end a source of events or fail it as they must", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }),
      async (chunks) => {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const chunk of chunks) if (chunk.length > 0) controller.enqueue(chunk);
            controller.close();
          },
        });
        const fetch = new Script(events(body as BodyInit)).fetch;
        const error = await take(
          sseSource(FIRST, { fetch, reconnect: false, maxLength: 100 }),
          1_000,
        );
        const code = (error as { code?: string } | undefined)?.code;
        assert(error === undefined || code === "RECORD_TOO_LONG", String(error));
      },
    ),
    { numRuns: 1_000 },
  );
});

test("a server of messages is held to the limits, whatever it sends", async () => {
  const message = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Uint8Array.from(bytes)),
  );
  const overflow = fc.constantFrom("fail" as const, "dropOldest" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 30 }), overflow, async (messages, overflow) => {
      const sockets = new Sockets();
      const limits = { maxMessageLength: 25, maxBufferedLength: 100, overflow };
      const source = webSocketSource("wss://example.com/", { ...limits, connect: sockets.connect });
      const read = source[Symbol.asyncIterator]();
      const first = read.next();
      while (sockets.made.length === 0) await undefined;
      const [socket] = sockets.made;
      socket!.accept();
      socket!.give(...messages);
      socket!.end(1000);
      let length = 0;
      try {
        for (let each = await first; !each.done; each = await read.next()) {
          length += each.value.length;
        }
      } catch (error) {
        const { code } = error as { code?: string };
        assert(["BUFFER_FULL", "MESSAGE_TOO_LARGE"].includes(code ?? ""), String(error));
      }
      assert(length <= 100, `${length}`);
    }),
    { numRuns: 1_000 },
  );
});

test("pages() stays on its host where a path begins with two slashes", async () => {
  const asked: string[] = [];
  let failures = 0;
  const read = () =>
    pages<string>("https://api.example.com//evil.example.net/1", {
      next: nextByLink(),
      retry: { maxAttempts: 2, backoffMs: 0 },
      request: { headers: { authorization: "Bearer abc" } },
      fetch: (input) => {
        asked.push(String(input));
        if (failures-- > 0) return Promise.resolve(new Response("busy", { status: 503 }));
        const headers = { link: "</%2e//evil.example.net/2>; rel=next" };
        const isFirst = String(input).endsWith("/1");
        return Promise.resolve(Response.json(["a", "b"], isFirst ? { headers } : {}));
      },
    });
  const positions: PagePosition[] = [];
  for await (const { position } of read().open(undefined)) {
    positions.push(position);
    failures = 1;
  }
  for (const position of positions) await collect(read().open(position));

  assertEquals(positions.length, 4);
  assertEquals(asked.filter((url) => !url.startsWith("https://api.example.com//evil")), []);
});
