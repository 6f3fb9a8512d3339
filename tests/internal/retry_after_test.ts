import { assertEquals } from "@std/assert";
import { retryAfterMsOf } from "../../src/internal/causes.ts";
import { test } from "../harness.ts";
import { withFakeClock } from "../support/fake_clock.ts";

test("the wait that the other side asks for is read from the cause, its headers or its response", () => {
  const cases: readonly [unknown, number | undefined][] = [
    [{ retryAfterMs: 1_500 }, 1_500],
    [{ retryAfterMs: 0 }, 0],
    [{ headers: new Headers({ "Retry-After": "3" }) }, 3_000],
    [{ headers: { "retry-after": "3" } }, 3_000],
    [{ response: new Response("", { headers: { "Retry-After": " 120 " } }) }, 120_000],
    [{ response: { headers: { "retry-after": "0" } } }, 0],
    [{ retryAfterMs: 1, headers: { "retry-after": "3" } }, 1],
  ];

  assertEquals(cases.map(([cause]) => retryAfterMsOf(cause)), cases.map(([, wait]) => wait));
});

test("a wait that is missing or makes no sense is none", () => {
  const cases: readonly unknown[] = [
    ...[undefined, null, "3", 3, {}, new Error("no")],
    ...[{ retryAfterMs: -1 }, { retryAfterMs: Number.NaN }, { retryAfterMs: "3" }],
    ...[{ headers: new Headers() }, { headers: null }, { response: null }, { response: {} }],
    ...["", "soon", "-3", "1.5e"].map((text) => ({ headers: { "retry-after": text } })),
  ];

  assertEquals(cases.map(retryAfterMsOf), cases.map(() => undefined));
});

test("a date is as far away as the clock says, and never in the past", async () => {
  await withFakeClock(async (clock) => {
    const at = (text: string) => retryAfterMsOf({ headers: { "retry-after": text } });

    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 10_000);
    await clock.advance(4_000);
    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 6_000);
    await clock.advance(60_000);
    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 0);
  });
});
