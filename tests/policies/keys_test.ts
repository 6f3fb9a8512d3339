// What is kept for a key is forgotten when it says no more than a new one would.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { Gate } from "../../src/policies/_gate.ts";
import { Part } from "../../src/policies/_part.ts";
import { rateLimit } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { range } from "./_service.ts";

/** Lets everything pass, and is forgotten when a test says so. */
class OpenGate extends Gate {
  isNeeded = true;

  pass(): number {
    return 0;
  }

  override isForgettable(): boolean {
    return !this.isNeeded;
  }
}

function createPart() {
  const made: OpenGate[] = [];
  const part = new Part<OpenGate>({
    createGate() {
      const gate = new OpenGate();
      made.push(gate);
      return gate;
    },
    describe: (gates) => ({ kind: "semaphore", limit: [...gates].length }),
    keyOf: (key: unknown) => key,
  });
  const find = (key: unknown) => part.findGate(key, {}, 0);
  const count = () => (part.read() as { readonly limit: number }).limit;
  return { made, find, count };
}

test("[L11] a part keeps no more gates than twice those that are needed, however many keys come", () => {
  const { made, find, count } = createPart();
  for (const key of range(10_000)) {
    find(key).isNeeded = key % 100 === 0;
    assertLessOrEqual(count(), 2 * (key / 100 + 1) + 64);
  }

  assertEquals(made.length, 10_000);
  for (const key of range(100)) assertEquals(find(key * 100), made[key * 100]);
});

test("a part keeps the gate of a key that is waited for or passed, whatever it says", () => {
  const { find } = createPart();
  const used = find("used");
  used.isNeeded = false;
  used.users++;
  for (const key of range(1_000)) find(key).isNeeded = false;

  assertEquals(find("used"), used);
});

test("rateLimit() holds the limit of a key, however many others come meanwhile", async () => {
  await new TestClock().use(async (clock) => {
    const limit = rateLimit({ limit: 1, intervalMs: 100, key: Number });
    const times: number[] = [];
    const call = (input: number) => limit.run(() => void times.push(clock.now()), { input });
    await call(0);
    for (const key of range(1_000)) await call(key + 1);
    const again = call(0);
    await clock.advance(100);
    await again;

    assertEquals([times[0], times.at(-1)], [0, 100]);
    assertEquals(clock.timerCount, 0);
  });
});
