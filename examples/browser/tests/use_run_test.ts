// The hook without a browser: what a run that was left does to the state of the next one.

import { deepEqual, equal } from "node:assert/strict";
import { follow, type RunState } from "../use_run.ts";

/** A source that ends as it likes when it is aborted, and what becomes of the state. */
async function leave(end: () => AsyncIterable<readonly number[]>) {
  const leaving = new AbortController();
  let state: RunState<number> = { items: [], status: "running" };
  let isClosed = false;
  async function* start() {
    try {
      yield [1];
      leaving.abort();
      yield* end();
    } finally {
      isClosed = true;
    }
  }
  await follow(start, leaving.signal, (change) => state = change(state));
  return { state, isClosed };
}

Deno.test("a run that was left changes nothing, whether it ends, fails or goes on", async () => {
  const ends: readonly (() => AsyncIterable<readonly number[]>)[] = [
    async function* () {},
    // deno-lint-ignore require-yield -- it fails
    async function* () {
      throw new Error("too late");
    },
    async function* () {
      for (;;) yield [2];
    },
  ];
  for (const end of ends) {
    const { state, isClosed } = await leave(end);
    deepEqual(state, { items: [1], status: "running" });
    equal(isClosed, true);
  }
});

Deno.test("a run that is not left shows its items, and that it is over", async () => {
  const states: RunState<number>[] = [];
  let state: RunState<number> = { items: [], status: "running" };
  async function* start() {
    yield [1, 2];
    yield [3];
  }
  await follow(start, new AbortController().signal, (change) => {
    states.push(state = change(state));
  });
  deepEqual(states.map(({ items, status }) => [items.length, status]), [
    [2, "running"],
    [3, "running"],
    [3, "completed"],
  ]);
});
