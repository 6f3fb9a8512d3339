// The types of what functions on sources give.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  combineLatest,
  concat,
  interleave,
  type ItemOf,
  type ItemsOf,
  join,
  merge,
  type ResumePoint,
  retrySource,
  share,
  StreamingPipeline,
  zip,
  zipLongest,
} from "../../mod.ts";
import { positioned } from "../../src/durable/mod.ts";
import { zipWith } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";

type Items<T> = AsyncGenerator<T, void, undefined>;

interface Order {
  readonly id: number;
  readonly customer: string;
}

interface Customer {
  readonly name: string;
}

const orders: readonly Order[] = [];
const customers = new Set<Customer>();
const texts = new ReadableStream<string>({ start: (controller) => controller.close() });

async function* generate<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

test("ItemOf is the type of one item of a source", () => {
  assertType<IsExact<ItemOf<string>, string>>();
  assertType<IsExact<ItemOf<"a">, "a">>();
  assertType<IsExact<ItemOf<number[]>, number>>();
  assertType<IsExact<ItemOf<string[]>, string>>();
  assertType<IsExact<ItemOf<AsyncGenerator<Order>>, Order>>();
  assertType<IsExact<ItemOf<ReadableStream<string>>, string>>();
  assertType<IsExact<ItemOf<Map<string, number>>, [string, number]>>();
  assertType<IsExact<ItemOf<Order>, Order>>();
  assertType<IsExact<ItemOf<number | string[]>, number | string>>();
  assertType<IsExact<ItemsOf<[string, number[], Set<Order>]>, [string, number, Order]>>();
});

test("one sequence of several sources has the union of their items", () => {
  const concatenated = concat("header", [1, 2], generate(orders[0]!));
  const merged = merge(texts, customers);
  const interleaved = interleave([1], [2]);

  assertType<IsExact<typeof concatenated, Items<string | number | Order>>>();
  assertType<IsExact<typeof merged, Items<string | Customer>>>();
  assertType<IsExact<typeof interleaved, Items<number>>>();
  assertEquals(typeof concatenated.next, "function");
});

test("rows are tuples in the order of the sources", async () => {
  const zipped = zip([1], texts, orders);
  const filled = zipLongest(null, [1], ["a"]);
  const latest = combineLatest(generate(1), ["a"]);

  assertType<IsExact<typeof zipped, Items<[number, string, Order]>>>();
  assertType<IsExact<typeof filled, Items<[number | null, string | null]>>>();
  assertType<IsExact<typeof latest, Items<[number, string]>>>();
  for await (const [count, name] of latest) {
    assertEquals([count + 1, name.length], [2, 1]);
  }
});

test("a list of sources of any length gives rows of any length", () => {
  const sources: number[][] = [];

  assertType<IsExact<ReturnType<typeof zip<number[][]>>, Items<number[]>>>();
  const rows = zip(...sources);
  assertType<IsExact<typeof rows, Items<number[]>>>();
});

test("a join gives pairs, and with left also what has no match", () => {
  const keys = {
    leftKey: (order: Order) => order.customer,
    rightKey: (customer: Customer) => customer.name,
    strategy: "hash",
  } as const;

  const inner = join(orders, customers, { ...keys, kind: "inner" });
  const left = join(orders, customers, {
    leftKey: (order) => order.customer,
    rightKey: (customer) => customer.name,
    kind: "left",
    strategy: "sorted",
    compare: (first, second) => first.localeCompare(second),
  });

  assertType<IsExact<typeof inner, Items<[left: Order, right: Customer]>>>();
  assertType<
    IsExact<typeof left, Items<[left: Order, right: Customer] | [left: Order, right: undefined]>>
  >();
});

test("keys of different types do not join", () => {
  const mismatched = () =>
    join(orders, customers, {
      leftKey: (order: Order) => order.id,
      // @ts-expect-error a name is no id
      rightKey: (customer: Customer) => customer.name,
      kind: "inner",
      strategy: "hash",
    });
  const unknownKind = () =>
    join([1], [2], {
      leftKey: (item) => item,
      rightKey: (item) => item,
      // @ts-expect-error there is no such kind
      kind: "outer",
      strategy: "hash",
    });

  assertEquals([typeof mismatched, typeof unknownKind], ["function", "function"]);
});

test("retrySource gives what its function makes", () => {
  const retry = { maxAttempts: 2, backoffMs: 0 };
  const byCount = retrySource(({ count }) => generate(count), retry);
  const later = retrySource(() => Promise.resolve(texts), retry);
  const byLast = retrySource(({ last }: ResumePoint<Order>) => generate(last ?? orders[0]!), retry);
  const named = retrySource<Order>(({ last }) => last === undefined ? orders : [last], retry);

  assertType<IsExact<typeof byCount, Items<number>>>();
  assertType<IsExact<typeof later, Items<string>>>();
  assertType<IsExact<typeof byLast, Items<Order>>>();
  assertType<IsExact<typeof named, Items<Order>>>();
  // @ts-expect-error the source holds other items
  retrySource(({ last }: ResumePoint<Order>) => generate(last?.id ?? 1), retry);
});

test("what is combined is a source of a pipeline", () => {
  const shared = share(merge([1], texts), { bufferSize: 1 });

  StreamingPipeline.start<number | string>().execute(shared);
  StreamingPipeline.start<[number, string]>().execute(zip([1], texts));
  // @ts-expect-error a text is no number
  StreamingPipeline.start<number>().execute(merge([1], texts));
  assertType<IsExact<ItemOf<typeof shared>, string | number>>();
});

test("the function of another source may promise it", () => {
  const body = () => Promise.resolve(new ReadableStream<string>());
  const rows = async () => await Promise.resolve([1, 2]);
  const start = StreamingPipeline.start<boolean>();

  const merged = start.mergeWith("merged", body).execute([]);
  const pairs = start.zipWith("pairs", rows).execute([]);

  assertType<IsExact<typeof merged, Items<boolean | string>>>();
  assertType<IsExact<typeof pairs, Items<[boolean, number]>>>();
});

test("a string is no other source, and has no positions", () => {
  const start = StreamingPipeline.start<boolean>();
  const either: string[] | Set<string> = ["a"];
  const refused = [
    // @ts-expect-error a string is one item
    () => start.mergeWith("merged", "a.txt"),
    // @ts-expect-error a string is one item
    () => start.use("pairs", zipWith("a.txt")),
    // @ts-expect-error a string is one item
    () => positioned("a.txt"),
  ];
  // @ts-expect-error a string is one item
  const later = () => start.concatWith("all", () => Promise.resolve("a.txt"));

  const merged = start.mergeWith("merged", () => either).execute([]);
  assertType<IsExact<typeof merged, Items<boolean | string>>>();
  assertEquals([typeof later, typeof positioned(either).open], ["function", "function"]);
  for (const build of refused) assertThrows(build, TypeError, "an iterable, an async iterable");
});
