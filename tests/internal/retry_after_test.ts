import { assertEquals } from "@std/assert";
import { retryAfterMsOf } from "../../src/internal/retry_after.ts";
import { test } from "../harness.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";
import { TestClock } from "../../src/testing/test_clock.ts";

test("the wait that the other side asks for is read from the cause, its headers or its response", () => {
  const cases: readonly [unknown, number | undefined][] = [
    [{ retryAfterMs: 1_500 }, 1_500],
    [{ retryAfterMs: 0 }, 0],
    [{ headers: new Headers({ "Retry-After": "3" }) }, 3_000],
    [{ headers: { "retry-after": "3" } }, 3_000],
    [{ response: new Response("", { headers: { "Retry-After": " 120 " } }) }, 120_000],
    [{ response: { headers: { "retry-after": "0" } } }, 0],
    [{ retryAfterMs: 1, headers: { "retry-after": "3" } }, 1],
    [{ headers: { "RETRY-AFTER": "3" } }, 3_000],
    [{ headers: { "Retry-After": ["3", "4"] } }, 3_000],
    [{ headers: { "Retry-After": 3 } }, 3_000],
    [{ headers: { "retry-after": "1.5" } }, 1_500],
    [{ headers: { "retry-after": ".5" } }, 500],
    [{ headers: new Headers([["Retry-After", "3"], ["Retry-After", "4"]]) }, 3_000],
    [{ headers: { "retry-after": "3", "Retry-After-Ms": "250" } }, 250],
    [{ headers: new Headers({ "retry-after-ms": "12.5" }) }, 12.5],
    [{ headers: [["Server", "x"], ["Retry-After", "3"]] }, 3_000],
    [{ headers: ["Server", "Retry-After", "Retry-After", "3"] }, 3_000],
    [{ headers: new Map([["Server", "x"], ["Retry-After", "3"]]) }, 3_000],
    [{ headers: { get: (name: string) => name === "retry-after" ? "3" : null } }, 3_000],
    [{ headers: { __proto__: null, "Retry-After": "3" } }, 3_000],
    [{ headers: {}, response: { headers: { "Retry-After": "3" } } }, 3_000],
    [new Error("wrapped", { cause: { response: { headers: { "Retry-After": "3" } } } }), 3_000],
    [new Error("wrapped", { cause: { headers: { "Retry-After": "3" } } }), 3_000],
  ];

  assertEquals(cases.map(([cause]) => retryAfterMsOf(cause)), cases.map(([, wait]) => wait));
});

test("a wait that is missing or makes no sense is none", () => {
  const cases: readonly unknown[] = [
    ...[undefined, null, "3", 3, {}, new Error("no")],
    ...[{ retryAfterMs: -1 }, { retryAfterMs: Number.NaN }, { retryAfterMs: "3" }],
    ...[{ headers: new Headers() }, { headers: null }, { response: null }, { response: {} }],
    ...["", "soon", "-3", "1.5e", ".", "0x10", "Infinity"].map((text) => ({
      headers: { "retry-after": text },
    })),
  ];

  assertEquals(cases.map(retryAfterMsOf), cases.map(() => undefined));
});

test("a date is as far away as the clock says, and never in the past", async () => {
  await new TestClock().use(async (clock) => {
    const at = (text: string) => retryAfterMsOf({ headers: { "retry-after": text } });

    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 10_000);
    await clock.advance(4_000);
    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 6_000);
    await clock.advance(60_000);
    assertEquals(at("Thu, 01 Jan 1970 00:00:10 GMT"), 0);
  });
});

test("dates are read in all forms of RFC 9110, all of them in UTC", async () => {
  await new TestClock().use(() => {
    const at = (text: string) => retryAfterMsOf({ headers: { "retry-after": text } });

    assertEquals(
      [
        "Thu, 01 Jan 1970 00:01:00 GMT",
        "Thursday, 01-Jan-70 00:01:00 GMT",
        "Thu Jan  1 00:01:00 1970",
        "thu, 1 jan 1970 00:01:00 utc",
      ].map(at),
      Array(4).fill(60_000),
    );
    // Of two digits: not more than 50 years ahead.
    assertEquals(at("Friday, 01-Jan-71 00:00:00 GMT"), 365 * 86_400_000);
    assertEquals(at("Saturday, 01-Jan-21 00:00:00 GMT"), 0);
    assertEquals(
      [
        "1970-01-01T00:01:00Z",
        "Thu, 01 Foo 1970 00:01:00 GMT",
        "Thu, 32 Jan 1970 00:01:00 GMT",
        "Thu, 01 Jan 1970 24:01:00 GMT",
        "Thu, 01 Jan 1970 00:01:00 +0100",
        "Thu, 01 Jan 1970 ::::0101 GMT",
      ].map(at),
      Array(6).fill(undefined),
    );
    return Promise.resolve();
  });
});

test("whatever was thrown, reading it for a wait ends", () => {
  for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
    assertEquals(retryAfterMsOf(make()), undefined, name);
    assertEquals(retryAfterMsOf({ headers: make() }), undefined, name);
    assertEquals(retryAfterMsOf({ response: make() }), undefined, name);
  }
});
