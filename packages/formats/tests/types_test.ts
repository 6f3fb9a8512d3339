// What comes out of a format with options that are known only when the program runs.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "@headrace/pipeline";
import * as v from "valibot";
import {
  createLineDecoder,
  csv,
  type CsvOptions,
  type FormatError,
  jsonArray,
  type JsonRecordOptions,
  type LineDecoder,
  lines,
  ndjson,
  type NumberedLine,
  sse,
  type SseEvent,
} from "../mod.ts";
import { test } from "../../../tests/harness.ts";

type Outputs<T> = T extends { executeToArray(source: never): Promise<(infer TItem)[]> } ? TItem
  : never;

const texts = StreamingPipeline.start<string>();
const flag: boolean = [true, false].length === 2;
const badRecords: "fail" | "emit" = flag ? "emit" : "fail";
const NAMES = ["id", "name"] as const;
const schema = v.object({ id: v.number() });
type User = v.InferOutput<typeof schema>;

test("csv() with a header that may be there gives records of both kinds", async () => {
  const either = texts.use("row", csv({ header: flag }));
  const handedOn = ({ header }: { readonly header?: true }) => texts.use("row", csv({ header }));
  const named = texts.use("row", csv({ header: flag ? NAMES : undefined }));

  assertType<IsExact<Outputs<typeof either>, Record<string, string> | string[]>>();
  assertType<IsExact<Outputs<ReturnType<typeof handedOn>>, Record<string, string> | string[]>>();
  assertType<IsExact<Outputs<typeof named>, Record<"id" | "name", string> | string[]>>();
  assertEquals(await either.executeToArray("a\n1\n"), [{ a: "1" }]);
});

test("bad records that may come out are in the type of what comes out", async () => {
  const all = [
    texts.use("item", csv({ badRecords })),
    texts.use("item", csv({ badRecords, header: false })),
  ];
  const line = texts.use("item", lines({ badRecords }));
  const event = texts.use("item", sse({ badRecords }));
  const record = texts.use("item", ndjson<User>({ badRecords }));
  const element = texts.use("item", jsonArray({ schema, badRecords }));

  assertType<IsExact<Outputs<(typeof all)[number]>, string[] | FormatError>>();
  assertType<IsExact<Outputs<typeof line>, string | FormatError>>();
  assertType<IsExact<Outputs<typeof event>, SseEvent | FormatError>>();
  assertType<IsExact<Outputs<typeof record>, User | FormatError>>();
  assertType<IsExact<Outputs<typeof element>, User | FormatError>>();
  const [first] = await record.executeToArray("{\n");
  assertEquals(first instanceof Error, true);
});

test("lines that may be numbered are of both kinds", () => {
  const either = texts.use("line", lines({ numbered: flag }));
  const decoder = createLineDecoder({ numbered: flag });

  assertType<IsExact<Outputs<typeof either>, string | NumberedLine>>();
  assertType<IsExact<typeof decoder, LineDecoder<string | NumberedLine>>>();
});

test("options of any kind give what any of them may give", () => {
  const csvOf = (options: CsvOptions) => texts.use("row", csv(options));
  const jsonOf = (options: JsonRecordOptions) => texts.use("row", ndjson(options));
  const schemed = texts.use("row", csv({ header: true, schema: flag ? schema : undefined }));

  assertType<IsExact<Outputs<ReturnType<typeof csvOf>>, unknown>>();
  assertType<IsExact<Outputs<ReturnType<typeof jsonOf>>, unknown>>();
  assertType<IsExact<Outputs<typeof schemed>, User | Record<string, string>>>();
});

test("options that are known give one kind", () => {
  const rows = texts.use("row", csv({ header: true }));
  const plain = texts.use("row", csv());
  const emitted = texts.use("row", csv({ header: ["id"], badRecords: "emit" }));
  const numbered = texts.use("line", lines({ numbered: true, badRecords: "fail" }));
  const users = texts.use("row", ndjson({ schema }));
  const any = texts.use("row", jsonArray<User>({ maxDepth: 3, badRecords: "fail" }));

  assertType<IsExact<Outputs<typeof rows>, Record<string, string>>>();
  assertType<IsExact<Outputs<typeof plain>, string[]>>();
  assertType<IsExact<Outputs<typeof emitted>, Record<"id", string> | FormatError>>();
  assertType<IsExact<Outputs<typeof numbered>, NumberedLine>>();
  assertType<IsExact<Outputs<typeof users>, User>>();
  assertType<IsExact<Outputs<typeof any>, User>>();
});

test("what is no options, and options that there are not, do not compile", () => {
  const given = { separator: ";", header: true };
  const attempts = [
    // @ts-expect-error a text has no options
    () => csv(";"),
    // @ts-expect-error nor has a function
    () => lines(() => 1),
    // @ts-expect-error nor has an array
    () => sse([]),
    // @ts-expect-error nor has a number
    () => createLineDecoder(5),
    // @ts-expect-error there is no such option
    () => csv({ separator: ";" }),
    // @ts-expect-error there is no such option, where others are right
    () => csv(given),
    // @ts-expect-error there is no such option
    () => lines({ max: 5 }),
    // @ts-expect-error it is no number
    () => sse({ maxLength: "5" }),
  ];
  csv({ header: (fields) => fields.map((field) => field.trim()) });
  sse({ onRetry: (retryMs) => retryMs.toFixed(), onId: (id) => id.trim() });

  for (const attempt of attempts) assertThrows(attempt);
});
