import {
  createLineDecoder,
  FormatError,
  lines,
  type LinesOptions,
  type NumberedLine,
} from "@headrace/formats";
import type { Operator } from "@headrace/pipeline/core";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { cut, sizes, toBytes, wildBytes } from "./support/chunks.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

type Chunk = Uint8Array | string;

const read = (chunks: Iterable<Chunk>, options?: LinesOptions): Promise<unknown[]> =>
  StreamingPipeline.start<Chunk>().use("line", lines(options)).executeToArray(chunks);

/** Every line with its number, or the code of its error and its number. */
const readAll = async (chunks: Iterable<Chunk>, options?: LinesOptions): Promise<unknown[]> => {
  const pipeline = StreamingPipeline.start<Chunk>()
    .use("line", lines({ ...options, numbered: true, badRecords: "emit" }));
  return (await pipeline.executeToArray(chunks)).map((line) =>
    line instanceof FormatError ? [line.record, line.code] : [line.number, line.text]
  );
};

test("lines() takes breaks of both kinds, and needs none at the end", async () => {
  assertEquals(await read(["a\nb\r\n\nc"]), ["a", "b", "", "c"]);
  assertEquals(await read(["a\n"]), ["a"]);
  assertEquals(await read(["\n"]), [""]);
  assertEquals(await read([]), []);
  assertEquals(await read([""]), []);
});

test("lines() leaves a carriage return inside a line where it is, unless it is asked to break there", async () => {
  const text = "a\rb\r\r\nc\r\n\rd\r";

  assertEquals(await read([text]), ["a\rb\r", "c", "\rd"]);
  assertEquals(await read([text], { breakAtReturn: true }), ["a", "b", "", "c", "", "d"]);
});

test("lines() agrees with a regular expression over the whole text, wherever it is cut", async () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "\u20AC", "\n", "\r", "\r\n", " "),
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(text, sizes, fc.boolean(), async (text, sizes, breakAtReturn) => {
      const whole = text.split(breakAtReturn ? /\r\n|\n|\r/ : /\r?\n/);
      if (whole.at(-1) === "") whole.pop();
      // A carriage return at the very end is the first half of a break.
      if (!breakAtReturn && text.endsWith("\r")) whole.push(whole.pop()!.slice(0, -1));

      assertEquals(await read(cut(toBytes(text), sizes), { breakAtReturn }), whole);
      assertEquals(await read([...text], { breakAtReturn }), whole);
    }),
  );
});

test("lines() finds a bad line and its neighbours good, wherever the bytes are cut", async () => {
  const options: LinesOptions = { maxLength: 6 };
  await fc.assert(
    fc.asyncProperty(wildBytes, sizes, async (bytes, sizes) => {
      const expected: unknown[] = [];
      const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
      let rest = [...bytes.subarray(hasMark ? 3 : 0)];
      for (let number = 1; rest.length > 0; number++) {
        const end = rest.indexOf(10);
        const own = end === -1 ? rest : rest.slice(0, end);
        rest = end === -1 ? [] : rest.slice(end + 1);
        if (own.at(-1) === 13) own.pop();
        expected.push([number, judge(new Uint8Array(own), options.maxLength!)]);
      }

      assertEquals(await readAll(cut(bytes, sizes), options), expected);
    }),
    { numRuns: 500 },
  );
});

function judge(line: Uint8Array, maxLength: number): string {
  const decode = (fatal: boolean) =>
    new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(line);
  if (decode(false).length > maxLength) return "LINE_TOO_LONG";
  try {
    return decode(true);
  } catch {
    return "INVALID_UTF8";
  }
}

test("lines() leaves blank lines out and counts them", async () => {
  const found = await readAll(["a\n\n \t\r\nb\n"], { skipBlank: true });

  assertEquals(found, [[1, "a"], [4, "b"]]);
});

test("lines() fails on a bad line after the good ones, and says which it was", async () => {
  const bytes = toBytes([0x61, 10, 10, 0xff, 10, 0x62]);
  const run = StreamingPipeline.start<Chunk>().use("line", lines()).execute([bytes]);
  const good: string[] = [];

  const error = await assertRejects(async () => {
    for await (const line of run) good.push(line);
  });

  assertInstanceOf(error, StreamingError);
  assertInstanceOf(error.cause, FormatError);
  const { message, code, format, record } = error.cause;
  assertEquals(good, ["a", ""]);
  assertEquals([error.key, error.code, code, format, record], [
    "line",
    "INVALID_UTF8",
    "INVALID_UTF8",
    "lines",
    3,
  ]);
  assertEquals(message, "Cannot read line 3 of the text: its bytes must be UTF-8");
});

test("lines() lets the good lines pass where its strategy says so", async () => {
  const chunks = ["1\n22222\n3\n44444\n5"];
  const failed: unknown[] = [];
  const split = StreamingPipeline.start<Chunk>()
    .use("line", lines({ maxLength: 3, errorStrategy: "SPLIT_ERRORS" }));

  assertEquals(await read(chunks, { maxLength: 3, errorStrategy: "SKIP_FAILED" }), ["1", "3", "5"]);
  const errorsTo = ({ error }: { error: Error }) =>
    failed.push((error.cause as FormatError).record);
  assertEquals(await split.executeToArray(chunks, { errorsTo }), ["1", "3", "5"]);
  assertEquals(failed, [2, 4]);
});

test("lines() fails as soon as a line is too long, and holds no more of it", async () => {
  let pulled = 0;
  const endless = function* () {
    for (;;) {
      pulled++;
      yield "x".repeat(10);
    }
  };

  const error = await assertRejects(() => read(endless(), { maxLength: 100 }), StreamingError);

  assertEquals(error.code, "LINE_TOO_LONG");
  assertEquals(pulled, 11);
});

test("lines() takes a line of exactly its limit, with either break", async () => {
  const options = { maxLength: 3 };
  for (const end of ["\n", "\r\n", "\r", ""]) {
    for (const sizes of [[1], [4], [100]]) {
      assertEquals(await read(cut(toBytes(`abc${end}`), sizes), options), ["abc"]);
      assertEquals(await readAll(cut(toBytes(`abcd${end}`), sizes), options), [[
        1,
        "LINE_TOO_LONG",
      ]]);
    }
  }
  assertEquals(await read(["x".repeat(2_000_000)], { maxLength: Infinity }), [
    "x".repeat(2_000_000),
  ]);
});

test("lines() makes no line of what was cut off by a failure of the source", async () => {
  const failure = new Error("connection lost");
  const source = function* () {
    yield "1\n23";
    throw failure;
  };
  const run = StreamingPipeline.start<Chunk>().use("line", lines()).execute(source());
  const good: string[] = [];

  const error = await assertRejects(async () => {
    for await (const line of run) good.push(line);
  }, StreamingError);

  assertEquals([good, error.cause, error.key], [["1"], failure, "source"]);
});

test("lines() reads a chunk when its lines are asked for", async () => {
  let pulled = 0;
  const source = function* () {
    for (;;) yield `${++pulled}\n`;
  };

  assertEquals(
    await StreamingPipeline.start<string>().use("line", lines()).take("two", 2).executeToArray(
      source(),
    ),
    ["1", "2"],
  );
  assertEquals(pulled, 2);
});

test("lines() reads the lines of each run from the start", async () => {
  const pipeline = StreamingPipeline.start<string>().use("line", lines());

  const results = await Promise.all(
    [["a\nb"], ["\uFEFFc"]].map((chunks) => pipeline.executeToArray(chunks)),
  );

  assertEquals(results, [["a", "b"], ["c"]]);
});

test("lines() has the types that its options ask for", () => {
  assertType<IsExact<OutputOf<ReturnType<typeof plain>>, string>>(true);
  const plain = () => lines({ maxLength: undefined });
  const numbered = () => lines({ numbered: true });
  assertType<IsExact<OutputOf<ReturnType<typeof numbered>>, NumberedLine>>(true);
  const emitted = () => lines({ badRecords: "emit" });
  assertType<IsExact<OutputOf<ReturnType<typeof emitted>>, string | FormatError>>(true);
  const both = () => lines({ badRecords: "emit", numbered: true });
  assertType<IsExact<OutputOf<ReturnType<typeof both>>, NumberedLine | FormatError>>(true);
  // @ts-expect-error numbers are no chunks
  const bad = () => StreamingPipeline.start<number>().use("line", lines());
  assertInstanceOf(bad, Function);
});

type OutputOf<T> = T extends Operator<Chunk, infer TOutput> ? TOutput : never;

test("[L9] lines() refuses options that are not valid, at once", () => {
  const bad: readonly (readonly [object, ErrorConstructor, string])[] = [
    ...[0, -1, 1.5, NaN, "80", null, [80]].map((value) =>
      [
        { maxLength: value },
        RangeError,
        "maxLength must be a positive integer or Infinity, got",
      ] as const
    ),
    [{ numbered: 1 }, TypeError, "numbered must be true or false, got 1"],
    [{ skipBlank: "yes" }, TypeError, 'skipBlank must be true or false, got "yes"'],
    [{ breakAtReturn: {} }, TypeError, "breakAtReturn must be true or false, got an object"],
    [{ badRecords: "skip" }, TypeError, 'badRecords must be "fail" or "emit", got "skip"'],
    [{ maxLenght: 3 }, TypeError, 'unknown option "maxLenght"'],
  ];
  for (const [options, errorClass, part] of bad) {
    assertThrows(() => lines(options as LinesOptions), errorClass, `Cannot make lines(): ${part}`);
  }
  const none = undefined;
  const left: LinesOptions = {
    maxLength: none,
    breakAtReturn: none,
    skipBlank: none,
    numbered: none,
    badRecords: none,
    errorStrategy: none,
  };
  assertInstanceOf(lines(left), Object);
});

test("createLineDecoder() gives the lines of each chunk together, bad ones among them", () => {
  const decoder = createLineDecoder({ maxLength: 3, skipBlank: true });
  assertType<IsExact<ReturnType<typeof decoder.push>, (string | FormatError)[]>>(true);
  const pushed = ["a\n\nb", "\nlonger\nc", "", "d"].map((chunk) =>
    decoder.push(chunk).map((line) => line instanceof FormatError ? line.code : line)
  );

  assertEquals(pushed, [["a"], ["b", "LINE_TOO_LONG"], [], []]);
  assertEquals(decoder.end(), ["cd"]);
  assertEquals(decoder.end(), []);
});

test("createLineDecoder() ends a line where its caller says so, and counts on after it", () => {
  const decoder = createLineDecoder({ numbered: true, maxLength: 3 });
  assertType<IsExact<ReturnType<typeof decoder.end>, (NumberedLine | FormatError)[]>>(true);
  const simple = (lines: (NumberedLine | FormatError)[]) =>
    lines.map((line) =>
      line instanceof FormatError ? [line.record, line.code] : [line.number, line.text]
    );

  assertEquals(simple(decoder.push(toBytes([0x61, 10, 0x62, 0xe2]))), [[1, "a"]]);
  assertEquals(simple(decoder.end()), [[2, "INVALID_UTF8"]]);
  assertEquals(simple(decoder.push("c\nlonger")), [[2, "c"], [3, "LINE_TOO_LONG"]]);
  assertEquals(simple(decoder.end()), []);
  assertEquals(simple(decoder.push("d\ne\n")), [[3, "d"], [4, "e"]]);
});

test("[L9] createLineDecoder() refuses options that are not valid, at once", () => {
  const make = (options: object) => () => createLineDecoder(options);
  assertThrows(make({ maxLength: 0 }), RangeError, "Cannot make createLineDecoder(): maxLength");
  assertThrows(make({ badRecords: "emit" }), TypeError, 'unknown option "badRecords"');
});
