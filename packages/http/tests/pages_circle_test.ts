// Pages that have no end.

import { HttpError, nextByLink, pages } from "@headrace/http";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { Script } from "./support/scripted.ts";

const FIRST = "https://api.example.com/rows";

test("pages() finds circles of any length, and counts its pages", async () => {
  for (const length of [1, 2, 3, 7]) {
    let at = 0;
    const fetch = () => {
      at++;
      const next = at < 5 ? at : 5 + (at - 5 + 1) % length;
      return Promise.resolve(Response.json([at], { headers: { link: `</${next}>; rel=next` } }));
    };
    const error = await assertRejects(
      () => collect(pages(FIRST, { next: nextByLink(), fetch })),
      HttpError,
    );
    assertEquals([error.code, at < 64], ["PAGE_REFUSED", true]);
  }
  const answers = ["/1", "/2", "/3"].map((next) =>
    Response.json([1], { headers: { link: `<${next}>; rel=next` } })
  );
  const { fetch } = new Script(...answers);
  const error = await assertRejects(
    () => collect(pages(FIRST, { next: nextByLink(), fetch, maxPages: 2 })),
    HttpError,
  );
  assertEquals(error.message.includes("at most 2 pages (maxPages)"), true);
});

test("pages() finds a circle and counts pages also where each page has to be asked for again", async () => {
  const retry = { maxAttempts: 3, backoffMs: 0 };
  for (const hasItems of [true, false]) {
    for (
      const [length, maxPages, rule] of [[7, 40, "a new one"], [99, 40, "at most 40"]] as const
    ) {
      let count = 0;
      const fetch = (input: string | URL | Request) => {
        if (++count > 200) throw new Error("no end");
        const at = Number(new URL(input as URL).pathname.slice(1)) || 0;
        if (count % 3 === 0) return Promise.resolve(new Response("busy", { status: 503 }));
        const link = `</${(at + 1) % length}>; rel=next`;
        const items = hasItems || at % 2 === 0 ? [at] : [];
        return Promise.resolve(Response.json(items, { headers: { link } }));
      };
      const source = pages("https://api.example.com/0", {
        next: nextByLink(),
        ...{ fetch, retry, maxPages },
      });
      const error = await assertRejects(() => collect(source), HttpError);
      assertEquals([error.code, error.message.includes(rule)], ["PAGE_REFUSED", true]);
    }
  }
});
