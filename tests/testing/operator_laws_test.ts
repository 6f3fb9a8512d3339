// The laws, as users run them: operators that keep them, and operators that break one each.

import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { clock, systemClock } from "../../src/internal/clock.ts";
import * as operators from "../../src/operators/mod.ts";
import {
  type Law,
  LawError,
  type LawOptions,
  type LawSubject,
} from "../../src/testing/law_options.ts";
import { operatorLaws } from "../../src/testing/operator_laws.ts";
import { takeMeantEscapes, test } from "../harness.ts";
import { BROKEN_ENDS } from "./_broken_ends.ts";
import { BROKEN_LEAVING } from "./_broken_leaving.ts";
import { BROKEN_OPERATORS } from "./_broken_operators.ts";

const { batch, buffer, distinct, filter, flatMap, map, pipe, scan, skip, take } = operators;
const ITEMS = [5, 3, 8, 3, 1, 9, 2, 7];
const FAILURE = new Error("the item is bad");

const chunks = (items: readonly number[], ended: boolean): number[][] => {
  const all: number[][] = [];
  for (let at = 0; at < items.length; at += 3) all.push(items.slice(at, at + 3));
  return ended ? all : all.filter(({ length }) => length === 3);
};

const same = (items: readonly number[]): readonly number[] => items;

const failAtMinus = (item: number): number => {
  if (item < 0) throw FAILURE;
  return item * 2;
};

/** Operators that keep the laws. */
const KEEPING: readonly (readonly [
  name: string,
  create: () => LawSubject<number, unknown>,
  options: LawOptions<number, unknown>,
])[] = [
  ["map()", () => map(failAtMinus), {
    items: ITEMS,
    model: (items) => items.map((item) => item * 2),
    badItem: { item: -1 },
    acks: true,
    restores: true,
  }],
  [
    "an async map() side by side",
    () => map((item: number) => Promise.resolve(failAtMinus(item)), { concurrencyLimit: 4 }),
    {
      items: ITEMS,
      model: (items) => items.map((item) => item * 2),
      ahead: 8,
      badItem: { item: -1 },
      acks: true,
      restores: true,
    },
  ],
  ["filter()", () => filter(() => true), {
    items: ITEMS,
    model: (items) => items,
    anyItems: true,
    acks: true,
    restores: true,
  }],
  ["flatMap()", () => flatMap((item: number) => [item, -item]), {
    items: ITEMS,
    model: (items) => items.flatMap((item) => [item, -item]),
    acks: true,
    restores: true,
  }],
  ["batch()", () => batch(3), { items: ITEMS, model: chunks, acks: true, restores: true }],
  ["buffer()", () => buffer(2), {
    items: ITEMS,
    model: (items) => items,
    ahead: 2,
    anyItems: true,
  }],
  ["take()", () => take(4), { items: ITEMS, model: (items) => items.slice(0, 4), anyItems: true }],
  ["skip()", () => skip(2), { items: ITEMS, model: (items) => items.slice(2), restores: true }],
  ["distinct()", () => distinct(), {
    items: ITEMS,
    model: (items) => [...new Set(items)],
    restores: true,
  }],
  ["scan()", () => scan((total: number, item: number) => total + item, 0), {
    items: ITEMS,
    model: (items) => items.map((_, at) => items.slice(0, at + 1).reduce((sum, n) => sum + n)),
    restores: true,
  }],
  ["fold()", () => operators.fold((total: number, item: number) => total + item, 0), {
    items: ITEMS,
    model: (items, ended) => ended ? [items.reduce((sum, n) => sum + n, 0)] : [],
    restores: true,
  }],
  ["delay()", () => operators.delay(60_000), { items: ITEMS, model: (items) => items, ahead: 8 }],
  ["flatten()", () => pipe(map((item: number) => [item, item]), operators.flatten()), {
    items: ITEMS,
    model: (items) => items.flatMap((item) => [item, item]),
    acks: true,
    restores: true,
  }],
  ["takeWhile()", () => operators.takeWhile((item: number) => item < 9), {
    items: ITEMS,
    model: (items) => items.slice(0, items.includes(9) ? items.indexOf(9) : undefined),
  }],
  ["tap()", () => operators.tap(() => {}), { items: ITEMS, model: same, anyItems: true }],
  ["throttle()", () => operators.throttle({ limit: 1, intervalMs: 1_000 }), {
    items: ITEMS,
    model: same,
    anyItems: true,
  }],
  ["batch() by time", () => batch({ size: 3, maxWaitMs: 1_000 }), {
    items: ITEMS,
    model: chunks,
    ahead: 3,
    acks: true,
  }],
  ["window()", () => operators.window({ size: 3 }), {
    items: ITEMS,
    model: chunks,
    restores: true,
  }],
  ["through()", () => operators.through(() => new TransformStream<number, number>()), {
    items: ITEMS,
    model: same,
    ahead: 2,
  }],
  ["an unordered map()", () =>
    map(async (item: number) => {
      for (let turn = 0; turn < item; turn++) await undefined;
      return failAtMinus(item);
    }, { concurrencyLimit: 3, ordered: false }), {
    items: ITEMS,
    model: (items) => items.map((item) => item * 2),
    ordered: false,
    ahead: 6,
    acks: true,
    restores: true,
  }],
  ["concatWith()", () => operators.concatWith([1, 2]), {
    items: ITEMS,
    model: (items, ended) => ended ? [...items, 1, 2] : items,
  }],
  [
    "groupBy()",
    () =>
      operators.groupBy((item: number) => item % 2, (group) => group.map("one", (item) => item)),
    {
      items: ITEMS,
      model: same,
      ordered: false,
      ahead: 8,
    },
  ],
  ["a generator step", () =>
    operators.add<number, number>(async function* ({ input }) {
      for await (const item of input) yield item;
    }), { items: ITEMS, model: same, anyItems: true }],
  ["a pipe()", () => pipe(map((n: number) => n + 1), batch(3)), {
    items: ITEMS,
    model: (items, ended) => chunks(items.map((item) => item + 1), ended),
    acks: true,
    restores: true,
  }],
  ["a pipeline", () => StreamingPipeline.start<number>().map("up", (n) => n + 1).skip("some", 2), {
    items: ITEMS,
    model: (items) => items.slice(2).map((item) => item + 1),
  }],
  [
    "a function over an iterable",
    () => (source, options) =>
      StreamingPipeline.start<number>().map("up", failAtMinus).execute(source, options),
    {
      items: ITEMS,
      model: (items) => items.map((item) => item * 2),
      badItem: { item: -1 },
    },
  ],
];

for (const [name, create, options] of KEEPING) {
  for (const { title, run } of operatorLaws(name, create, options)) test(title, run);
}

for (
  const { law, what, create, options, message, cleanUp } of [
    ...BROKEN_OPERATORS,
    ...BROKEN_ENDS,
    ...BROKEN_LEAVING,
  ]
) {
  test(`[${law}] operatorLaws() reports ${what}, and no other law`, async () => {
    const broken = new Map<Law, string>();
    for (const check of operatorLaws("it", create, { waitMs: 5, ...options })) {
      const error = await check.run().then(() => undefined, (error) => error);
      if (error === undefined) continue;
      assertInstanceOf(error, LawError);
      assertEquals(error.law, check.law);
      if (!broken.has(check.law)) broken.set(check.law, error.message);
    }

    cleanUp?.();
    // Other laws make the same run fail.
    if (what.includes("unhandled")) await takeMeantEscapes();
    assertEquals([...broken.keys()], [law], [...broken.values()].join("\n"));
    assertMatch(broken.get(law)!, message);
  });
}

test("operatorLaws() refuses what no law can be tried on, at once", () => {
  const good = { items: ITEMS, model: (items: readonly number[]) => items };
  const make = () => filter(() => true);
  const cases: readonly (readonly [() => unknown, string])[] = [
    [
      () => operatorLaws("", make, good),
      "Cannot call operatorLaws: name must be a non-empty string",
    ],
    [() => operatorLaws("it", make() as never, good), "its function must be a function"],
    [
      () => operatorLaws("it", () => 7 as never, good),
      "what its function makes must be an operator",
    ],
    [
      () => operatorLaws("it", make, { ...good, items: [1] }),
      "the number of items must be at least 2, got 1",
    ],
    [
      () => operatorLaws("it", make, { ...good, items: {} as [] }),
      "an array of at least two items",
    ],
    [() => operatorLaws("it", make, { ...good, model: 7 as never }), "model must be a function"],
    [() => operatorLaws("it", make, { ...good, model: () => [] }), "model gives nothing for items"],
    [
      () => operatorLaws("it", make, { ...good, ahead: -1 }),
      "ahead must be a non-negative integer",
    ],
    [() => operatorLaws("it", make, { ...good, acks: 1 as never }), "acks must be a boolean"],
    [() => operatorLaws("it", make, { ...good, badItem: -1 as never }), "such as { item: -1 }"],
    [
      () => operatorLaws("it", make, { ...good, order: true } as never),
      "isEqual, waitMs. Did you mean ordered?",
    ],
    [
      () =>
        operatorLaws("it", () => (source: AsyncIterable<number>) => source, {
          ...good,
          acks: true,
        }),
      "a function has neither acks nor restores",
    ],
  ];
  for (const [build, message] of cases) assertThrows(build, Error, message);
});

test("operatorLaws() runs nothing by itself, and each check as often as it is asked", async () => {
  let made = 0;
  const laws = operatorLaws("it", () => (made++, map((item: number) => item)), {
    items: ITEMS,
    model: (items) => items,
  });
  assertEquals(made, 1);

  await laws[0]!.run();
  await laws[0]!.run();

  assertEquals(made, 3);
  assertEquals(new Set(laws.map(({ title }) => title)).size, laws.length);
});

test("operatorLaws() gives checks that wait for each other, also after one that fails", async () => {
  const laws = operatorLaws("it", () => operators.delay(60_000), {
    items: ITEMS,
    model: (items) => items.map((item) => item + 1),
    ahead: 8,
  });

  const outcomes = await Promise.allSettled(laws.map(({ run }) => run()));

  const broken = laws.filter((_, at) => outcomes[at]!.status === "rejected");
  assertEquals([...new Set(broken.map(({ law }) => law))], ["L3"]);
});

test("operatorLaws() leaves the clock and the timers of the platform as they were", async () => {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

  await Promise.all(
    operatorLaws("it", () => map(failAtMinus), { items: ITEMS, model: (items) => items })
      .map(({ run }) => run().catch(() => {})),
  );

  assertStrictEquals(clock, systemClock);
  assertEquals(
    [setTimeout, clearTimeout, setInterval, clearInterval],
    [
      globalThis.setTimeout,
      globalThis.clearTimeout,
      globalThis.setInterval,
      globalThis.clearInterval,
    ],
  );
});

test("operatorLaws() lets functions take real time", async () => {
  const laws = operatorLaws("it", () =>
    map(async (item: number) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return item;
    }), { items: ITEMS.slice(0, 3), model: same });

  for (const { run } of laws) await run();
});
