// What every decoder must hold to, whatever bytes it gets: whole documents, truncated ones, broken ones,
// hostile ones, and none at all.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CsvReader } from "../../src/_csv_reader.ts";
import { BadRecord, type Decoder, errorsOf } from "../../src/_decoder.ts";
import { ElementReader } from "../../src/_element_reader.ts";
import { EventReader } from "../../src/_event_reader.ts";
import { FormatError } from "../../src/format_error.ts";
import { createParser, type JsonText } from "../../src/_json.ts";
import { LineReader } from "../../src/_line_reader.ts";
import { cut, sizes, toBytes } from "./chunks.ts";

/** The formats that are read. */
export const FORMATS = ["lines", "ndjson", "jsonArray", "csv", "sse"] as const;

/** One input, the way it comes in, and the limits. */
export interface FuzzCase {
  readonly format: typeof FORMATS[number];
  readonly bytes: Uint8Array;
  readonly sizes: readonly number[];
  readonly limits: { readonly length: number; readonly depth: number; readonly fields: number };
}

const TOKENS = [
  ...[
    "[",
    "]",
    "{",
    "}",
    '"',
    '\\"',
    "\\",
    "\\u",
    ":",
    ",",
    ", ",
    "1",
    "1e400",
    "-",
    "null",
    "tru",
  ],
  ...[
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    " ",
    "\t",
    "a",
    "\u20AC",
    "\u{1F30A}",
    "\uFFFD",
    "\uFEFF",
    "\0",
    "'",
  ],
  ...["data: ", "data", "event:", "id: ", "retry: 1", ": ", '"a"', '""', '","', ";"],
];
const WRONG_BYTES = [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xc0, 0xaf]];

const whole: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 }).map((all) => JSON.stringify(all)),
  fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 })
    .map((all) => all.map((value) => JSON.stringify(value) + "\n").join("")),
  fc.array(fc.array(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 4 }), { maxLength: 5 })
    .map((rows) =>
      rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n")
    ),
  fc.array(fc.string({ maxLength: 8 }), { maxLength: 5 })
    .map((all) => all.map((text) => `event: e\ndata: ${text}\n\n`).join("")),
);
const soup = fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((parts) => parts.join(""));

/** What is done to a document: `at` is where, as a part of its length. */
interface Damage {
  readonly kind: "none" | "truncate" | "flip" | "insert" | "repeat";
  readonly at: number;
  readonly what: number;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom("none", "truncate", "flip", "insert", "repeat"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  what: fc.nat(255),
});

const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(whole, damage).map(([text, damage]) => apply(toBytes(text), damage)),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(soup, damage).map(([text, damage]) => apply(toBytes(text), damage)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
);

/** How an input begins that never ends a record, and how it goes on. */
export const FLOODS: readonly (readonly [start: string, more: string])[] = [
  ["", "x"],
  ["", "\\"],
  ["", "\u20AC"],
  ["", ","],
  ['"', "x\n"],
  ['"', '""'],
  ['"x" ', '"\n,'],
  ["[", " "],
  ["[", "["],
  ['["', "\\"],
  ['["', '\\"'],
  ["data: ", "x"],
  ["", "data: x\n"],
  ["", ": comment\n"],
];

/** Any case. */
export const fuzzCase: fc.Arbitrary<FuzzCase> = fc.record({
  format: fc.constantFrom(...FORMATS),
  bytes,
  sizes,
  limits: fc.record({
    length: fc.constantFrom(4, 20, 100_000),
    depth: fc.constantFrom(1, 3, 100),
    fields: fc.constantFrom(1, 3, 100),
  }),
});

function apply(bytes: Uint8Array, { kind, at, what }: Damage): Uint8Array {
  const place = Math.floor(at * bytes.length);
  const [before, after] = [[...bytes.subarray(0, place)], [...bytes.subarray(place)]];
  switch (kind) {
    case "none":
      return bytes;
    case "truncate":
      return new Uint8Array(before);
    case "flip":
      return new Uint8Array([...before, (after[0] ?? 0) ^ (what || 1), ...after.slice(1)]);
    case "insert":
      return new Uint8Array([...before, ...WRONG_BYTES[what % WRONG_BYTES.length]!, ...after]);
    case "repeat":
      return new Uint8Array([
        ...before,
        ...Array<number[]>(what).fill(after.slice(0, 4)).flat(),
        ...after,
      ]);
  }
}

/** Reads a case as it comes in and in one piece; throws where something is not as it must be. */
export function check(each: FuzzCase): void {
  const inPieces = read(each, cut(each.bytes, each.sizes));
  const atOnce = read(each, [each.bytes]);
  assertEquals(inPieces, atOnce);
  checkLimits(each, atOnce);
}

/** The records, each bad one as its code and position, and why it could not be read on. */
function read(each: FuzzCase, chunks: readonly Uint8Array[]): unknown[] {
  const decoder = open(each);
  const parse = createParser({
    maxDepth: each.format === "ndjson" ? each.limits.depth : Infinity,
    exactNumbers: true,
    schema: undefined,
    errorFor: errorsOf(each.format, "record", "the input"),
  });
  const isJson = each.format === "ndjson" || each.format === "jsonArray";
  const found: unknown[] = [];
  const add = (given: unknown) => {
    const record = given instanceof BadRecord ? given.getError() : given;
    if (record instanceof FormatError) found.push({ code: record.code, record: record.record });
    else if (isJson) found.push(parseSafely(parse, record as JsonText));
    else found.push(record);
  };
  for (const chunk of chunks) decoder.push(chunk).forEach(add);
  decoder.end().forEach(add);
  if (decoder.failure !== undefined) add(decoder.failure);
  return found;
}

function parseSafely(parse: (record: JsonText) => unknown, record: JsonText): unknown {
  try {
    return { value: parse(record), ...record };
  } catch (error) {
    if (error instanceof FormatError) return { code: error.code, record: error.record };
    throw error;
  }
}

/** A decoder of the format, with these limits. */
export function open(
  { format, limits: { length, depth, fields } }: Pick<FuzzCase, "format" | "limits">,
): Decoder<unknown> {
  const errorFor = errorsOf(format, "record", "the input");
  const toText = (text: string, number: number): JsonText => ({ text, number });
  switch (format) {
    case "lines":
      return new LineReader({ maxLength: length, breaksAtReturn: depth === 1, errorFor }, toText);
    case "ndjson":
      return new LineReader({ maxLength: length, skipsBlank: true, errorFor }, toText);
    case "jsonArray":
      return new ElementReader({ maxLength: length, maxDepth: depth, errorFor });
    case "csv":
      return new CsvReader({
        delimiter: ",",
        quote: '"',
        maxRecordLength: length,
        maxFieldLength: length / 2,
        maxFields: fields,
        errorFor,
      }, (fields) => fields);
    case "sse":
      return new EventReader({ maxLength: length, errorFor });
  }
}

/** Nothing that comes out is over a limit, and nothing comes out twice. */
function checkLimits({ format, bytes, limits }: FuzzCase, found: readonly unknown[]): void {
  const problems: string[] = [];
  let total = 0;
  for (const each of found) {
    if (typeof each !== "object" || each === null || "code" in each) continue;
    const texts = Array.isArray(each)
      ? each as string[]
      : Object.values(each).filter((value) => typeof value === "string");
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    // The value of a record of JSON may be a text of its own.
    total += "number" in each ? (each as unknown as JsonText).text.length : length;
    if ("text" in each && (each.text as string).length > limits.length) problems.push("too long");
    if (Array.isArray(each) && each.length > limits.fields) problems.push("too many fields");
    if (format === "csv" && texts.some((text) => text.length > limits.length / 2)) {
      problems.push("a field is too long");
    }
    if (format === "sse" && length > limits.length) problems.push("an event is too long");
  }
  if (total > bytes.length) problems.push(`${total} characters of ${bytes.length} bytes`);
  const positions = found.flatMap((each) =>
    typeof each === "object" && each !== null && "record" in each ? [each.record as number] : []
  );
  if (positions.some((position, index) => position < (positions[index - 1] ?? 1))) {
    problems.push("positions go back");
  }
  assertEquals(problems, []);
}
