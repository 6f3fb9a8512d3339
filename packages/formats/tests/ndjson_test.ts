import { FormatError, type JsonRecordOptions, ndjson } from "@headrace/formats";
import { type Operator, StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import fc from "fast-check";
import * as v from "valibot";
import { test } from "../../../tests/harness.ts";
import { cut, sizes, toBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

type Chunk = Uint8Array | string;

const read = (chunks: Iterable<Chunk>, options?: JsonRecordOptions): Promise<unknown[]> =>
  StreamingPipeline.start<Chunk>().use("record", ndjson(options)).executeToArray(chunks);

/** Every value, or the code of its error and its line. */
const readAll = async (
  chunks: Iterable<Chunk>,
  options?: JsonRecordOptions,
): Promise<unknown[]> => {
  const pipeline = StreamingPipeline.start<Chunk>()
    .use("record", ndjson({ ...options, badRecords: "emit" }));
  return (await pipeline.executeToArray(chunks)).map((value) =>
    value instanceof FormatError ? `${value.code} ${value.record}` : value
  );
};

test("ndjson() reads back what JSON.stringify has written, wherever it is cut", async () => {
  const values = fc.array(fc.jsonValue({ depthSize: "medium" }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(values, sizes, async (values, sizes) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");

      assertEquals(await read(cut(toBytes(text), sizes)), JSON.parse(JSON.stringify(values)));
    }),
    { numRuns: 300 },
  );
});

test("ndjson() leaves blank lines and a byte order mark out, and needs no last break", async () => {
  assertEquals(await read(["\uFEFF\n1\r\n \t\n[2]\n\n3"]), [1, [2], 3]);
});

test("ndjson() tells each bad line apart, by its code and number", async () => {
  const lines = ['{"a":1}', "", "{", '"long"', "\xff", "[[[1]]]", "1 2", "NaN", "2"];
  const bytes = lines.map((line) => line === "\xff" ? [0xff] : [...toBytes(line)]);

  const found = await readAll([toBytes(bytes.flatMap((line) => [...line, 10]))], {
    maxLength: 7,
    maxDepth: 2,
  });

  assertEquals(found, [
    { a: 1 },
    "INVALID_JSON 3",
    "long",
    "INVALID_UTF8 5",
    "TOO_DEEP 6",
    "INVALID_JSON 7",
    "INVALID_JSON 8",
    2,
  ]);
  assertEquals(await readAll(["12345678\n1"], { maxLength: 7 }), ["LINE_TOO_LONG 1", 1]);
});

test("ndjson() hands the bad line over with SPLIT_ERRORS, and shows nothing of it in the message", async () => {
  const pipeline = StreamingPipeline.start<string>()
    .use("record", ndjson({ errorStrategy: "SPLIT_ERRORS" }));
  const failed: unknown[] = [];
  const messages: string[] = [];

  const records = await pipeline.executeToArray(["1\n\nsecret\n2"], {
    errorsTo: ({ item, error }) => {
      failed.push(item);
      messages.push(error.message, String(error.cause), (error.cause as Error).stack ?? "");
    },
  });

  assertEquals(records, [1, 2]);
  assertEquals(failed, [{ number: 3, text: "secret" }]);
  assertEquals(messages[1], "FormatError: Cannot read line 3 of the NDJSON: it must be JSON");
  assert(messages.every((message) => !message.includes("secret")));
});

test("ndjson() parses a line when its record is asked for", async () => {
  const pipeline = StreamingPipeline.start<string>().use("record", ndjson()).take("one", 1);

  assertEquals(await pipeline.executeToArray(["1\nbroken\n"]), [1]);
});

test("ndjson() takes brackets in strings for what they are, and counts depth exactly", async () => {
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const inString = JSON.stringify({ a: ["[[[[{{{{", '\\"[[[["', "\\"] });

  assertEquals(await readAll([inString], { maxDepth: 2 }), [JSON.parse(inString)]);
  assertEquals(await readAll([`{"a":[{"b":{}},[[]],{}]}`], { maxDepth: 4 }), [
    { a: [{ b: {} }, [[]], {}] },
  ]);
  assertEquals(await readAll([`{"a":[{"b":{}},[[]],{}]}`], { maxDepth: 3 }), ["TOO_DEEP 1"]);
  assertEquals(await readAll([`${deep(100)}\n${deep(101)}`]), [
    JSON.parse(deep(100)),
    "TOO_DEEP 2",
  ]);
  const hostile = "[".repeat(500_000);
  assertEquals(await readAll([`${hostile}\n"${hostile}"`]), ["TOO_DEEP 1", hostile]);
});

test("ndjson() counts depth as a walk over the value does", async () => {
  const depthOf = (value: unknown): number =>
    typeof value !== "object" || value === null
      ? 0
      : 1 + Math.max(0, ...Object.values(value).map(depthOf));
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (value) => {
      const depth = depthOf(JSON.parse(JSON.stringify(value)));

      for (const maxDepth of [depth - 1, depth].filter((depth) => depth > 0)) {
        const [found] = await readAll([JSON.stringify(value)], { maxDepth });
        assertEquals(found === "TOO_DEEP 1", maxDepth < depth);
      }
    }),
    { numRuns: 300 },
  );
});

test("ndjson() keeps numbers as text that JavaScript would change, where it is asked to", async () => {
  const kept = [
    "0",
    "-0",
    "-0.0",
    "1.50",
    "123456789012345",
    "9007199254740992",
    "0.1",
    "1e21",
    "1E+2",
  ];
  const changed = [
    "9007199254740993",
    "-12345678901234567890",
    "0.1234567890123456789",
    "1e400",
    "-1e-400",
    "1.0000000000000000001",
  ];
  const text = JSON.stringify({ text: "12345678901234567890 1e400", kept: 0 })
    .replace("0}", `[${[...kept, ...changed].join(",")}]}`);

  const [exact] = await read([text], { exactNumbers: true });
  const [round] = await read([text]);

  assertEquals(exact, {
    text: "12345678901234567890 1e400",
    kept: [...kept.map(Number), ...changed],
  });
  assertEquals(round, JSON.parse(text));
});

test("ndjson() reads numbers exactly beside a text of any length", async () => {
  const text = "\\\\x".repeat(10_000_000);
  const options = { exactNumbers: true, maxLength: Infinity };
  const [value] = await read([`["${text}", 12345678901234567890, 1, "1e400"]`], options);

  const [long, ...others] = value as [string, ...unknown[]];
  assertEquals([long.length, ...others], [20_000_000, "12345678901234567890", 1, "1e400"]);
});

test("ndjson() changes no number with exactNumbers, whatever it is", async () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 25 });
  const part = fc.option(digits, { nil: "" });
  const number = fc.tuple(
    fc.boolean(),
    digits,
    part,
    fc.option(fc.integer({ min: -400, max: 400 })),
  )
    .map(([isNegative, whole, fraction, exponent]) =>
      `${isNegative ? "-" : ""}${whole.replace(/^0+(?=.)/, "")}${fraction && `.${fraction}`}${
        exponent === null ? "" : `e${exponent}`
      }`
    );
  await fc.assert(
    fc.asyncProperty(number, async (number) => {
      const [value] = await read([`[${number}]`], { exactNumbers: true });

      const [read_] = value as [number | string];
      if (typeof read_ === "string") assertEquals(read_, number);
      else assertEquals(compare(String(read_), number), 0);
    }),
    { numRuns: 1_000 },
  );
});

/** 0 where two decimal numbers are the same, exactly. */
function compare(left: string, right: string): number {
  const toScaled = (text: string): bigint => {
    const [, sign, whole = "", fraction = "", exponent = "0"] =
      /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text)!;
    const scale = 900 + Number(exponent) - fraction.length;
    return BigInt(`${sign}${whole}${fraction}`) * 10n ** BigInt(scale);
  };
  return Number(toScaled(left) - toScaled(right));
}

test("ndjson() makes of each record what a schema makes of it, at once or later", async () => {
  const plain = v.object({ id: v.pipe(v.string(), v.transform(Number)) });
  const later = v.pipeAsync(plain, v.checkAsync(async ({ id }) => await Promise.resolve(id < 3)));
  const readWith = async (schema: typeof plain | typeof later) => {
    const pipeline = StreamingPipeline.start<string>()
      .use("record", ndjson({ schema, errorStrategy: "SKIP_FAILED" }))
      .map("id", ({ id }) => id);
    return await pipeline.executeToArray(['{"id":"1"}\n{"id":2}\n{"id":"3"}']);
  };

  assertEquals(await readWith(plain), [1, 3]);
  assertEquals(await readWith(later), [1]);
});

test("ndjson() says what a schema finds, and where", async () => {
  const schema = v.object({ user: v.object({ id: v.number() }) });
  const pipeline = StreamingPipeline.start<string>().use("record", ndjson({ schema }));

  const error = await assertRejects(() => pipeline.executeToArray(['\n{"user":{"id":"secret"}}']));

  assertInstanceOf(error, StreamingError);
  assertInstanceOf(error.cause, FormatError);
  assertEquals(
    error.cause.message,
    'Cannot read line 2 of the NDJSON: it must match its schema (issues: 1, the first at "user.id")',
  );
  assertEquals([error.code, error.cause.issues?.length], ["INVALID_VALUE", 1]);
});

test("ndjson() emits what a schema refuses later, where it is asked to", async () => {
  const schema = v.pipeAsync(v.number(), v.checkAsync(async (id) => await Promise.resolve(id < 2)));
  const pipeline = StreamingPipeline.start<string>()
    .use("record", ndjson({ schema, badRecords: "emit" }))
    .map("seen", (record) => record instanceof FormatError ? record.code : record);

  assertEquals(await pipeline.executeToArray(["1\n2\n"]), [1, "INVALID_VALUE"]);
});

test("ndjson() lets an error of the schema's own code fail the stage", async () => {
  const failure = new Error("no database");
  const schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (): { value: number } => {
        throw failure;
      },
    },
  } as const;
  for (const badRecords of ["fail", "emit"] as const) {
    const pipeline = StreamingPipeline.start<string>().use(
      "record",
      ndjson({ schema, badRecords }),
    );
    const error = await assertRejects(() => pipeline.executeToArray(["1"]), StreamingError);

    assertEquals(error.cause, failure);
  }
});

test("ndjson() has the types that its options ask for", () => {
  const typed = () => ndjson<{ id: number }>();
  assertType<IsExact<OutputOf<ReturnType<typeof typed>>, { id: number }>>(true);
  const untyped = () => ndjson();
  assertType<IsExact<OutputOf<ReturnType<typeof untyped>>, unknown>>(true);
  const emitted = () => ndjson<{ id: number }>({ badRecords: "emit" });
  assertType<IsExact<OutputOf<ReturnType<typeof emitted>>, { id: number } | FormatError>>(true);
  const checked = () => ndjson({ schema: v.array(v.string()) });
  assertType<IsExact<OutputOf<ReturnType<typeof checked>>, string[]>>(true);
  assertInstanceOf(checked, Function);
});

type OutputOf<T> = T extends Operator<Chunk, infer TOutput> ? TOutput : never;

test("[L9] ndjson() refuses options that are not valid, at once", () => {
  const bad: readonly (readonly [object, string])[] = [
    [{ maxDepth: 0 }, "maxDepth must be a positive integer or Infinity, got 0"],
    [{ maxLength: "1" }, 'maxLength must be a positive integer or Infinity, got "1"'],
    [{ exactNumbers: 1 }, "exactNumbers must be true or false, got 1"],
    [{ schema: {} }, "schema must be a Standard Schema"],
    [{ schema: null }, "schema must be a Standard Schema"],
    [{ numbered: true }, 'unknown option "numbered"'],
  ];
  for (const [options, part] of bad) {
    assertThrows(
      () => ndjson(options as JsonRecordOptions),
      Error,
      `Cannot make ndjson(): ${part}`,
    );
  }
  const none = undefined;
  const left = { maxLength: none, maxDepth: none, exactNumbers: none, badRecords: none };
  assertInstanceOf(ndjson({ ...left, errorStrategy: none }), Object);
});
