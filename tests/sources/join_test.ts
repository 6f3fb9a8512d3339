// Joins against a plain-array model, and what they hold, refuse and read.

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { join, JoinLimitError, JoinOrderError } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";

type Pair = readonly [key: number, name: string];
type Kind = "inner" | "left";

const KINDS: readonly Kind[] = ["inner", "left"];
const RUNS = 300;
const SEED = 20261123;

const byKey = { leftKey: ([key]: Pair) => key, rightKey: ([key]: Pair) => key };
const byItself = { leftKey: (item: number) => item, rightKey: (item: number) => item };
const sorted = { kind: "inner", strategy: "sorted" } as const;
const hashed = { kind: "inner", strategy: "hash" } as const;

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

function model(left: readonly Pair[], right: readonly Pair[], kind: Kind): unknown[] {
  return left.flatMap((item) => {
    const matches = right.filter(([key]) => key === item[0]);
    if (matches.length === 0 && kind === "left") return [[item, undefined]];
    return matches.map((match) => [item, match]);
  });
}

const side = fc.array(fc.tuple(fc.nat(5), fc.constantFrom("a", "b", "c")), { maxLength: 12 });
const sortByKey = (pairs: readonly Pair[]) => pairs.toSorted(([first], [second]) => first - second);

for (const kind of KINDS) {
  test(`[L3] join() by hash, ${kind}: the rows of the model in the order of the left`, () =>
    fc.assert(
      fc.asyncProperty(side, side, async (left, right) => {
        const rows = join(left, right, { ...byKey, kind, strategy: "hash" });
        assertEquals(await readAll<unknown>(rows), model(left, right, kind));
      }),
      { numRuns: RUNS, seed: SEED },
    ));

  test(`[L3] join() of sorted sides, ${kind}: the rows of the model in the order of the left`, () =>
    fc.assert(
      fc.asyncProperty(side.map(sortByKey), side.map(sortByKey), async (left, right) => {
        const rows = join(left, right, { ...byKey, kind, strategy: "sorted" });
        assertEquals(await readAll<unknown>(rows), model(left, right, kind));
      }),
      { numRuns: RUNS, seed: SEED },
    ));

  test(`[L3] join() with the left held, ${kind}: the rows of the model in the order of the right`, () =>
    fc.assert(
      fc.asyncProperty(side, side, async (left, right) => {
        const rows = await readAll(
          join(left, right, { ...byKey, kind, strategy: "hash", build: "left" }),
        );
        const matched = right.flatMap((item) =>
          left.filter(([key]) => key === item[0]).map((match) => [match, item])
        );
        assertEquals<unknown>(rows.slice(0, matched.length), matched);
        const missing = model(left, right, kind).filter((row) =>
          (row as unknown[])[1] === undefined
        );
        const rest = rows.slice(matched.length);
        assertEquals(rest.length, missing.length);
        assertEquals<unknown>(
          sortByKey(rest.map(([item]) => item)),
          sortByKey(missing.map((row) => (row as [Pair])[0])),
        );
      }),
      { numRuns: RUNS, seed: SEED },
    ));
}

test("keys are compared as in a Map by hash", async () => {
  const object = {};
  const keys = { leftKey: (item: unknown) => item, rightKey: (item: unknown) => item };

  const rows = await readAll(join([NaN, "1", object, undefined], [undefined, object, 1, NaN], {
    ...keys,
    ...hashed,
  }));

  assertEquals(rows, [[NaN, NaN], [object, object], [undefined, undefined]]);
});

test("texts, dates and bigints can be sorted keys", async () => {
  const self = <T>() => ({ leftKey: (item: T) => item, rightKey: (item: T) => item });
  const [early, late] = [new Date(0), new Date(1)];

  assertEquals(await readAll(join(["a", "b"], ["b", "c"], { ...self<string>(), ...sorted })), [
    ["b", "b"],
  ]);
  assertEquals(await readAll(join([early, late], [new Date(1)], { ...self<Date>(), ...sorted })), [
    [late, late],
  ]);
  assertEquals(await readAll(join([1n, 2n], [2n], { ...self<bigint>(), ...sorted })), [[2n, 2n]]);
});

test("sorted sides may have an order of their own", async () => {
  const rows = join([3, 2, 1], [3, 1], { ...byItself, ...sorted, compare: (a, b) => b - a });

  assertEquals(await readAll(rows), [[3, 3], [1, 1]]);
});

test("[L2] a sorted join reads no further than the next row needs", async () => {
  const [left, right] = [0, 1].map(() => new SourceProbe("an async iterable"));
  const rows = join(left!.source, right!.source, { ...byItself, ...sorted });

  assertEquals((await rows.next()).value, [0, 0]);
  // The item after a group tells that the group is whole.
  assertEquals([left!.pulls, right!.pulls], [1, 2]);
  assertEquals((await rows.next()).value, [1, 1]);
  assertEquals([left!.pulls, right!.pulls], [2, 3]);
  await rows.return();
  assertEquals([left!.closed, right!.closed], [1, 1]);
});

test("[L4] a sorted join ends when nothing can match any more, and closes the endless side", async () => {
  const endless = new SourceProbe("an async generator");

  assertEquals(await readAll(join(endless.source, [1, 2], { ...byItself, ...sorted })), [
    [1, 1],
    [2, 2],
  ]);
  assertEquals([endless.closed, endless.cleaned], [1, 1]);

  const other = new SourceProbe("an async generator");
  assertEquals(await readAll(join([1, 2], other.source, { ...byItself, ...sorted })), [
    [1, 1],
    [2, 2],
  ]);
  assertEquals([other.closed, other.cleaned], [1, 1]);
});

test("[L2] join() by hash opens the passing side when the held one has ended", async () => {
  for (const build of ["left", "right"] as const) {
    const held = new SourceProbe("an async iterable", { items: [1, 2] });
    const passing = new SourceProbe("a sync iterable", {});
    const sides = build === "left" ? [held, passing] : [passing, held];
    const rows = join(sides[0]!.source, sides[1]!.source, { ...byItself, ...hashed, build });

    assertEquals((await rows.next()).value, [1, 1]);

    assertEquals([held.isOver, passing.pulls], [true, 2]);
    await rows.return();
    assertEquals([held.closed, passing.closed], [0, 1]);
  }
});

for (const build of ["left", "right"] as const) {
  test(`join() that would hold more than maxItems on the ${build} fails`, async () => {
    const endless = new SourceProbe("an async generator");
    const passing = new SourceProbe("an async generator");
    const sides = build === "left" ? [endless, passing] : [passing, endless];
    const options = { ...byItself, ...hashed, build, maxItems: 3 };

    const error = await assertRejects(
      () => readAll(join(sides[0]!.source, sides[1]!.source, options)),
      JoinLimitError,
    );

    assertEquals(
      error.message,
      `Cannot join: the items on the ${build} are more than maxItems, which is 3`,
    );
    assertEquals([error.code, error.side, error.maxItems], ["JOIN_LIMIT", build, 3]);
    assertEquals([endless.pulls, endless.closed, passing.opened], [4, 1, 0]);
  });
}

test("join() of sorted sides fails when one key has more than maxItems on the right", async () => {
  const rows = join([1, 2], [1, 1, 2, 2, 2], { ...byItself, ...sorted, maxItems: 2 });

  assertEquals([(await rows.next()).value, (await rows.next()).value], [[1, 1], [1, 1]]);
  const error = await assertRejects(() => rows.next(), JoinLimitError);
  assertEquals(
    error.message,
    "Cannot join: the items of one key on the right are more than maxItems, which is 2",
  );
});

for (const side of ["left", "right"] as const) {
  test(`join() says where the ${side} is not sorted`, async () => {
    const [wrong, right] = [[1, 3, 2], [1, 2, 3, 4]];
    const [first, second] = side === "left" ? [wrong, right] : [right, wrong];

    const error = await assertRejects(
      () => readAll(join(first!, second!, { ...byItself, ...sorted })),
      JoinOrderError,
    );

    assertEquals(
      error.message,
      `Cannot join: the key of item 2 on the ${side} must be no lower than the one before`,
    );
    assertEquals([error.code, error.side, error.itemIndex], ["JOIN_ORDER", side, 2]);
  });
}

test("join() refuses keys that have no order", async () => {
  const read = (left: unknown[], right: unknown[]) => {
    const keys = { leftKey: (item: unknown) => item, rightKey: (item: unknown) => item };
    return assertRejects(() => readAll(join(left, right, { ...keys, ...sorted })), Error);
  };

  const itself = await read([1, NaN], [1, 2]);
  assert(itself instanceof JoinOrderError);
  assertEquals(
    itself.message,
    "Cannot join: the key of item 1 on the left must be comparable with itself",
  );
  assert(await read([undefined], [1]) instanceof JoinOrderError);
  assertEquals(
    (await read([1], [1, "2"])).message,
    "Cannot join: the key of item 1 on the right must be comparable with the one before",
  );
  assertEquals(
    (await read(["1"], [1])).message,
    "Cannot join: a key on the left cannot be compared with one on the right",
  );
});

test("join() refuses a key that is a promise, which would match nothing", async () => {
  const keys = { leftKey: (item: number) => item as unknown, rightKey: () => Promise.resolve(1) };

  const error = await assertRejects(
    () => readAll(join([1], [1], { ...keys, ...hashed })),
    TypeError,
  );

  assertEquals(error.message, "Cannot join: rightKey must return a key, got a promise");
});

test("[L6] a key function that throws fails the join and closes both sides", async () => {
  const failure = new Error("no key");
  const [left, right] = [0, 1].map(() => new SourceProbe("an async generator"));
  const leftKey = (item: number) => {
    if (item === 1) throw failure;
    return item;
  };
  const rows = join(left!.source, right!.source, { ...byItself, ...sorted, leftKey });

  await rows.next();
  assertEquals(await rows.next().catch((error) => error), failure);

  assertEquals([left!.cleaned, right!.cleaned], [1, 1]);
});
