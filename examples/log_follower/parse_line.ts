import { FormatError } from "@headrace/formats/lines";
import { readTime } from "./read_time.ts";
import type { Line } from "./split_lines.ts";

/** Has no types yet. */
const json = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** What a line of the log says. */
export interface LogEntry {
  /** The number of the line in its file, from 1. */
  readonly line: number;
  /** As it is in the log. */
  readonly time: string;
  /** In lower case. */
  readonly level: string;
  readonly message: string;
  /** The other fields, where the line is JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A line that cannot be used. It says why, and nothing of what is in the line. */
export class LineError extends Error {
  override readonly name = "LineError";
  /** A stable name of the failure. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The level, which may stand in brackets, where something stands behind it. */
const LEVEL = /^\[?(trace|debug|info|warn|warning|error|fatal)\]?:?(?=\s)/i;

/** Reads a line of JSON or of plain text. @throws {LineError | FormatError} */
export function parseLine(line: Line): LogEntry {
  if (line instanceof FormatError) throw line;
  const { number, text } = line;
  const { time, level, message, ...fields } = text.startsWith("{") ? readJson(text) : read(text);
  if (typeof time !== "string" || readTime(time) === undefined) {
    throw new LineError("NO_TIME", "The line must have a time of RFC 3339, with its zone");
  }
  if (typeof level !== "string") throw new LineError("NO_LEVEL", "The line must have a level");
  if (typeof message !== "string") {
    throw new LineError("NO_MESSAGE", "The line must have a message");
  }
  return { line: number, time, level: level.toLowerCase(), message, fields };
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text, keepNumber);
  } catch {
    // The message of JSON.parse quotes the line.
    throw new LineError("NOT_JSON", "The line begins as JSON and is not");
  }
}

/** A number that would be written in another way is passed on in its own text. */
function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = typeof value === "number" ? context?.source : undefined;
  return source === undefined || source === String(value) ? value : json.rawJSON(source);
}

/** Reads `2026-05-04T10:00:00Z ERROR the message` word by word, in one pass. */
function read(text: string): Record<string, unknown> {
  const timeEnd = text.search(/\s/);
  const rest = timeEnd > 0 ? text.slice(timeEnd).trimStart() : "";
  const [head, level] = LEVEL.exec(rest) ?? [];
  if (head === undefined) {
    throw new LineError("NOT_AN_ENTRY", "The line must be JSON, or a time, a level and a message");
  }
  return { time: text.slice(0, timeEnd), level, message: rest.slice(head.length).trim() };
}
