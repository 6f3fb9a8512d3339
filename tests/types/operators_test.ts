import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import {
  batch,
  checkpoint,
  distinct,
  filter,
  flatten,
  fold,
  groupBy,
  map,
  type Operator,
  pipe,
  window,
  windowTime,
} from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import { assertType, type IsExact } from "@std/testing/types";

interface Event {
  readonly t: number;
  readonly user: string;
}

const events = (): StreamingPipeline<Event, Event, object, { readonly db: number }> =>
  StreamingPipeline.start<Event, { readonly db: number }>(() => ({ db: 1 }));

test("use() infers items, state and context without annotations", async () => {
  const pipeline = StreamingPipeline.start<Event, { db: number }>(() => ({ db: 1 }))
    .use("w", windowTime({ sizeMs: 10, timestamp: (event) => event.t }))
    .use("f", filter((window) => window.items.length > 0))
    .use(
      "n",
      map((window, _, { state, context }) => {
        assertType<IsExact<typeof context, { db: number }>>();
        return window.items.length + state.accumulated.w.start + context.db;
      }),
    )
    .use("b", batch(3))
    .use("x", flatten())
    .use("d", map(async (item) => await `${item}`))
    .use("u", map((text, _, { state }) => [text, state.accumulated.n] as const));
  const items = await pipeline.executeToArray([{ t: 1, user: "a" }]);

  assertType<IsExact<typeof items, (readonly [string, number])[]>>();
  assertEquals(items, [["2", 2]]);
});

test("use() narrows by a type guard, and shows the array of a checkpoint", async () => {
  const pipeline = CorePipeline.start<string | number>()
    .use("texts", filter((item) => typeof item === "string"))
    .use("all", checkpoint())
    .use(
      "count",
      map((text, _, { state }) => {
        assertType<IsExact<typeof text, string>>();
        assertType<IsExact<typeof state.accumulated.all, readonly string[]>>();
        return state.accumulated.all.length;
      }),
    );

  assertEquals(await pipeline.executeToArray(["a", 1, "b"]), [2, 2]);
});

test("groups and folds are typed in both faces", async () => {
  const core = CorePipeline.start<Event>()
    .use(
      "g",
      groupBy((event) => event.user, (group, user) => {
        assertType<IsExact<typeof user, string>>();
        return group.use("sum", fold((sum: number, event) => sum + event.t, 0));
      }),
    );
  const fluent = StreamingPipeline.start<Event>()
    .groupBy("g", ({ user }) => user, (group) => group.fold("sum", (sum, { t }) => sum + t, 0));
  const source = [{ t: 1, user: "a" }, { t: 2, user: "a" }];

  const sums = await core.executeToArray(source);
  assertType<IsExact<typeof sums, number[]>>();
  assertEquals([sums, await fluent.executeToArray(source)], [[3], [3]]);
});

test("pipe() keeps the types of its ends, and a helper is an operator", async () => {
  const cleaned = <T extends { readonly text: string }>() =>
    pipe(
      map((doc: T) => ({ ...doc, text: doc.text.trim() })),
      filter((doc) => doc.text !== ""),
    );
  const pipeline = StreamingPipeline.start<{ text: string; id: number }>()
    .use("clean", cleaned())
    .map("id", (doc) => doc.id);

  assertEquals(await pipeline.executeToArray([{ text: " a", id: 7 }, { text: " ", id: 8 }]), [7]);
  const whole: Operator<number, number[]> = pipe(window(2), map((pair: number[]) => pair));
  assertEquals(
    await CorePipeline.start<number>().use("w", whole).executeToArray([1, 2, 3]),
    [[1, 2], [3]],
  );
});

test("shorthands compile", async () => {
  const pipeline = events().distinct("user", ({ user }) => user).window("w", 2, 1)
    .timeout("t", 1_000).map("n", (events) => events.length, { concurrencyLimit: 2, retry: 2 });

  assertEquals(await pipeline.executeToArray([{ t: 1, user: "a" }, { t: 2, user: "a" }]), [1]);
});

test("what does not fit does not compile", () => {
  const numbers = StreamingPipeline.start<number>();
  const built = [
    // @ts-expect-error the key is taken
    () => numbers.use("a", batch(1)).use("a", batch(1)),
    // @ts-expect-error the operator reads texts
    () => numbers.use("a", map((text: string) => text.length)),
    // @ts-expect-error a function is no operator
    () => numbers.use("a", (item: number) => item),
    // @ts-expect-error numbers cannot be flattened
    () => numbers.use("a", flatten()),
    // @ts-expect-error the parts do not fit together
    () => pipe(map((item: number) => `${item}`), map((item: number) => item)),
    // @ts-expect-error the state has no such key
    () => numbers.use("a", map((item, _, { state }) => item + state.accumulated.later)),
    () => numbers.use("a", distinct((item) => item % 2)),
  ];

  assertEquals(built.length, 7);
});
