// The signal of a function: made when it is first read, also where that is late, and not otherwise.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { type StageContext, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";

type From = StreamingPipeline<number, number, unknown>;

const start = () => StreamingPipeline.start<number>();

function* naturals() {
  for (let item = 0;; item++) yield item;
}

for (const concurrencyLimit of [undefined, 2]) {
  test(`a signal that is first read after the abort has its reason, limit ${concurrencyLimit}`, async () => {
    const called = createDeferred<StageContext<object, unknown>>();
    const released = createDeferred<number>();
    const run = start().map("held", (_item, _index, context) => {
      called.resolve(context);
      return released.promise;
    }, { concurrencyLimit }).run(naturals());
    const next = run[Symbol.asyncIterator]().next().catch((error: unknown) => error);
    const context = await called.promise;

    const reason = new Error("enough");
    const aborted = run.abort(reason);
    assertStrictEquals(context.signal.reason, reason);
    assertStrictEquals(context.signal, context.signal);

    released.resolve(0);
    await aborted;
    assertStrictEquals(await next, reason);
  });
}

/** How many abort controllers and errors of the platform `work` makes: each takes microseconds. */
async function countMade(work: () => Promise<unknown>): Promise<number> {
  const { AbortController, DOMException } = globalThis;
  let made = 0;
  globalThis.AbortController = class extends AbortController {
    constructor() {
      super();
      made++;
    }
  };
  globalThis.DOMException = class extends DOMException {
    constructor(...args: ConstructorParameters<typeof DOMException>) {
      super(...args);
      made++;
    }
  };
  try {
    await work();
  } finally {
    Object.assign(globalThis, { AbortController, DOMException });
  }
  return made;
}

const ENDS: Readonly<Record<string, () => Promise<unknown>>> = {
  "a break": async () => {
    for await (const _ of start().map("one", (item) => item + 1).execute(naturals())) break;
  },
  "a take": () => start().map("one", (item) => item + 1).take("few", 3).executeToArray(naturals()),
  "a step that returns": () =>
    start().add("step", async function* ({ input }) {
      for await (const item of input) return yield item;
    }).executeToArray(naturals()),
  "a parallel stage before a take": () =>
    start().map("one", (item) => Promise.resolve(item), { concurrencyLimit: 3 }).take("few", 3)
      .executeToArray(naturals()),
};

for (const [name, work] of Object.entries(ENDS)) {
  test(`${name} makes no signal that nobody reads, and no error that nobody gets`, async () => {
    assertEquals(await countMade(work), 0);
  });
}

const LATE: Readonly<Record<string, (pipeline: From) => From>> = {
  "mapPartitioned() whose items wait for their key": (pipeline) =>
    pipeline.mapPartitioned("s", () => 0, (item) => Promise.resolve(item), { concurrencyLimit: 3 }),
  "a parallel branch() that waits for its predicate": (pipeline) =>
    pipeline.branch("s", () => Promise.resolve(true), (item) => item, (item) => item, {
      concurrencyLimit: 3,
    }),
};

for (const [name, build] of Object.entries(LATE)) {
  test(`${name} makes no signal that nobody reads`, async () => {
    assertEquals(await countMade(() => build(start()).executeToArray([1, 2, 3, 4, 5])), 0);
  });
}
