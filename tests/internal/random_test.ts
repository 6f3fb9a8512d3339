import { assertEquals, assertMatch } from "@std/assert";
import { randomFraction, randomHex } from "../../src/internal/random.ts";
import { test } from "../harness.ts";

test("random bytes are written as two lower-case digits each", () => {
  for (const bytes of [1, 8, 16, 32]) {
    assertMatch(randomHex(bytes), new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
  }
});

test("random ids do not repeat", () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => randomHex(16)));

  assertEquals(ids.size, 1_000);
});

test("a random id is never all zero", () => {
  // One byte is zero in one of 256 draws: 5,000 draws miss it once in 3 · 10^8 runs of the suite.
  const draws = Array.from({ length: 5_000 }, () => randomHex(1));

  assertEquals(draws.includes("00"), false);
});

test("a random fraction is at least 0 and below 1", () => {
  const fractions = Array.from({ length: 1_000 }, randomFraction);

  assertEquals(fractions.every((fraction) => fraction >= 0 && fraction < 1), true);
  assertEquals(new Set(fractions).size > 900, true);
});
