import { FormatError } from "@headrace/formats/lines";
import type { Level } from "./levels.ts";
import { LineError } from "./line_error.ts";
import { readJson } from "./read_json.ts";
import { readText } from "./read_text.ts";
import type { LogRecord } from "./join_traces.ts";
import { isExceptionHeader } from "./traces.ts";

/** What a line of the log says. */
export interface LogEntry {
  /** The number of its first line in its file, from 1. */
  readonly line: number;
  /** As it is in the log; absent where the logger writes none. */
  readonly time?: string;
  readonly level: Level;
  readonly message: string;
  /** The stack trace that belongs to it, where there is one. */
  readonly trace?: string;
  /** The other fields, where the line is JSON: an object, as JSON. */
  readonly fields: string;
}

/** What a reader of one form finds. */
export type Found = Omit<LogEntry, "line" | "fields"> & { readonly fields?: string };

/** Reads a record of JSON or of plain text. @throws {LineError | FormatError} */
export function parseLine(record: LogRecord | FormatError): LogEntry {
  if (record instanceof FormatError) throw record;
  const { number: line, text, trace } = record;
  const found = text.startsWith("{")
    ? readJson(text, record.time)
    : readText(text) ?? readOutput(record);
  const time = found.time ?? record.time;
  const traces = [found.trace, trace].filter((each) => each !== undefined);
  return {
    line,
    ...(time !== undefined && { time }),
    level: found.level,
    message: found.message,
    ...(traces.length > 0 && { trace: traces.join("\n") }),
    fields: found.fields ?? "{}",
  };
}

/** What a program in a container writes that is no entry of a logger. */
function readOutput({ text, time }: LogRecord): Found {
  if (time === undefined) {
    throw new LineError("NOT_AN_ENTRY", "The line must be JSON, or have a level and a message");
  }
  return { level: isExceptionHeader(text) ? "error" : "info", message: text };
}
