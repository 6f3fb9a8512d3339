import { deepEqual, equal, ok } from "node:assert/strict";
import type { Click } from "../clicks.ts";
import { createRandom, makeClicks } from "../make_clicks.ts";
import { runSessions } from "../run_sessions.ts";
import { sessionsByRule, sessionsOfAll, sorted } from "./helpers/model.ts";
import { collect, linesOf } from "./helpers/ndjson.ts";

const GAP_MS = 30 * 60_000;
const LATENESS_MS = 5 * 60_000;

Deno.test("sessions and late clicks are those that the rules say, in their order", async () => {
  for (const seed of [1, 2, 3]) {
    const clicks = makeClicks({ seed, count: 2_000, users: 200 });
    const expected = sessionsByRule(clicks, GAP_MS, LATENESS_MS);
    const rules = { gapMs: GAP_MS, allowedLatenessMs: LATENESS_MS };
    const { sessions, late, totals } = await collect(linesOf(clicks), rules);
    deepEqual(sessions, expected.sessions);
    deepEqual(late.map(({ item }) => item), expected.late);
    deepEqual(totals, {
      lines: 2_000,
      badLines: 0,
      duplicates: 0,
      lateClicks: expected.late.length,
      sessions: expected.sessions.length,
      clicks: 2_000 - expected.late.length,
    });
    // The input has what the test is about.
    ok(late.length > 5 && clicks.some(({ at }, index) => at < (clicks[index - 1]?.at ?? 0)));
  }
});

Deno.test("the same holds where clicks fall on the very end of a session, and sessions grow together", async () => {
  const random = createRandom(7);
  const below = (limit: number) => Math.floor(random() * limit);
  let lateCount = 0;
  for (let round = 0; round < 200; round++) {
    const [gapMs, allowedLatenessMs] = [1 + below(8), below(12)];
    const clicks = Array.from({ length: 1 + below(40) }, (_, index): Click => ({
      user: `user-${below(3)}`,
      page: `/${below(4)}`,
      at: Math.max(0, index + below(30) - 15),
    }));
    const expected = sessionsByRule(clicks, gapMs, allowedLatenessMs);
    const { sessions, late } = await collect(linesOf(clicks), { gapMs, allowedLatenessMs });
    deepEqual(sessions, expected.sessions);
    deepEqual(late.map(({ item }) => item), expected.late);
    lateCount += late.length;
  }
  ok(lateCount > 100, `${lateCount} clicks were late`);
});

Deno.test("where nothing is late, the order of the clicks changes nothing", async () => {
  const clicks = makeClicks({ seed: 4, count: 5_000, users: 300 });
  const rules = { gapMs: GAP_MS, allowedLatenessMs: 3 * 3_600_000 };
  const { sessions, late } = await collect(linesOf(clicks), rules);
  deepEqual(late, []);
  deepEqual(sorted(sessions), sorted(sessionsOfAll(clicks, GAP_MS)));
});

Deno.test("sessions that grow together cost no more than one that grows", async () => {
  const [count, stepMs] = [20_000, 700];
  const time = async (placeOf: (index: number) => number) => {
    const clicks = Array.from({ length: count }, (_, index): Click => ({
      user: "user-1",
      page: `/${index}`,
      at: placeOf(index) * stepMs,
    }));
    const lines = linesOf(clicks);
    const began = performance.now();
    const { sessions } = await collect(lines, { gapMs: 1_000, allowedLatenessMs: count * stepMs });
    equal(sessions.length, 1);
    return performance.now() - began;
  };
  const forwardsMs = await time((index) => index);
  // From both ends, every other place: what comes later is between sessions.
  const bothMs = await time((index) => index % 2 === 0 ? index : count - index);
  ok(bothMs < forwardsMs * 5, `${bothMs} ms, ${forwardsMs} ms forwards`);
});

Deno.test("a late click comes with what it was late for, and changes no session", async () => {
  const at = (minutes: number) => Date.UTC(2026, 2, 1) + minutes * 60_000;
  const clicks: Click[] = [
    { user: "a", page: "/1", at: at(0) },
    { user: "b", page: "/2", at: at(35) },
    // Its session is over: the 35 minutes less 5 have reached its end.
    { user: "a", page: "/3", at: at(0) },
    // This one's is not, by one minute.
    { user: "a", page: "/4", at: at(1) },
  ];
  const rules = { gapMs: GAP_MS, allowedLatenessMs: LATENESS_MS };
  const { sessions, late } = await collect(linesOf(clicks), rules);
  deepEqual(sessions.map(({ user, pages }) => [user, ...pages]), [
    ["a", "/1"],
    ["a", "/4"],
    ["b", "/2"],
  ]);
  deepEqual(late, [{ item: clicks[2], timestamp: at(0), watermark: at(30), lateCount: 1 }]);
});

Deno.test("a click that was sent twice is dropped, as far back as clicks are remembered", async () => {
  const at = Date.UTC(2026, 2, 1);
  const clicks = [0, 1, 0, 2, 3, 4, 5, 0].map((page) => ({ user: "a", page: `/${page}`, at }));
  const rules = { gapMs: GAP_MS, allowedLatenessMs: LATENESS_MS, rememberedClicks: 4 };
  const { sessions, totals } = await collect(linesOf(clicks), rules);

  deepEqual(sessions.map(({ count, pages }) => [count, pages.length]), [[7, 6]]);
  deepEqual([totals.lines, totals.clicks, totals.duplicates], [8, 7, 1]);
});

Deno.test("a click from the future is a bad line, and makes no other late", async () => {
  const at = (minutes: number) => Date.UTC(2026, 2, 1) + minutes * 60_000;
  const clicks = [0, 600, 1, 2].map((minutes) => ({ user: "a", page: "/", at: at(minutes) }));
  const rules = { gapMs: GAP_MS, allowedLatenessMs: 0, latestMs: at(10) };
  const { sessions, late, badLines } = await collect(linesOf(clicks), rules);

  deepEqual([badLines, late], [["2 IN_FUTURE"], []]);
  deepEqual(sessions.map(({ count }) => count), [3]);
});

Deno.test("a session ends at the longest time, though its user goes on", async () => {
  const minute = 60_000;
  const clicks = Array.from({ length: 100 }, (_, index) => (
    { user: "a", page: `/${index}`, at: Date.UTC(2026, 2, 1, 23) + index * minute }
  ));
  const rules = { gapMs: GAP_MS, allowedLatenessMs: 0, maxSessionMs: 24 * 60 * minute };
  const { sessions } = await collect(linesOf(clicks), rules);

  deepEqual(sessions.map(({ user, start, count }) => [user, start, count]), [
    ["a", "2026-03-01T23:00:00.000Z", 60],
    ["a", "2026-03-02T00:00:00.000Z", 40],
  ]);
});

Deno.test("the same lines give the same sessions however their bytes are cut", async () => {
  const clicks = makeClicks({ seed: 5, count: 40, users: 20 })
    .map((click) => ({ ...click, page: `${click.page}?q=mühle 😀` }));
  const rules = { gapMs: GAP_MS, allowedLatenessMs: LATENESS_MS };
  const expected = await collect(linesOf(clicks), rules);
  ok(expected.sessions.length > 3);
  for (const pieceBytes of [1, 2, 3, 7, 64]) {
    deepEqual(await collect(linesOf(clicks), rules, pieceBytes), expected);
  }
  const withReturns = linesOf(clicks).map((line) => `${line}\r`);
  deepEqual(await collect(withReturns, rules), expected);
});

Deno.test("bad lines are reported by number and code, and the others still count", async () => {
  const line = (fields: object) =>
    JSON.stringify({ user: "a", page: "/", at: "2026-03-01T00:00:00Z", ...fields });
  const { sessions, badLines, totals } = await collect(
    [
      line({}),
      "{ secret",
      "",
      "null",
      line({ user: 5 }),
      line({ page: undefined }),
      line({ at: "secret" }),
      line({ at: 5 }),
      line({ page: "/".repeat(2_000_000) }),
      line({}),
    ],
    { gapMs: 1, allowedLatenessMs: 0 },
    100_000,
  );
  deepEqual(badLines, [
    "2 NOT_JSON",
    "4 NO_USER",
    "5 NO_USER",
    "6 NO_PAGE",
    "7 NO_TIME",
    "8 NO_TIME",
    "9 LINE_TOO_LONG",
  ]);
  deepEqual(sessions.map(({ count }) => count), [2]);
  deepEqual([totals.lines, totals.badLines, totals.clicks], [9, 7, 2]);
});

Deno.test("users whose names are not UTF-8 do not become one user", async () => {
  const line = (user: string) => JSON.stringify({ user, page: "/", at: "2026-03-01T00:00:00Z" });
  const latin1 = [line("J\u00fcrgen"), line("J\u00f6rgen"), line("a")].join("\n");
  const badLines: string[] = [];
  const users: string[] = [];
  await runSessions([Uint8Array.from(latin1, (char) => char.charCodeAt(0))], {
    gapMs: GAP_MS,
    allowedLatenessMs: LATENESS_MS,
    sessions: ({ user }) => users.push(user),
    lateClicks: () => {},
    badLines: (number, code) => badLines.push(`${number} ${code}`),
  });
  deepEqual(badLines, ["1 INVALID_UTF8", "2 INVALID_UTF8"]);
  deepEqual(users, ["a"]);
});

Deno.test("a line may have a million characters and no more, whatever its line break is", async () => {
  const short = '{"user":"a","page":"/","at":"2026-03-01T00:00:00Z"}';
  const padded = (length: number, end = "") => short.padEnd(length) + end;
  const lines = [
    padded(1e6),
    padded(1e6, "\r"),
    padded(1e6 + 1),
    padded(1e6 + 1, "\r"),
    padded(1e6, "\r, and more behind it"),
    short,
  ];
  const { badLines, totals } = await collect(
    lines,
    { gapMs: 1, allowedLatenessMs: 0 },
    100_000,
  );
  deepEqual(badLines, ["3 LINE_TOO_LONG", "4 LINE_TOO_LONG", "5 LINE_TOO_LONG"]);
  equal(totals.clicks, 3);
});
