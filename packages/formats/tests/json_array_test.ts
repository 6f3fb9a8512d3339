import { FormatError, jsonArray, type JsonRecordOptions } from "@headrace/formats";
import { type Operator, StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import fc from "fast-check";
import * as v from "valibot";
import { test } from "../../../tests/harness.ts";
import { cut, sizes, toBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

type Chunk = Uint8Array | string;

const read = (chunks: Iterable<Chunk>, options?: JsonRecordOptions): Promise<unknown[]> =>
  StreamingPipeline.start<Chunk>().use("element", jsonArray(options)).executeToArray(chunks);

/** Every value, or the code of its error and its position; the stage's own failure last. */
const readAll = async (
  chunks: Iterable<Chunk>,
  options?: JsonRecordOptions,
): Promise<unknown[]> => {
  const run = StreamingPipeline.start<Chunk>()
    .use("element", jsonArray({ ...options, badRecords: "emit" }))
    .execute(chunks);
  const found: unknown[] = [];
  const add = (value: unknown) =>
    found.push(value instanceof FormatError ? `${value.code} ${value.record}` : value);
  try {
    for await (const value of run) add(value);
  } catch (error) {
    assertInstanceOf(error, StreamingError);
    assertInstanceOf(error.cause, FormatError);
    add(error.cause);
    found.push("failed");
  }
  return found;
};

test("jsonArray() reads back what JSON.stringify has written, wherever it is cut", async () => {
  const values = fc.array(fc.jsonValue({ depthSize: "medium" }), { maxLength: 6 });
  const indent = fc.constantFrom(undefined, 2, "\t");
  await fc.assert(
    fc.asyncProperty(values, indent, sizes, async (values, indent, sizes) => {
      const text = JSON.stringify(values, null, indent);

      assertEquals(await read(cut(toBytes(text), sizes)), JSON.parse(text));
      assertEquals(await read([...text]), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test("jsonArray() takes any text that JSON.parse takes for an array, and no other", async () => {
  const text = fc.array(
    fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\",
      '\\"',
      ",",
      ":",
      "1",
      '"a"',
      " ",
      "\n",
      "null",
      "\uFEFF",
    ),
    { maxLength: 12 },
  ).map((parts) => `[${parts.join("")}]`);
  await fc.assert(
    fc.asyncProperty(text, sizes, async (text, sizes) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        expected = undefined;
      }
      const found = await readAll(cut(toBytes(text), sizes));

      if (expected !== undefined) assertEquals(found, expected);
      else assertEquals(found.some((each) => typeof each === "string" && each !== "a"), true);
      assertEquals(found, await readAll([text]));
    }),
    { numRuns: 2_000 },
  );
});

test("jsonArray() finds quotes after backslashes, however many and wherever they are cut", async () => {
  const values = ['"', "\\", '\\"', "\\\\", `${"\\".repeat(101)}"`, '],["', "[{"];
  const text = JSON.stringify(values);

  for (const sizes of [[1], [2], [3], [7], [1_000]]) {
    assertEquals(await read(cut(toBytes(text), sizes)), values);
  }
});

test("jsonArray() takes an array without elements, and a byte order mark", async () => {
  assertEquals(await read(["\uFEFF \n[ \r\n] \t"]), []);
});

test("jsonArray() tells each bad element apart, by its code and position", async () => {
  const elements = ["1", "{", "[[[3]]]", '"a"x', "", "1234567890123", "[}", "[1,2]", "tru"];
  const text = `[${elements.join(",")}]`.replace("{,", "{},nul,");
  const options: JsonRecordOptions = { maxDepth: 2, maxLength: 10 };

  assertEquals(await readAll([text], options), [
    1,
    {},
    "INVALID_JSON 3",
    "TOO_DEEP 4",
    "INVALID_JSON 5",
    "INVALID_JSON 6",
    "RECORD_TOO_LONG 7",
    "INVALID_JSON 8",
    [1, 2],
    "INVALID_JSON 10",
  ]);
  const bytes = toBytes([...toBytes('["'), 0xff, ...toBytes('",2]')]);
  assertEquals(await readAll([bytes]), ["INVALID_UTF8 1", 2]);
  assertEquals(await readAll(["[1,]"]), [1, "INVALID_JSON 2"]);
  assertEquals(await readAll(["[,]"]), ["INVALID_JSON 1", "INVALID_JSON 2"]);
});

test("jsonArray() fails after the good elements where the array is not whole", async () => {
  const cases: readonly (readonly [string, unknown[]])[] = [
    ["", ["NOT_AN_ARRAY 1"]],
    [" ", ["NOT_AN_ARRAY 1"]],
    ['{"a":[1]}', ["NOT_AN_ARRAY 1"]],
    ["1", ["NOT_AN_ARRAY 1"]],
    ["[", ["TRUNCATED 1"]],
    ["[1, 2", [1, "TRUNCATED 2"]],
    ['[1, "2]', [1, "TRUNCATED 2"]],
    ["[1, 2,", [1, 2, "TRUNCATED 3"]],
    ["[1] 2", [1, "TRAILING_TEXT 2"]],
    ["[1]]", [1, "TRAILING_TEXT 2"]],
    ["[1][2]", [1, "TRAILING_TEXT 2"]],
  ];
  for (const [text, expected] of cases) {
    for (const sizes of [[1], [1_000]]) {
      assertEquals(await readAll(cut(toBytes(text), sizes)), [...expected, "failed"]);
    }
  }
});

test("jsonArray() fails so whatever its strategy is", async () => {
  const error = await assertRejects(
    () => read(["[1,x,2"], { errorStrategy: "SKIP_FAILED" }),
    StreamingError,
  );

  assertEquals(error.code, "TRUNCATED");
  assertEquals(
    String(error.cause),
    "FormatError: Cannot read element 3 of the JSON array: the JSON must not end inside the array",
  );
});

test("jsonArray() lets the good elements pass, and hands the bad ones over", async () => {
  const pipeline = StreamingPipeline.start<string>()
    .use("element", jsonArray({ errorStrategy: "SPLIT_ERRORS" }));
  const failed: unknown[] = [];

  const elements = await pipeline.executeToArray(["[1, secret,2]"], {
    errorsTo: ({ item }) => failed.push(item),
  });

  assertEquals(elements, [1, 2]);
  assertEquals(failed, [{ number: 2, text: " secret" }]);
});

test("jsonArray() fails as soon as an element is too long, and holds no more of it", async () => {
  for (const [start, more] of [["[", " "], ['["', "x"], ["[", "["], ['["', "\\"]] as const) {
    let pulled = 0;
    const endless = function* () {
      yield start;
      for (;;) {
        pulled++;
        yield more.repeat(10);
      }
    };
    const error = await assertRejects(() => read(endless(), { maxLength: 100 }), StreamingError);

    assertEquals([error.code, pulled], ["RECORD_TOO_LONG", start === "[" ? 11 : 10]);
  }
});

test("jsonArray() goes on after an element that is too long", async () => {
  for (const sizes of [[1], [7], [1_000]]) {
    const text = `[1,{"a":[${"0,".repeat(50)}"]}\\"]"]},2]`;
    assertEquals(await readAll(cut(toBytes(text), sizes), { maxLength: 20 }), [
      1,
      "RECORD_TOO_LONG 2",
      2,
    ]);
  }
});

test("jsonArray() takes an element of exactly its limits", async () => {
  assertEquals(await readAll(["[123,1234]"], { maxLength: 3 }), [123, "RECORD_TOO_LONG 2"]);
  assertEquals(await readAll(["[[[]],[[[]]]]"], { maxDepth: 2 }), [[[]], "TOO_DEEP 2"]);
});

test("jsonArray() gives the elements that are whole before a failure of the source", async () => {
  const failure = new Error("connection lost");
  const source = function* () {
    yield "[1,2";
    throw failure;
  };
  const out: unknown[] = [];

  const error = await assertRejects(async () => {
    const run = StreamingPipeline.start<string>().use("element", jsonArray()).execute(source());
    for await (const element of run) out.push(element);
  }, StreamingError);

  assertEquals([out, error.cause], [[1], failure]);
});

test("jsonArray() parses an element when it is asked for", async () => {
  const pipeline = StreamingPipeline.start<string>().use("element", jsonArray()).take("one", 1);

  assertEquals(await pipeline.executeToArray(["[1, broken"]), [1]);
});

test("jsonArray() keeps numbers as text and checks elements, where it is asked to", async () => {
  const text = "[12345678901234567890, 1]";
  const pipeline = StreamingPipeline.start<string>()
    .use(
      "element",
      jsonArray({ schema: v.number(), errorStrategy: "SKIP_FAILED", exactNumbers: true }),
    );

  assertEquals(await read([text], { exactNumbers: true }), ["12345678901234567890", 1]);
  assertEquals(await pipeline.executeToArray([text]), [1]);
});

test("jsonArray() has the types that its options ask for", () => {
  const typed = () => jsonArray<{ id: number }>();
  assertType<IsExact<OutputOf<ReturnType<typeof typed>>, { id: number }>>(true);
  const checked = () => jsonArray({ schema: v.string(), badRecords: "emit" });
  assertType<IsExact<OutputOf<ReturnType<typeof checked>>, string | FormatError>>(true);
  assertInstanceOf(checked, Function);
});

type OutputOf<T> = T extends Operator<Chunk, infer TOutput> ? TOutput : never;

test("[L9] jsonArray() refuses options that are not valid, at once", () => {
  const options = { maxDepth: -1 } as JsonRecordOptions;
  assertThrows(
    () => jsonArray(options),
    RangeError,
    "Cannot make jsonArray(): maxDepth must be a positive integer or Infinity, got -1",
  );
});
