import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DurableError } from "../../src/durable/mod.ts";
import { MAX_SAVED_LENGTH, readSaved, writeSaved } from "../../src/durable/saved.ts";
import { test } from "../harness.ts";

const ID = "ingest";
const copy = (value: unknown) => readSaved(ID, writeSaved(ID, value));

/** A set as a list: assertions compare sets by methods that Node 20 does not have. */
function toLists(value: unknown): unknown {
  if (value instanceof Set) return { set: Array.from(value, toLists) };
  if (value instanceof Map) return new Map(Array.from(value, (entry) => toLists(entry) as never));
  if (Array.isArray(value)) return value.map(toLists);
  if (typeof value !== "object" || value === null || isLeaf(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toLists(entry)]));
}

const isLeaf = (value: object): boolean =>
  value instanceof Date || value instanceof ArrayBuffer || ArrayBuffer.isView(value);

test("what a job saves is read as it was, whatever JSON has a form for", () => {
  const values: unknown[] = [
    ...[0, -0, 1.5, NaN, Infinity, -Infinity, "", "$", true, null, undefined, 12n, -(2n ** 70n)],
    ...[new Date(5), new Date(NaN), [], {}, [undefined], { a: undefined }],
    new Map<unknown, unknown>([[1, "a"], [NaN, new Set([-0])], [undefined, new Map()]]),
    new Set([[1], { a: 1 }]),
    { $: "Date", v: 3 },
    JSON.parse('{"__proto__": 1, "constructor": 2}'),
    ...[new Uint8Array([0, 255]), new Float64Array([NaN, -0]), new BigInt64Array([-1n])],
    new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
    new Uint8Array(20_000).fill(7),
    new Uint8Array([1, 2]).buffer,
  ];

  for (const value of values) {
    assertEquals(toLists(copy(value)), toLists(value));
    assertStrictEquals(Object.is(copy(value), value), !(value instanceof Object));
  }
});

test("what a job saves is read as it was, for any nesting of values", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });
  fc.assert(fc.property(value, (given) => assertEquals(toLists(copy(given)), toLists(given))), {
    numRuns: 300,
  });
});

test("what has no form as text is refused with its path", () => {
  class Money {}
  const circle: Record<string, unknown> = {};
  circle.self = [circle];
  const rows: [unknown, string][] = [
    [() => 1, "it cannot be written, for it is a function"],
    [{ stages: { total: [1, Symbol("x")] } }, "stages.total[1] cannot be written"],
    [{ "a b": new Money() }, '["a b"] cannot be written, for it is an object of the class Money'],
    [new Map([["k", Promise.resolve()]]), ".values[0] cannot be written"],
    [circle, "self[0] cannot be written, for it is inside of itself"],
    [[, 1], "[0] cannot be written, for it is a hole in an array"],
    [{ [Symbol("s")]: 1 }, "it is an object with a symbol as a key"],
    [new WeakMap(), "class WeakMap"],
    [/x/, "class RegExp"],
    [new Error("x"), "class Error"],
    [new DataView(new ArrayBuffer(1)), "class DataView"],
    [new (class Bytes extends Uint8Array {})(1), "class Bytes"],
    [{ money: new (class Amounts extends Map {})() }, "money cannot be written, for it is not a p"],
    [[new (class Days extends Date {})()], "[0] cannot be written, for it is not a plain Date"],
    [{ found: "abc".match(/b/) }, "found cannot be written, for it is not a plain Array"],
    [Object.assign(new Set([1]), { total: 1 }), "it is not a plain Set"],
  ];

  for (const [value, problem] of rows) {
    const error = assertThrows(() => writeSaved(ID, value), DurableError, problem);
    assertEquals([error.code, error.id], ["NOT_SERIALIZABLE", ID]);
  }
});

test("what is nested too deep, or too large, is refused when it is saved", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];

  assertThrows(() => writeSaved(ID, deep), DurableError, "nested 500 levels deep");
  const large = "x".repeat(MAX_SAVED_LENGTH);
  assertThrows(() => writeSaved(ID, large), DurableError, `${MAX_SAVED_LENGTH} are the most`);
});

test("a dictionary inherits no names when it is read", () => {
  const words = Object.assign(Object.create(null), { toString: 1, $: "Date", ["__proto__"]: 2 });
  const read = copy([words, {}]) as Record<string, unknown>[];

  assertEquals(read.map((value) => Object.getPrototypeOf(value)), [null, Object.prototype]);
  assertEquals(Object.entries(read[0]!), Object.entries(words));
  assertEquals(read[0]!.constructor, undefined);
});

test("a value that is in two places is written in both", () => {
  const shared = { a: 1 };

  assertEquals(copy([shared, shared]), [{ a: 1 }, { a: 1 }]);
});

test("a value that is in two places at each of many levels is refused at once", () => {
  const holders: ((value: unknown) => unknown)[] = [
    (value) => [value, value],
    (value) => ({ a: value, b: value }),
    (value) => new Map([[1, value], [2, value]]),
    (value) => new Set([value, [value]]),
  ];
  for (const hold of holders) {
    let value: unknown = "x";
    for (let level = 0; level < 100; level++) value = hold(value);

    assertThrows(() => writeSaved(ID, value), DurableError, `${MAX_SAVED_LENGTH} are the most`);
  }
});

test("a value that is in two places may be too deep in one of them", () => {
  const nest = (value: unknown, levels: number) => {
    for (let level = 0; level < levels; level++) value = [value];
    return value;
  };
  const shared = nest(1, 300);

  assertThrows(
    () => writeSaved(ID, [shared, nest(shared, 300)]),
    DurableError,
    "nested 500 levels deep",
  );
  assertEquals(copy([nest(shared, 100), shared]), [nest(1, 400), nest(1, 300)]);
});

test("a text that was not written is refused, never read as nothing", () => {
  const whole = writeSaved(ID, { a: [1n, new Date(0), new Map([[1, 2]])] });
  const texts = [
    ...Array.from(whole, (_, at) => whole.slice(0, at)),
    ...["null", "{}", "[]", "1", '{"format":2,"value":1}', '{"format":"1","value":1}'],
    ...[
      '{"format":1,"value":{"$":"Regex","v":"x"}}',
      '{"format":1,"value":{"$":"bigint","v":"x"}}',
    ],
    ...['{"format":1,"value":{"$":"Map","v":3}}', '{"format":1,"value":{"$":"number","v":"3"}}'],
    ...['{"format":1,"value":{"$":"Float64Array","v":"AA=="}}', '{"format":1,"value":{"$":1}}'],
  ];

  for (const text of texts) {
    const error = assertThrows(() => readSaved(ID, text), DurableError);
    assertEquals([error.code, error.id], ["CHECKPOINT_UNREADABLE", ID]);
  }
});
