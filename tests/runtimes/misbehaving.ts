// Not part of the suite: tests that go wrong in every way the harness must notice. The self-check
// of the harness runs them on each runtime and compares what is reported.

import { test } from "../harness.ts";

test("a body that returns passes", () => {});

test("a body that throws fails", () => {
  throw new Error("thrown");
});

test("a promise that rejects fails", () => Promise.reject(new Error("rejected")));

test("a floating rejection fails", () => {
  Promise.reject(new Error("floating"));
});

test("an error thrown in a timer fails", async () => {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 0);
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test("a body that never settles fails", () => new Promise<void>(() => {}), { hangAfterMs: 100 });

test("two problems are both told", () => {
  Promise.reject(new Error("floating too"));
  throw new Error("thrown too");
});

test("the test after a failed one passes", () => Promise.resolve());

test("a clock left stopped does not stop the harness and passes", () => {
  Object.assign(globalThis, { setTimeout: () => 0, clearTimeout: () => {} });
});

test("a timer left over fails where the runtime can tell", () => {
  setInterval(() => {}, 1_000);
});
