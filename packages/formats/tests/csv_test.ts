import { csv, type CsvOptions, type CsvRecord, FormatError } from "@headrace/formats";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import fc from "fast-check";
import * as v from "valibot";
import { test } from "../../../tests/harness.ts";
import { cut, sizes, toBytes, wildBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

type Chunk = Uint8Array | string;

const read = (chunks: Iterable<Chunk>, options?: CsvOptions): Promise<unknown[]> =>
  StreamingPipeline.start<Chunk>().use("record", csv(options)).executeToArray(chunks);

/** Every record, or the code of its error and its position. */
const readAll = async (chunks: Iterable<Chunk>, options?: CsvOptions): Promise<unknown[]> =>
  (await read(chunks, { ...options, badRecords: "emit" })).map((record) =>
    record instanceof FormatError ? `${record.code} ${record.record}` : record
  );

const cell = fc.string({
  unit: fc.constantFrom("a", "\u20AC", ",", '"', "\n", "\r", "\r\n", " ", ""),
  maxLength: 8,
});
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const quoteIfNeeded = (cell: string) => /[",\r\n]/.test(cell) || cell === "" ? quote(cell) : cell;

test("csv() reads back what was written, wherever it is cut, with any line break", async () => {
  const lineBreak = fc.constantFrom("\n", "\r\n", "\r");
  const write = fc.constantFrom(quote, quoteIfNeeded);
  await fc.assert(
    fc.asyncProperty(
      table,
      lineBreak,
      write,
      sizes,
      fc.boolean(),
      async (rows, end, write, sizes, isOpen) => {
        const text = rows.map((row) => row.map(write).join(",")).join(end);
        const whole = text === "" || isOpen ? text : text + end;

        assertEquals(await read(cut(toBytes(whole), sizes)), rows);
        assertEquals(await read([...whole]), rows);
      },
    ),
    { numRuns: 500 },
  );
});

test("csv() makes the same of any bytes, wherever they are cut", async () => {
  const bytes = fc.array(
    fc.oneof(
      fc.constantFrom(...[",", '"', '""', "\n", "\r", "a", '"a"', "\uFEFF"]).map((
        text,
      ) => [...toBytes(text)]),
      wildBytes.map((bytes) => [...bytes.subarray(0, 6)]),
    ),
    { maxLength: 20 },
  ).map((parts) => new Uint8Array(parts.flat()));
  const options = fc.record({
    header: fc.boolean(),
    maxRecordLength: fc.constantFrom(5, 1_000),
    maxFieldLength: fc.constantFrom(3, 1_000),
    maxFields: fc.constantFrom(2, 1_000),
  });
  const readSafely = (chunks: Iterable<Chunk>, options: CsvOptions) =>
    readAll(chunks, options).catch((error) => String(error.cause));
  await fc.assert(
    fc.asyncProperty(bytes, sizes, options, async (bytes, sizes, options) => {
      assertEquals(
        await readSafely(cut(bytes, sizes), options),
        await readSafely([bytes], options),
      );
    }),
    { numRuns: 1_000 },
  );
});

test("csv() leaves blank lines out, and no record with an empty field in quotes", async () => {
  assertEquals(await read(['\n\r\na\n\n""\n,\n']), [["a"], [""], ["", ""]]);
  assertEquals(await read([]), []);
  assertEquals(await read(["\n"]), []);
  assertEquals(await readAll([",\n"], { maxFields: 1 }), ["TOO_MANY_FIELDS 1"]);
});

test("csv() takes a quote for text where the field does not begin with one", async () => {
  assertEquals(await read([`5'10",a"b"c, "d"\n`]), [[`5'10"`, 'a"b"c', ' "d"']]);
});

test("csv() names the fields by the header, or as its option says", async () => {
  const text = "\uFEFFid,name\n1,Ada\n2,\n";

  assertEquals(await read([text], { header: true }), [{ id: "1", name: "Ada" }, {
    id: "2",
    name: "",
  }]);
  assertEquals(await read(["1,Ada"], { header: ["id", "name"] }), [{ id: "1", name: "Ada" }]);
  assertEquals(await read([text], { header: false }), [["id", "name"], ["1", "Ada"], ["2", ""]]);
  assertEquals(await read(["id\n"], { header: true }), []);
  assertEquals(await read([""], { header: true }), []);
});

test("csv() makes names of the first record, such as where two are empty", async () => {
  const text = "id,name,,\n1,Ada,x,\n2,Grace,,y\n";
  const header = (fields: readonly string[]) =>
    fields.map((field, index) => field === "" ? `column ${index + 1}` : field);

  assertEquals(await read(cut(toBytes(text), [3]), { header }), [
    { id: "1", name: "Ada", "column 3": "x", "column 4": "" },
    { id: "2", name: "Grace", "column 3": "", "column 4": "y" },
  ]);
});

test("csv() says which names of the header are the same, and which are empty", async () => {
  const failures: readonly (readonly [string, CsvOptions["header"], string])[] = [
    ["a,b,,\n1,2,3,4\n", true, "those of 3 and 4 are empty: header may be a function"],
    ["x,a,y,a\n1,2,3,4\n", true, "those of 2 and 4 are the same: header may be a function"],
    ["a,b\n1,2\n", () => ["a", "a"], "those of 1 and 2 are the same"],
    ["a,b\n1,2\n", () => "a" as never, "the function header must return a list of names"],
    ["a,b\n1,2\n", () => [], "the function header must return a list of names"],
  ];
  for (const [text, header, rule] of failures) {
    const { cause } = await assertRejects(() => read([text], { header }), StreamingError);

    assertInstanceOf(cause, FormatError);
    assertEquals([cause.code, cause.record], ["INVALID_HEADER", 1]);
    assert(cause.message.includes(rule), cause.message);
  }
});

test("csv() gives fields names that objects have already", async () => {
  const [record] = await read(["constructor,toString,valueOf\n1,2,3"], { header: true });

  assertEquals(Object.entries(record as object), [["constructor", "1"], ["toString", "2"], [
    "valueOf",
    "3",
  ]]);
});

test("csv() takes another delimiter and another quote", async () => {
  const text = "a;'b;''c''\n';\"d,\"\n";

  assertEquals(await read([text], { delimiter: ";", quote: "'" }), [["a", "b;'c'\n", '"d,"']]);
  assertEquals(await read(["a\tb"], { delimiter: "\t" }), [["a", "b"]]);
});

test("csv() tells each bad record apart, by its code and position", async () => {
  const rows = [
    "a,b",
    '"x"y,1',
    "1",
    "1,2,3",
    `1,${"x".repeat(11)}`,
    `${"x,".repeat(15)}`,
    '"quoted ""twice""" ,2',
    "5,6",
  ];
  const options: CsvOptions = {
    header: true,
    maxFieldLength: 10,
    maxRecordLength: 30,
    maxFields: 4,
  };

  assertEquals(await readAll([rows.join("\n")], options), [
    "INVALID_QUOTE 2",
    "WRONG_FIELD_COUNT 3",
    "WRONG_FIELD_COUNT 4",
    "FIELD_TOO_LONG 5",
    "TOO_MANY_FIELDS 6",
    "INVALID_QUOTE 7",
    { a: "5", b: "6" },
  ]);
  assertEquals(await readAll(['1\n"open\n2\n']), [["1"], "INVALID_QUOTE 2"]);
  const bytes = toBytes([...toBytes('1,"a\n'), 0xff, ...toBytes('"\n2\n')]);
  assertEquals(await readAll([bytes]), ["INVALID_UTF8 1", ["2"]]);
});

test("csv() takes records with too many and too few fields where its option says so", async () => {
  const found = await read(["a,b\n1\n1,2,3\n"], { header: true, ragged: true });

  assertEquals(found, [{ a: "1", b: "" }, { a: "1", b: "2" }]);
});

test("csv() discards a record that is too long, to its true end, and goes on after it", async () => {
  const options: CsvOptions = { maxRecordLength: 20 };
  const long = `"${"line\n".repeat(10)}""more"" `;

  for (const sizes of [[1], [7], [1_000]]) {
    const chunks = cut(toBytes(`1\n${long}",z\n2,"3\n"\n`), sizes);
    assertEquals(await readAll(chunks, options), [["1"], "RECORD_TOO_LONG 2", ["2", "3\n"]]);
  }
});

test("csv() takes a record of exactly its limit, with each line break", async () => {
  for (const end of ["\n", "\r\n", "\r", ""]) {
    for (const sizes of [[1], [6], [100]]) {
      const readWith = (text: string) =>
        readAll(cut(toBytes(text + end), sizes), { maxRecordLength: 5 });
      assertEquals(await readWith('"a",b'), [["a", "b"]]);
      assertEquals(await readWith('"a",bc'), ["RECORD_TOO_LONG 1"]);
    }
  }
});

test("csv() fails as soon as a record is too long, and holds no more of it", async () => {
  let pulled = 0;
  const endless = function* () {
    yield '"';
    for (;;) {
      pulled++;
      yield 'x\n""';
    }
  };

  const error = await assertRejects(
    () => read(endless(), { maxRecordLength: 100 }),
    StreamingError,
  );

  assertEquals(error.code, "RECORD_TOO_LONG");
  assertEquals(pulled, 25);
});

test("csv() fails on a bad header, whatever its strategy is", async () => {
  const bad: readonly (readonly [string, string])[] = [
    ["a,a\n1,2\n", "INVALID_HEADER"],
    ["a,__proto__\n1,2\n", "INVALID_HEADER"],
    ['"a"b\n1\n', "INVALID_QUOTE"],
    ['"a', "INVALID_QUOTE"],
    [`${"x".repeat(30)}\n1\n2\n`, "RECORD_TOO_LONG"],
  ];
  for (const [text, code] of bad) {
    for (const sizes of [[1], [1_000]]) {
      for (const options of [{ errorStrategy: "SKIP_FAILED" }, { badRecords: "emit" }] as const) {
        const out: unknown[] = [];
        const run = StreamingPipeline.start<Chunk>()
          .use("record", csv({ ...options, header: true, maxRecordLength: 20 }))
          .execute(cut(toBytes(text), sizes));
        const error = await assertRejects(async () => {
          for await (const record of run) out.push(record);
        }, StreamingError);

        assertInstanceOf(error.cause, FormatError);
        assertEquals([error.cause.code, error.cause.record, out], [code, 1, []]);
      }
    }
  }
});

test("csv() says what is wrong in words, and shows nothing of the record", async () => {
  const error = await assertRejects(
    () => read(["secret,b\nsecret,1,2\n"], { header: true }),
    StreamingError,
  );

  assertEquals(
    String(error.cause),
    "FormatError: Cannot read record 2 of the CSV: it must have 2 fields, as the header has, got 3",
  );
  assert(!error.message.includes("secret"));
});

test("csv() hands the record over that a schema refuses, with SPLIT_ERRORS", async () => {
  const schema = v.object({ id: v.pipe(v.string(), v.transform(Number), v.number()) });
  const pipeline = StreamingPipeline.start<string>()
    .use("record", csv({ header: true, schema, errorStrategy: "SPLIT_ERRORS" }))
    .map("id", ({ id }) => id);
  const failed: unknown[] = [];

  const ids = await pipeline.executeToArray(["id\n1\nx\n3"], {
    errorsTo: ({ item, error }) => failed.push([item, error.code]),
  });

  assertEquals(ids, [1, 3]);
  assertEquals(failed, [[{ number: 3, value: { id: "x" } }, "INVALID_VALUE"]]);
});

test("csv() makes no record of what was cut off by a failure of the source", async () => {
  const failure = new Error("connection lost");
  const source = function* () {
    yield "1,2\n3,";
    throw failure;
  };
  const out: unknown[] = [];

  await assertRejects(async () => {
    const run = StreamingPipeline.start<string>().use("record", csv()).execute(source());
    for await (const record of run) out.push(record);
  });

  assertEquals(out, [["1", "2"]]);
});

test("csv() has the types that its options ask for", () => {
  assertType<IsExact<CsvRecord<Record<never, never>>, string[]>>(true);
  assertType<IsExact<CsvRecord<{ header: true }>, Record<string, string>>>(true);
  assertType<IsExact<CsvRecord<{ header: readonly ["a", "b"] }>, Record<"a" | "b", string>>>(true);
  assertType<IsExact<CsvRecord<{ header: () => ("a" | "b")[] }>, Record<"a" | "b", string>>>(true);
  assertType<IsExact<CsvRecord<{ header: () => string[] }>, Record<string, string>>>(true);
  assertType<IsExact<CsvRecord<{ badRecords: "emit" }>, string[] | FormatError>>(true);
  const pipeline = StreamingPipeline.start<Chunk>()
    .use("record", csv({ header: ["a", "b"], delimiter: ";" }))
    .map("both", ({ a, b }) => a + b);
  const checked = StreamingPipeline.start<Chunk>()
    .use("record", csv({ header: true, schema: v.object({ a: v.string() }) }))
    .map("a", ({ a }) => a.length);
  // @ts-expect-error there is no field of this name
  const bad = pipeline.map("c", (_, __, { state }) => state.accumulated.record.c);
  assertEquals([checked, bad].length, 2);
});

test("[L9] csv() refuses options that are not valid, at once", () => {
  const bad: readonly (readonly [object, string])[] = [
    [{ delimiter: "" }, "delimiter must be one character"],
    [
      { delimiter: ",," },
      'delimiter must be one character, no line break and none that has another meaning, got ",,"',
    ],
    [{ delimiter: "\n" }, "delimiter must be one character"],
    [{ delimiter: '"' }, "quote must be one character"],
    [{ quote: "," }, "quote must be one character"],
    [
      { header: "a,b" },
      'header must be true, false, a list of names, or a function that makes one, got "a,b"',
    ],
    [{ header: [] }, "header must be true, false, a list of names, or a function that makes one"],
    [{ header: ["a", "a"] }, "header cannot be used: the names of its fields must differ"],
    [{ maxFields: 0 }, "maxFields must be a positive integer or Infinity, got 0"],
    [{ maxFieldLength: -1 }, "maxFieldLength must be a positive integer or Infinity, got -1"],
    [{ maxRecordLength: null }, "maxRecordLength must be a positive integer or Infinity, got null"],
    [{ ragged: 1 }, "ragged must be true or false, got 1"],
    [{ columns: true }, 'unknown option "columns"'],
    [{ schema: 1 }, "schema must be a Standard Schema"],
  ];
  for (const [options, part] of bad) {
    assertThrows(() => csv(options as CsvOptions), Error, `Cannot make csv(): ${part}`);
  }
});
