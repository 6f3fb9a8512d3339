// What a call costs that waits for a policy, by counting: it must not depend on how many wait.

import { assertEquals } from "@std/assert";
import type { Policy } from "../../mod.ts";
import {
  adaptive,
  budget,
  circuitBreaker,
  policy,
  rateLimit,
  retryBudget,
  semaphore,
} from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle } from "../../src/testing/turns.ts";
import { range } from "./_service.ts";

/** How often anything was looked at. */
interface Looks {
  count: number;
}

type CreatePolicy = (looks: Looks) => Policy<number>;

/** Counts how often `value` is asked for. */
const counted = (looks: Looks, value: number) => () => (looks.count++, value);

const POLICIES: Readonly<Record<string, CreatePolicy>> = {
  "rateLimit()": (looks) => rateLimit({ limit: 5, intervalMs: 10, cost: counted(looks, 1) }),
  "rateLimit() that is smooth": (looks) =>
    rateLimit({ limit: 5, intervalMs: 10, smooth: true, cost: counted(looks, 1) }),
  "rateLimit() by keys": (looks) =>
    rateLimit({
      limit: 5,
      intervalMs: 10,
      key: (input: number) => (looks.count++, input % 7),
    }),
  "limits of all, and one of a key each": (looks) =>
    policy(
      rateLimit({ limit: 2, intervalMs: 10, key: (input: number) => (looks.count++, input >> 1) }),
      rateLimit({ limit: 5, intervalMs: 10, cost: counted(looks, 1) }),
      semaphore(2),
    ),
  "semaphore()": () => semaphore(2),
  "adaptive()": () => adaptive({ min: 1, max: 4 }),
  "circuitBreaker() that is open": () => {
    const breaker = circuitBreaker({
      failureRate: 0.5,
      minimumCalls: 1,
      openMs: 5,
      whenOpen: "wait",
    });
    breaker.run(() => Promise.reject(new Error("down"))).catch(() => {});
    return breaker;
  },
  "policy() of all": (looks) =>
    policy(
      semaphore(2),
      rateLimit({ limit: 5, intervalMs: 10, cost: counted(looks, 1) }),
      rateLimit({ limit: 50, intervalMs: 100, cost: counted(looks, 2) }),
      circuitBreaker({ failureRate: 0.5, minimumCalls: 20, openMs: 30 }),
      retryBudget({ ratio: 0.2 }),
      budget({ limit: 1_000_000, cost: counted(looks, 1) }),
    ),
};

/** A signal that counts what is asked of it. */
function countedSignal(looks: Looks): AbortSignal {
  return new Proxy(new AbortController().signal, {
    get(signal, name) {
      looks.count++;
      const value: unknown = Reflect.get(signal, name, signal);
      return typeof value === "function" ? value.bind(signal) : value;
    },
  });
}

function countClock(clock: TestClock, looks: Looks): void {
  const { now } = clock;
  Object.assign(clock, {
    now() {
      looks.count++;
      return now.call(clock);
    },
  });
}

/** Those that come first: the others wait. */
const FIRST = 70;

/** All looks, where so many calls wait after the first and each takes a while. */
async function countLooks(create: CreatePolicy, waiting: number): Promise<number> {
  return await new TestClock().use(async (clock) => {
    const looks = { count: 0 };
    countClock(clock, looks);
    const limit = create(looks);
    await settle();
    let done = 0;
    const call = () =>
      new Promise<void>((resolve) => clock.schedule(resolve, 1)).then(() => void done++);
    const callers = FIRST + waiting;
    for (const input of range(callers)) {
      void limit.run(call, { input, signal: countedSignal(looks) });
    }
    await settle();
    while (done < callers) await clock.advance(50);

    assertEquals([limit.metrics.waitingCount, clock.timerCount], [0, 0]);
    return looks.count + clock.delays.length;
  });
}

for (const [name, create] of Object.entries(POLICIES)) {
  test(`[L11] ${name}: 1,000 that wait cost no more per call than 10`, async () => {
    const none = await countLooks(create, 0);
    const few = (await countLooks(create, 10) - none) / 10;
    const many = (await countLooks(create, 1_000) - none) / 1_000;

    assertEquals(few > 0, true);
    assertEquals(many <= few * 1.1, true, `${many} looks a call, and ${few} where 10 wait`);
  });
}
