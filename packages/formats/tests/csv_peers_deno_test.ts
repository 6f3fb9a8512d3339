// `csv` beside csv-parse and Papa Parse, on odd inputs: where they say that all is well, all three read
// the same.

import { csv, FormatError } from "@headrace/formats";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { assertEquals, assertGreater } from "@std/assert";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
// @ts-types="npm:@types/papaparse@^5.5.0"
import Papa from "papaparse";
import { test } from "../../../tests/harness.ts";

// The same cases each time: `deno task fuzz` looks for new ones.
fc.configureGlobal({ seed: 20261127 });

const CASES = 3_000;
const QUOTE_IN_PLAIN_FIELD = /(?:^|[,\n\r])[^",\n\r][^,\n\r]*"/;

const odd = (breaks: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom("a", "b ", ",", ",,", '"', '""', '","', '"a"', "\uFEFF", ...breaks), {
    maxLength: 16,
  }).map((parts) => parts.join(""));

const read = async (text: string): Promise<(string[] | FormatError)[]> =>
  await StreamingPipeline.start<string>()
    .use("record", csv({ badRecords: "emit" }))
    .executeToArray([text]);

test("csv() reads what csv-parse reads, and refuses no less but a quote in a field without", async () => {
  const compared = { whole: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(odd(["\n", "\r\n", "\r"]), async (text) => {
      const own = await read(text);
      const theirs = readWithCsvParse(text);
      if (theirs !== undefined) {
        compared.whole++;
        return assertEquals(own, theirs);
      }
      compared.refused++;
      const isFine = own.every((record) => !(record instanceof FormatError));
      assertEquals(isFine && !QUOTE_IN_PLAIN_FIELD.test(text), false);
    }),
    { numRuns: CASES },
  );
  assertGreater(compared.whole, CASES / 4);
  assertGreater(compared.refused, CASES / 10);
});

test("csv() reads what Papa Parse reads without errors", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(odd(["\n"]), async (text) => {
      const { data, errors } = Papa.parse<string[]>(text, { delimiter: ",", newline: "\n" });
      // It takes blanks after a closing quote, and makes a record of a blank line.
      if (errors.length > 0 || /"\s+(?:,|\n|$)/.test(text)) return;
      compared++;
      const own = await read(text);
      const isBlank = ([only, ...more]: string[]) => only === "" && more.length === 0;

      assertEquals(
        own.filter((row) => !isBlank(row as string[])),
        data.filter((row) => !isBlank(row)),
      );
    }),
    { numRuns: CASES },
  );
  assertGreater(compared, CASES / 4);
});

function readWithCsvParse(text: string): string[][] | undefined {
  try {
    return parse(text, {
      bom: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch {
    return undefined;
  }
}
