// Holds that the simulation is the same each time, and that its provider keeps its own rules.

import assert from "node:assert/strict";
import { CLIENTS } from "./clients.ts";
import { createItems, HttpError, PROVIDER, Provider } from "./provider.ts";
import { simulate } from "./simulate.ts";
import { inVirtualTime } from "./virtual_time.ts";

for (const client of Object.keys(CLIENTS)) {
  Deno.test(`the simulation with ${client} does all items, the same way each time`, async () => {
    const first = await simulate({ client, items: 300, maxCalls: 8 });
    const second = await simulate({ client, items: 300, maxCalls: 8 });

    assert.equal(first.done, 300);
    assert.deepEqual(second, first);
  });
}

Deno.test("the provider refuses what is over its limits, and says when to come again", async () => {
  await inVirtualTime(1, async (now) => {
    const { requestsPerMinute } = PROVIDER;
    const provider = new Provider(now);
    const items = createItems(requestsPerMinute + 1).map(({ id }) => ({ id, tokens: 1 }));
    const outcomes = await Promise.allSettled(items.map(provider.call));

    const last = outcomes.at(-1);
    assert(last?.status === "rejected" && last.reason instanceof HttpError);
    assert.deepEqual([last.reason.status, last.reason.headers.get("retry-after")], [429, "60"]);
    assert.equal(provider.figures.refusedCalls, 1);
  });
});

Deno.test("time goes from timer to timer, and no real time passes", async () => {
  const realMs = performance.now();
  const seen = await inVirtualTime(1, async (now) => {
    const times: number[] = [];
    const every = setInterval(() => times.push(now()), 60_000);
    await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    clearInterval(every);
    return [times.length, Date.now() - now(), performance.now()];
  });

  assert.deepEqual(seen, [59, Date.UTC(2026, 0, 1), 3_600_000]);
  assert(performance.now() - realMs < 60_000);
});
