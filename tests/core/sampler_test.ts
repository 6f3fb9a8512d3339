// Which calls are timed.

import { assert, assertEquals } from "@std/assert";
import { Sampler } from "../../src/core/sampler.ts";
import { test } from "../harness.ts";

const settings = (sampleEvery: number, asyncBudget = 0) => ({
  sampleEvery,
  asyncBudget,
  maxErrors: 0,
});

/** The positions, from 1, of the calls that are timed. */
function dueOf(sampler: Sampler, count: number, isAsync = false): number[] {
  const due: number[] = [];
  for (let position = 1; position <= count; position++) {
    if (!sampler.isDue()) continue;
    due.push(position);
    if (isAsync) sampler.noteAsync();
  }
  return due;
}

test("the first call is timed, then each twice as far from the last, up to the rate", () => {
  assertEquals(dueOf(new Sampler(settings(8)), 40), [1, 2, 4, 8, 16, 24, 32, 40]);
});

test("each call is timed where the rate is 1", () => {
  assertEquals(dueOf(new Sampler(settings(1)), 5), [1, 2, 3, 4, 5]);
});

test("no call is timed where the rate is none, however many there are", () => {
  assertEquals(dueOf(new Sampler(settings(Infinity)), 10_000), []);
});

test("asynchronous calls are all timed until the budget is used up", () => {
  const due = dueOf(new Sampler(settings(1_000, 20)), 100, true);

  assertEquals(due.slice(0, 21), Array.from({ length: 21 }, (_, index) => index + 1));
  assert(due.length < 30, `${due.length}`);
});

test("sync calls do not use the budget up", () => {
  const sampler = new Sampler(settings(1_000, 5));
  dueOf(sampler, 3_000);
  const due = dueOf(sampler, 2_000, true);

  assertEquals(due.slice(1, 6).map((position) => position - due[0]!), [1, 2, 3, 4, 5]);
});
