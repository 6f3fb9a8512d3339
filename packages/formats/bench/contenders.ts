// Ways to read a file, each of which counts its records. All read the same chunks, and do the same work:
// text of each line, the value of each JSON, an array of text for each record of CSV. DuckDB reads for
// scale: on one thread, it looks at every field, and makes no JavaScript values.

import { DuckDBInstance } from "@duckdb/node-api";
import { csv, jsonArray, lines, ndjson, sse } from "@headrace/formats";
import { StreamingPipeline as FluentPipeline } from "@headrace/pipeline";
import { type Operator, StreamingPipeline } from "@headrace/pipeline/core";
import { JSONParser } from "@streamparser/json";
import { parse as csvParse } from "csv-parse";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
// @ts-types="npm:@types/papaparse@^5.5.0"
import Papa from "papaparse";

const CHUNK_BYTES = 65_536;

type Read = (path: string) => Promise<number>;

/** By format, then by name. The first of each is what the others are compared with. */
export const CONTENDERS: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  lines: {
    "lines()": (path) => count(path, lines()),
    "readline": async (path) => {
      let records = 0;
      for await (const _line of createInterface({ input: open(path) })) records++;
      return records;
    },
    "a loop by hand": (path) => splitByHand(path, () => {}),
    "a generator in a pipeline": (path) =>
      FluentPipeline.start<Uint8Array>()
        .through("text", () => new TextDecoderStream())
        .add("line", async function* ({ input }) {
          let rest = "";
          for await (const chunk of input) {
            const found = (rest + chunk).split("\n");
            rest = found.pop() ?? "";
            yield* found;
          }
          if (rest !== "") yield rest;
        })
        .executeReduce(open(path), (records) => records + 1, 0),
    "DuckDB": (path) =>
      countInDuckDb(
        path,
        `read_csv($path, columns = { line: 'VARCHAR' }, auto_detect = false, header = false,
          delim = chr(1), quote = '', escape = '')`,
        ["line"],
      ),
  },
  ndjson: {
    "ndjson()": (path) => count(path, ndjson()),
    "readline and JSON.parse": async (path) => {
      let records = 0;
      for await (const line of createInterface({ input: open(path) })) {
        JSON.parse(line);
        records++;
      }
      return records;
    },
    "a loop by hand and JSON.parse": (path) => splitByHand(path, JSON.parse),
    "DuckDB": (path) =>
      countInDuckDb(path, "read_ndjson($path)", [
        "user",
        "tags[1]",
        "nested.page",
        '"at"::VARCHAR',
      ]),
  },
  jsonArray: {
    "jsonArray()": (path) => count(path, jsonArray()),
    "@streamparser/json": async (path) => {
      let records = 0;
      const parser = new JSONParser({ paths: ["$.*"], keepStack: false });
      parser.onValue = () => records++;
      for await (const chunk of open(path)) parser.write(chunk);
      return records;
    },
    "JSON.parse of all": async (path) => {
      const text = await Deno.readTextFile(path);
      return (JSON.parse(text) as unknown[]).length;
    },
  },
  csv: {
    "csv()": (path) => count(path, csv()),
    "csv({ header: true })": async (path) => await count(path, csv({ header: true })) + 1,
    "Papa Parse": (path) =>
      new Promise((resolve, reject) => {
        let records = 0;
        const parser = Papa.parse(Papa.NODE_STREAM_INPUT, { delimiter: ",", newline: "\n" });
        parser.on("data", () => records++);
        parser.on("end", () => resolve(records));
        parser.on("error", reject);
        open(path).pipe(parser);
      }),
    "csv-parse": async (path) => {
      let records = 0;
      for await (const _record of open(path).pipe(csvParse())) records++;
      return records;
    },
    "DuckDB": async (path) => {
      const table = "read_csv($path, all_varchar = true, header = true, delim = ',', quote = '\"')";
      const columns = ["id", "name", "city", "amount", '"when"', "note"];
      return await countInDuckDb(path, table, columns) + 1;
    },
  },
  sse: {
    "sse()": (path) => count(path, sse()),
    "eventsource-parser/stream": async (path) => {
      let records = 0;
      const file = await Deno.open(path);
      const events = file.readable
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const _event of events) records++;
      return records;
    },
  },
};

function open(path: string) {
  return createReadStream(path, { highWaterMark: CHUNK_BYTES });
}

function count(path: string, operator: Operator<Uint8Array, unknown>): Promise<number> {
  return StreamingPipeline.start<Uint8Array>().use("record", operator)
    .executeReduce(open(path), (records: number) => records + 1, 0);
}

/** Counts the rows of a table function, and adds up the lengths of its columns, so that they are read. */
async function countInDuckDb(
  path: string,
  table: string,
  columns: readonly string[],
): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const lengths = columns.map((column) => `sum(strlen(${column}))`).join(", ");
  const quoted = `'${path.replaceAll("'", "''")}'`;
  const query = `SELECT count(*), ${lengths} FROM ${table.replace("$path", quoted)}`;
  const [row] = (await connection.runAndReadAll(query)).getRows();
  return Number(row?.[0]);
}

async function splitByHand(path: string, use: (line: string) => unknown): Promise<number> {
  const decoder = new TextDecoder();
  let records = 0;
  let rest = "";
  for await (const chunk of open(path)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end: number; (end = text.indexOf("\n", from)) !== -1; from = end + 1) {
      use(text.slice(from, end));
      records++;
    }
    rest = text.slice(from);
  }
  return records;
}
