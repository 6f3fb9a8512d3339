import { deepEqual, ok } from "node:assert/strict";
import type { Click } from "../clicks.ts";
import { findSessions } from "../find_sessions.ts";
import { makeClicks } from "../make_clicks.ts";

// Metadata add up their figures each time.
const CLICKS_BETWEEN = 100;

/** The most users and clicks that the stage held at a time. */
interface Peak {
  readonly users: number;
  readonly clicks: number;
}

/** Counts from outside what went in and has not come out: of whom, and how much. */
async function measurePeak(clicks: readonly Click[]): Promise<Peak> {
  const open = new Map<string, number>();
  const change = (user: string, by: number) => {
    const count = (open.get(user) ?? 0) + by;
    if (count === 0) open.delete(user);
    else open.set(user, count);
  };
  let peakUsers = 0;
  let peakClicks = 0;
  function* source() {
    for (const [index, click] of clicks.entries()) {
      peakUsers = Math.max(peakUsers, open.size);
      if (index % CLICKS_BETWEEN === 0) {
        const [stage] = run.metadata().steps;
        peakClicks = Math.max(peakClicks, stage!.inFlightCount);
      }
      change(click.user, 1);
      yield click;
    }
  }
  const pipeline = findSessions({
    gapMs: 30 * 60_000,
    allowedLatenessMs: 5 * 60_000,
    lateClicks: ({ item }) => change(item.user, -1),
  });
  await using run = pipeline.run(source());
  for await (const { user, count } of run) change(user, -count);
  deepEqual([...open], []);
  return { users: peakUsers, clicks: peakClicks };
}

Deno.test("open sessions do not grow with the number of clicks or of users", async () => {
  const clicks = makeClicks({ seed: 1, count: 200_000, users: 20_000 });
  const small = await measurePeak(clicks.slice(0, 20_000));
  const large = await measurePeak(clicks);
  ok(large.users > 50 && large.users < 300, `sessions of ${large.users} users were open`);
  ok(large.clicks > 200 && large.clicks < 3_000, `${large.clicks} clicks were held`);
  ok(large.users < small.users * 1.5, `${small.users} users, and ${large.users}`);
  ok(large.clicks < small.clicks * 1.5, `${small.clicks} clicks, and ${large.clicks}`);
});
