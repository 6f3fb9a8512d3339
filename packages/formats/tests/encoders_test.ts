// What is written is what is read, and what cannot be written is a bad record.

import {
  csv,
  type CsvRow,
  type CsvValue,
  FormatError,
  jsonArray,
  lines,
  ndjson,
  sse,
  type SseComment,
  type SseEvent,
  textDecode,
  textEncode,
  toCsv,
  type ToCsvOptions,
  toJsonArray,
  toLines,
  toNdjson,
  toSse,
} from "@headrace/formats";
import { type Operator, StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { createForeignDate } from "../../../tests/support/foreign_realm.ts";
import { test } from "../../../tests/harness.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

const write = async <T>(items: readonly T[], operator: Operator<T, string>): Promise<string> =>
  (await StreamingPipeline.start<T>().use("text", operator).executeToArray(items)).join("");

/** Writes, encodes, and reads again. */
const pass = <TIn, TOut>(
  items: readonly TIn[],
  writing: Operator<TIn, string>,
  reading: Operator<Uint8Array | string, TOut>,
): Promise<TOut[]> =>
  StreamingPipeline.start<TIn>()
    .use("text", writing)
    .use("bytes", textEncode())
    .use("item", reading)
    .executeToArray(items);

const writeFailure = async <T>(items: readonly T[], operator: Operator<T, string>) => {
  const error = await assertRejects(() => write(items, operator), StreamingError);
  assertInstanceOf(error.cause, FormatError);
  return error.cause;
};

const anyText = fc.string({ unit: "grapheme" });
const oddText = fc.string({
  unit: fc.constantFrom("a", ",", '"', "'", "\n", "\r", " ", "\uFEFF", "=", "\u20AC"),
});

test("textDecode() reads what textEncode() writes", async () => {
  const pipeline = StreamingPipeline.start<string>()
    .use("bytes", textEncode())
    .use("text", textDecode());
  await fc.assert(fc.asyncProperty(fc.array(anyText), async (texts) => {
    const decoded = await pipeline.executeToArray(["first ", ...texts]);

    assertEquals(decoded.join(""), `first ${texts.join("")}`);
  }));
});

test("lines() reads what toLines() writes", async () => {
  const line = oddText.map((text) => text.replaceAll(/[\n\r]/g, "").replace(/^\uFEFF+/, ""));
  await fc.assert(fc.asyncProperty(fc.array(line), async (all) => {
    assertEquals(await pass(all, toLines(), lines()), all);
  }));
});

test("ndjson() reads what toNdjson() writes", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
    assertEquals(await pass(values, toNdjson(), ndjson()), JSON.parse(JSON.stringify(values)));
  }));
});

test("jsonArray() and JSON.parse read what toJsonArray() writes", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
    const expected = JSON.parse(JSON.stringify(values));

    assertEquals(await pass(values, toJsonArray(), jsonArray()), expected);
    assertEquals(JSON.parse(await write(values, toJsonArray())), expected);
  }));
});

test("sse() reads what toSse() writes", async () => {
  const event = fc.record({
    data: oddText,
    event: oddText.map((text) => text.replaceAll(/[\n\r]/g, "") || "x"),
    id: oddText.map((text) => text.replaceAll(/[\n\r]/g, "")),
    retry: fc.nat(),
  }, { requiredKeys: ["data"] });
  await fc.assert(fc.asyncProperty(fc.array(event), async (events) => {
    const expected = events.map((event) => ({
      ...event,
      data: event.data.replaceAll(/\r\n?/g, "\n"),
    }));

    assertEquals(await pass<SseEvent, SseEvent>(events, toSse(), sse()), expected);
  }));
});

test("csv() reads what toCsv() writes, arrays and objects, in any style", async () => {
  const style = fc.record({
    delimiter: fc.constantFrom(",", ";", "\t", "|", "]", "\\", "^", "-", "a"),
    quote: fc.constantFrom('"', "'"),
    lineBreak: fc.constantFrom("\n" as const, "\r\n" as const),
    quoteAll: fc.boolean(),
  });
  const row = fc.array(oddText, { minLength: 1, maxLength: 4 });
  const names = fc.uniqueArray(oddText, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(style, fc.array(row), names, async (style, rows, names) => {
      const { delimiter, quote } = style;
      const objects = rows.map((row) =>
        Object.fromEntries(names.map((name, index) => [name, row[index] ?? ""]))
      );

      assertEquals(await pass(rows, toCsv(style), csv({ delimiter, quote })), rows);
      const columns = objects.length === 0 ? undefined : Object.keys(objects[0]!);
      const read = await pass(
        objects,
        toCsv({ ...style, columns }),
        csv({ delimiter, quote, header: true }),
      );
      assertEquals(read, objects);
    }),
    { numRuns: 300 },
  );
});

test("toCsv() takes the header from the first record, or from its options", async () => {
  const rows = [{ a: 1, b: "x" }, { b: "y", a: 2 }, { a: 3 }];
  const readWith = (options: ToCsvOptions) =>
    write<object>(rows, toCsv({ lineBreak: "\n", ...options }));

  assertEquals(await readWith({}), "a,b\n1,x\n2,y\n3,\n");
  assertEquals(await readWith({ header: false }), "1,x\n2,y\n3,\n");
  assertEquals(await readWith({ columns: ["b"] }), 'b\nx\ny\n""\n');
  assertEquals(await write([[1, 2]], toCsv({ columns: ["a", "b"] })), "a,b\r\n1,2\r\n");
  assertEquals(await write([[1, 2]], toCsv()), "1,2\r\n");
  assertEquals(await write([], toCsv({ columns: ["a"] })), "a\r\n");
  const names = ["constructor", "__proto__", "toString", "size"];
  const odd: object[] = [{ size: 1 }, {
    constructor: "x",
    ["__proto__"]: "y",
    toString: "z",
    size: 2,
  }];
  assertEquals(
    await write(odd, toCsv({ columns: names })),
    "constructor,__proto__,toString,size\r\n,,,1\r\nx,y,z,2\r\n",
  );
  // A getter of a class is one of its fields.
  class City {
    get name() {
      return "Berlin";
    }
  }
  assertEquals(await write([new City()], toCsv({ columns: ["name"] })), "name\r\nBerlin\r\n");
  assertEquals(await write([], toCsv()), "");
});

test("toCsv() writes each kind of value", async () => {
  const row: CsvValue[] = ["a", 1.5, 10n, true, new Date(0), null, undefined, NaN];

  assertEquals(await write([row], toCsv()), "a,1.5,10,true,1970-01-01T00:00:00.000Z,,,NaN\r\n");
  const foreign = [[createForeignDate(0)]];
  assertEquals(await write(foreign, toCsv()), "1970-01-01T00:00:00.000Z\r\n");
});

test("toCsv() keeps a spreadsheet from running text, where it is asked to", async () => {
  const row = ["=1+1", "+1", "-1", "@a", "\t=1", "a=1", -1];
  const options = { lineBreak: "\n", escapeFormulas: true } as const;

  assertEquals(await write([row], toCsv(options)), "'=1+1,'+1,'-1,'@a,'\t=1,a=1,-1\n");
  assertEquals(await write([{ "=x": 1 }], toCsv(options)), "'=x\n1\n");
  assertEquals(await write([["=1"]], toCsv()), "=1\r\n");
});

test("toCsv() refuses what is no record, and says why", async () => {
  const bad: readonly (readonly [readonly unknown[], ToCsvOptions, string])[] = [
    [[1], {}, "1: it must be an array or an object"],
    [[null], {}, "1: it must be an array or an object"],
    [[[]], {}, "1: it must have some fields, got 0"],
    [[[{}]], {}, "1: each field must be text, a number, a truth value, a date or nothing"],
    [
      [[new Date(NaN)]],
      {},
      "1: each field must be text, a number, a truth value, a date or nothing",
    ],
    [[{ a: 1 }, { b: 1 }], {}, "2: it must have the names of the first record: give columns"],
    [[{ a: 1 }, [1, 2]], {}, "2: it must have 1 fields, got 2"],
    [[[1]], { columns: ["a", "b"] }, "1: it must have 2 fields, got 1"],
    [[[1]], { header: true }, "1: an array has no names for the header: give columns"],
  ];
  for (const [rows, options, part] of bad) {
    const { message } = await writeFailure(rows as CsvRow[], toCsv(options));

    assertEquals(message, `Cannot write record ${part}`);
  }
});

test("toCsv() goes on after a bad record; it decides about no header", async () => {
  const rows = [{ bad: {} }, { a: 1 }, { a: Symbol() }, { a: 2 }];

  const text = await write<object>(rows, toCsv({ lineBreak: "\n", errorStrategy: "SKIP_FAILED" }));

  assertEquals(text, "a\n1\n2\n");
});

test("toNdjson() and toJsonArray() refuse what JSON has no form for, and go on after it", async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const values = [1, undefined, 2n, () => {}, circle, 2];
  const options = { errorStrategy: "SKIP_FAILED" } as const;

  assertEquals(await write(values, toNdjson(options)), "1\n2\n");
  assertEquals(JSON.parse(await write(values, toJsonArray(options))), [1, 2]);
  const none = await writeFailure([1, undefined], toNdjson());
  assertEquals([none.message, none.code, none.record, none.cause], [
    "Cannot write line 2: JSON must have a form for it, and has none for a function or undefined",
    "INVALID_JSON",
    2,
    undefined,
  ]);
  const circular = await writeFailure([circle], toJsonArray());
  assertEquals(
    circular.message,
    "Cannot write element 1: JSON must have a form for it, without circles and big integers",
  );
  assertInstanceOf(circular.cause, TypeError);
});

test("toJsonArray() does not close the array where the source fails", async () => {
  const source = function* () {
    yield 1;
    throw new Error("broken");
  };
  let text = "";

  await assertRejects(async () => {
    const run = StreamingPipeline.start<number>().use("text", toJsonArray()).execute(source());
    for await (const piece of run) text += piece;
  });

  assertEquals(text, "[\n1");
});

test("toLines() refuses a text that would be several lines", async () => {
  for (const text of ["a\nb", "a\r", 1 as unknown as string]) {
    const { message, code, format } = await writeFailure(["fine", text], toLines());

    assertEquals(message, "Cannot write line 2: it must be text without a line break");
    assertEquals([code, format], ["INVALID_VALUE", "toLines"]);
  }
});

test("toSse() refuses fields that would be something else, and writes comments", async () => {
  const bad: readonly (readonly [unknown, string])[] = [
    [{}, "it must have data, or a comment, that is text"],
    [{ data: 1 }, "it must have data, or a comment, that is text"],
    [null, "it must have data, or a comment, that is text"],
    [{ data: "", event: "a\nb" }, "event must be text without a line break"],
    [{ data: "", id: "a\rb" }, "id must be text without a line break and without U+0000"],
    [{ data: "", id: "a\0" }, "id must be text without a line break and without U+0000"],
    [{ data: "", retry: 1.5 }, "retry must be a whole number of milliseconds, not negative"],
    [{ data: "", retry: -1 }, "retry must be a whole number of milliseconds, not negative"],
  ];
  for (const [event, rule] of bad) {
    const { message } = await writeFailure([event as SseEvent], toSse());

    assertEquals(message, `Cannot write event 1: ${rule}`);
  }
  assertEquals(await write<SseComment>([{ comment: "a\nb" }], toSse()), ": a\n: b\n\n");
});

test("[L9] encoders refuse options that are not valid, at once", () => {
  const bad: readonly (() => unknown)[] = [
    () => toLines({ end: "\r\n" } as never),
    () => toNdjson({ space: 2 } as never),
    () => toJsonArray({ space: 2 } as never),
    () => toSse({ space: 2 } as never),
    () => toCsv({ columns: [] }),
    () => toCsv({ columns: ["a", "a"] }),
    () => toCsv({ columns: "a" } as never),
    () => toCsv({ delimiter: "," + ";" }),
    () => toCsv({ delimiter: "|", quote: "|" }),
    () => toCsv({ lineBreak: "\r" } as never),
    () => toCsv({ header: 1 } as never),
    () => toCsv({ quoteAll: 1 } as never),
    () => toCsv({ escapeFormulas: 1 } as never),
    () => toCsv({ escapeFormulae: true } as never),
  ];
  for (const make of bad) assertThrows(make, TypeError, "Cannot make to");
  const makers: readonly ((options: never) => unknown)[] = [
    ...[toLines, toNdjson, toJsonArray, toSse, toCsv],
    ...[lines, csv, ndjson, jsonArray, sse, textDecode],
  ];
  for (const options of [null, 42, "\n", ["a"]]) {
    for (const make of makers) {
      const error = assertThrows(() => make(options as never), TypeError, undefined, make.name);
      assertMatch(error.message, /^Cannot make \w+\(\): its options must be an object, got /);
    }
  }
});
