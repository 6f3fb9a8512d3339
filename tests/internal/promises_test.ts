import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  createDeferred,
  ignoreLateOutcome,
  isPromiseLike,
  toPromise,
} from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { settle, watch } from "../support/turns.ts";

test("a deferred promise is settled from outside, once", async () => {
  const resolved = createDeferred<number>();
  const rejected = createDeferred<number>();
  const failure = new Error("no");
  const outcome = watch(rejected.promise);

  resolved.resolve(1);
  resolved.reject(failure);
  rejected.reject(failure);
  rejected.resolve(1);

  assertEquals(await resolved.promise, 1);
  await settle();
  assertEquals(outcome.state, "rejected");
  assertStrictEquals(outcome.error, failure);
});

test("what await would wait for is like a promise, but for functions", () => {
  const thenable = { then: () => {} };

  assertEquals([Promise.resolve(), thenable].map(isPromiseLike), [true, true]);
  const others = [undefined, null, 1, "then", {}, { then: 1 }, [], Symbol("then")];
  assertEquals(others.map(isPromiseLike), others.map(() => false));
  assertEquals(isPromiseLike(Object.assign(() => {}, thenable)), false);
});

test("a promise stays the same promise, a thenable becomes one", async () => {
  const promise = Promise.resolve(1);
  const thenable = {
    then: (resolve: (value: number) => void) => resolve(2),
  } as PromiseLike<number>;

  assertStrictEquals(toPromise(promise), promise);
  const made = toPromise(thenable);
  assertInstanceOf(made, Promise);
  assertEquals(await made, 2);
});

test("a late rejection that is ignored is reported nowhere", async () => {
  ignoreLateOutcome(Promise.reject(new Error("late")));
  ignoreLateOutcome(Promise.resolve(1));

  // The harness fails a test after which a rejection surfaces.
  await settle();
  assertEquals(await Promise.resolve("alive"), "alive");
});
