// Whatever reads an iterable reads it as the loops of the language do.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  combineLatest,
  concat,
  createStreamingStep,
  interleave,
  join,
  merge,
  retrySource,
  share,
  type StageOptions,
  StreamingError,
  StreamingPipeline,
  zip,
  zipLongest,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { settle } from "../../src/testing/turns.ts";
import { BROKEN, ITERABLE_FAILURE, NEVER_ENDING, THROWING, UNUSUAL } from "./_iterables.ts";

type Items = AsyncIterable<number>;

const start = () => StreamingPipeline.start<number>();
const step = (items: Items) => createStreamingStep("step", () => items);
const ONE = { maxAttempts: 1 };
const BY_ITEM = { leftKey: (item: number) => item, rightKey: (item: number) => item } as const;

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const item of items) seen.push(item);
  return seen.flat();
}

const flatMap = (options?: StageOptions) => (items: Items) =>
  collect(start().flatMap("stage", () => items, options).execute([0]));

/** All that read an iterable of the user's; each gives its items. */
const READERS: Readonly<Record<string, (items: Items) => Promise<unknown[]>>> = {
  "execute()": (items) => collect(start().execute(items)),
  "executeToArray()": (items) => start().executeToArray(items),
  "a parallel stage": (items) =>
    start().map("stage", (item) => Promise.resolve(item), { parallel: true }).executeToArray(items),
  "flatMap()": flatMap(),
  "flatMap() parallel": flatMap({ parallel: true }),
  "flatMap() parallel unordered": flatMap({ parallel: true, ordered: false }),
  "flatMap() with timeoutMs": flatMap({ timeoutMs: 3_600_000 }),
  "flatMap() with retry": flatMap({ retry: ONE }),
  "a step": (items) => start().add("stage", () => items).executeToArray([0]),
  "a step with retry": (items) =>
    start().add("stage", () => items, { retry: ONE }).executeToArray([0]),
  "a step per item": (items) =>
    start().map("stage", step(items), { parallel: true }).executeToArray([0]),
  "a step of branch()": (items) =>
    start().branch("stage", () => true, step(items), step(items)).executeToArray([0]),
  "mergeWith()": (items) => start().mergeWith("stage", items).executeToArray([]),
  "the function of concatWith()": (items) =>
    start().concatWith("stage", () => items).executeToArray([]),
  "merge()": (items) => collect(merge(items)),
  "concat()": (items) => collect(concat(items)),
  "interleave()": (items) => collect(interleave(items)),
  "zip()": (items) => collect(zip(items)),
  "zipLongest()": (items) => collect(zipLongest(0, items)),
  "combineLatest()": (items) => collect(combineLatest(items)),
  "join()": (items) =>
    collect(join(items, [], { ...BY_ITEM, kind: "left", strategy: "hash" })).then((rows) =>
      rows.filter((item) => item !== undefined)
    ),
  "share()": (items) => collect(share(items, { bufferSize: 1 })),
  "retrySource()": (items) => collect(retrySource(() => items, { maxAttempts: 1, backoffMs: 0 })),
};

/** What it fails with: the cause, where it names a stage. */
async function failureOf(read: () => Promise<unknown>): Promise<unknown> {
  const error: unknown = await (async () => await read())().then((items) => ({ items }), (e) => e);
  return error instanceof StreamingError ? error.cause : error;
}

for (const [name, read] of Object.entries(READERS)) {
  for (const [form, create] of Object.entries({ ...BROKEN, ...NEVER_ENDING })) {
    test(`[L6] ${name} fails with a TypeError where ${form}`, async () => {
      assertInstanceOf(await failureOf(() => read(create() as Items)), TypeError);
    });
  }

  test(`[L4] ${name} fails with what an iterable throws, and does not close it`, async () => {
    for (const [form, create] of Object.entries(THROWING)) {
      let closed = 0;
      const failure = await failureOf(() => read(create(() => closed++) as Items));
      await settle();

      assertStrictEquals(failure, ITERABLE_FAILURE, form);
      assertEquals(closed, 0, form);
    }
  });

  for (const [form, create] of Object.entries(UNUSUAL)) {
    // For such a stage a function is what opens the other source.
    if (name === "mergeWith()" && form === "the iterable is a function") continue;

    test(`${name} reads what the language reads where ${form}`, async () => {
      assertEquals(await read(create() as Items), [1, 2, 3]);
    });
  }
}

/** An array that loses all but its first element when its third is read. */
function createCutArray(): Items {
  return new Proxy([1, 2, 3, 4, 5], {
    get(items, key) {
      if (key === "100") throw new Error("it is read without end");
      const value: unknown = Reflect.get(items, key);
      if (key === "2") items.length = 1;
      return value;
    },
  }) as unknown as Items;
}

for (const [name, read] of Object.entries(READERS)) {
  test(`${name} ends where its array is cut short while it is read`, async () => {
    assertEquals(await read(createCutArray()), [1, 2, 3]);
  });
}

test("what no reader takes, no loop of the language takes, and the other way round", async () => {
  for (const create of Object.values(BROKEN)) {
    assertInstanceOf(await failureOf(() => collect(create() as Items)), TypeError);
  }
  for (const create of Object.values(UNUSUAL)) {
    assertEquals(await collect(create() as Items), [1, 2, 3]);
  }
});

test("a value whose Symbol.iterator is null is one item", async () => {
  const value = { [Symbol.iterator]: null };

  const items = await StreamingPipeline.start<unknown>().executeToArray(value);

  assert(items.length === 1 && items[0] === value);
});
