import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { byCursor, positioned, type PositionedSource } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";

const { signal } = new AbortController();

async function readAll<T, P>(source: PositionedSource<T, P>, from?: P): Promise<[T, P][]> {
  const read: [T, P][] = [];
  for await (const { item, position } of source.open(from, signal)) read.push([item, position]);
  return read;
}

/** From each position of a whole reading, the rest of it comes. */
async function assertReadsOn<T, P>(source: PositionedSource<T, P>): Promise<[T, P][]> {
  const whole = await readAll(source);
  for (const [index, [, position]] of whole.entries()) {
    assertEquals(await readAll(source, position), whole.slice(index + 1));
  }
  return whole;
}

test("positioned() counts items, and reads on after any of them", async () => {
  const items = ["a", "b", "c"];
  const numbered = [["a", 1], ["b", 2], ["c", 3]];
  async function* generate() {
    yield* items;
  }

  assertEquals(await assertReadsOn(positioned(items)), numbered as never);
  assertEquals(await assertReadsOn(positioned(new Set(items))), numbered as never);
  assertEquals(await assertReadsOn(positioned(() => items)), numbered as never);
  assertEquals(await assertReadsOn(positioned(generate)), numbered as never);
});

test("positioned() opens nothing before it is asked, and closes what it has opened", async () => {
  const events: string[] = [];
  function* generate() {
    events.push("open");
    try {
      yield 1;
      yield 2;
    } finally {
      events.push("close");
    }
  }
  const items = positioned(generate).open(undefined, signal)[Symbol.asyncIterator]();
  assertEquals(events, []);

  await items.next();
  await items.return!();

  assertEquals(events, ["open", "close"]);
});

test("[L9] positioned() refuses what holds no items, and what is no position", async () => {
  for (const source of [undefined, 3, "text", {}]) {
    assertThrows(() => positioned(source as never), TypeError, "its source must be an iterable");
  }
  const numbers = positioned(() => 3 as never);
  await assertRejects(() => readAll(numbers), TypeError, "its function must return an iterable");
  for (const from of [-1, 1.5, "2"]) {
    assertThrows(() => positioned([1]).open(from as never, signal), Error, "its position must be");
  }
});

test("byCursor() asks for one page at a time, and reads on after any item", async () => {
  const pages: Record<string, { items: string[]; next?: string | null }> = {
    first: { items: ["a", "b"], next: "empty" },
    empty: { items: [], next: "last" },
    last: { items: ["c"], next: null },
  };
  const asked: string[] = [];
  const source = byCursor((cursor: string = "first") => {
    asked.push(cursor);
    return Promise.resolve(pages[cursor]!);
  });

  const whole = await assertReadsOn(source);

  assertEquals(whole.map(([item]) => item), ["a", "b", "c"]);
  assertEquals(whole.map(([, position]) => position), [
    { cursor: undefined, read: 1 },
    { cursor: "empty", read: 0 },
    { cursor: "last", read: 1 },
  ]);
  // After the last item of a page, that page is not asked for again.
  asked.length = 0;
  await readAll(source, whole[1]![1]);
  assertEquals(asked, ["empty", "last"]);
});

test("byCursor() does not ask for a page before the items of the one before are read", async () => {
  let asked = 0;
  const items = byCursor((cursor: number = 0) => {
    asked++;
    return { items: [cursor], next: cursor + 1 };
  }).open(undefined, signal)[Symbol.asyncIterator]();
  assertEquals(asked, 0);

  await items.next();
  assertEquals(asked, 1);
  await items.next();
  assertEquals(asked, 2);
  await items.return!();
});

test("[L9] byCursor() refuses what is no function and what is no page, and throws on failures", async () => {
  assertThrows(() => byCursor(3 as never), TypeError, "readPage must be a function");
  for (const page of [undefined, null, [], {}, { items: 3 }]) {
    const source = byCursor(() => page as never);
    await assertRejects(() => readAll(source), TypeError, "a page must be an object with an array");
  }
  const failing = byCursor(() => Promise.reject(new RangeError("no such page")));
  await assertRejects(() => readAll(failing), RangeError, "no such page");
});
