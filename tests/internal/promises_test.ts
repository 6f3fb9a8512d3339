import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  andThen,
  chain,
  createDeferred,
  ignoreLateOutcome,
  isPromiseLike,
  toPromise,
} from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { HOSTILE_ANSWERS, ODD_THENABLES } from "../support/hostile_values.ts";
import { settle, watch } from "../../src/testing/turns.ts";

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

test("what cannot be awaited becomes a promise that is rejected", async () => {
  const broken = Object.entries(HOSTILE_ANSWERS).filter(([name]) => !/ proxy/.test(name));
  const outcomes = await Promise.allSettled(broken.map(([, make]) => toPromise(make())));

  assertEquals(
    outcomes.map(({ status }, index) => [broken[index]![0], status]),
    broken.map(([name]) => [name, "rejected"]),
  );
});

test("a thenable is asked once, and its first answer counts", async () => {
  for (const [name, make] of Object.entries(ODD_THENABLES)) {
    assertEquals(await toPromise(make("answer")), "answer", name);
    assertEquals(await andThen(make("answer"), (value) => `${value}!`), "answer!", name);
  }
});

test("what follows an answer is made at once where that is no promise", async () => {
  const failure = new Error("no");
  const double = (value: unknown) => Number(value) * 2;

  assertEquals(andThen(2, double), 4);
  assertEquals(await andThen(Promise.resolve(2), double), 4);
  assertEquals(await andThen(Promise.reject(failure), double, (error) => error), failure);
});

test("what is rejected before it is handed on is reported nowhere", async () => {
  const failure = new Error("no");
  const fail = () => Promise.reject(failure);
  const chained = [
    () => andThen(Promise.resolve(1), fail),
    () => andThen(Promise.reject(1), () => {}, fail),
    () => chain(Promise.resolve(1), fail),
    () => chain(Promise.reject(1), undefined, fail),
  ];

  for (const run of chained) {
    const outcome = watch(Promise.resolve(run()));
    await settle();
    assertStrictEquals(outcome.error, failure);
  }
});
