import type { Line } from "./split_lines.ts";

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

/** `2026-05-04T10:00:00Z ERROR the message`; the level may stand in brackets. */
const TEXT_LINE = /^(\S+)\s+\[?(trace|debug|info|warn|warning|error|fatal)\]?:?\s+(.*)$/i;

/** Reads a line of JSON or of plain text. @throws {LineError} */
export function parseLine({ number, text, isTooLong }: Line): LogEntry {
  if (isTooLong) throw new LineError("LINE_TOO_LONG", "The line is too long");
  const { time, level, message, ...fields } = text.startsWith("{") ? readJson(text) : read(text);
  if (typeof time !== "string" || Number.isNaN(Date.parse(time))) {
    throw new LineError("NO_TIME", "The line must have a time, as a text that is a date");
  }
  if (typeof level !== "string") throw new LineError("NO_LEVEL", "The line must have a level");
  if (typeof message !== "string") {
    throw new LineError("NO_MESSAGE", "The line must have a message");
  }
  return { line: number, time, level: level.toLowerCase(), message, fields };
}

function readJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the line.
    throw new LineError("NOT_JSON", "The line begins as JSON and is not");
  }
}

function read(text: string): Record<string, unknown> {
  const [, time, level, message] = TEXT_LINE.exec(text) ?? [];
  if (time === undefined) {
    throw new LineError("NOT_AN_ENTRY", "The line must be JSON, or a time, a level and a message");
  }
  return { time, level, message };
}
