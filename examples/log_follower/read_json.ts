import { type Level, levelOf, levelOfNumber } from "./levels.ts";
import { LineError } from "./line_error.ts";
import type { Found } from "./parse_line.ts";
import { readEpoch, readTime } from "./read_time.ts";

/** Has no types yet. */
const json = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** Under which names loggers have it: pino, winston, bunyan, zap, logrus, log4j, ECS, Google Cloud. */
const TIMES = ["time", "timestamp", "@timestamp", "ts", "datetime", "asctime", "instant"];
const LEVELS = ["level", "severity", "log.level", "levelname", "lvl", "log"];
const MESSAGES = ["message", "msg"];
const TRACES = ["stack", "stack_trace", "stacktrace", "exc_info", "error.stack_trace"];
/** Those of errors, whose stack is inside. */
const ERRORS = ["err", "error", "exception", "thrown"];

type Fields = Record<string, unknown>;

/** Reads an entry of JSON; `seenAt` is its time where it has none. @throws {LineError} */
export function readJson(text: string, seenAt: string | undefined): Found {
  const fields = parse(text);
  const time = take(fields, TIMES, toTime) ?? seenAt;
  if (time === undefined) throw new LineError("NO_TIME", "The line must have a time");
  const level = take(fields, LEVELS, toLevel);
  if (level === undefined) throw new LineError("NO_LEVEL", "The line must have a level");
  const message = take(fields, MESSAGES, toText);
  if (message === undefined) throw new LineError("NO_MESSAGE", "The line must have a message");
  const trace = take(fields, TRACES, toText) ?? findStack(fields);
  return {
    time,
    level,
    message,
    ...(trace !== undefined && { trace }),
    fields: JSON.stringify(fields),
  };
}

/** An object of JSON. Numbers that would be written in another way stay in their own text. */
export function parseExactly(text: string): Fields {
  return JSON.parse(text, keepNumber);
}

function parse(text: string): Fields {
  try {
    return parseExactly(text);
  } catch {
    // The message of JSON.parse quotes the line.
    throw new LineError("NOT_JSON", "The line begins as JSON and is not");
  }
}

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = typeof value === "number" ? context?.source : undefined;
  return source === undefined || source === String(value) ? value : json.rawJSON(source);
}

/** Takes the first of these fields that is what is looked for out of the others. */
function take<T>(
  fields: Fields,
  names: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? read(fields[name]) : undefined;
    if (value === undefined) continue;
    delete fields[name];
    return value;
  }
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function toTime(value: unknown): string | undefined {
  const number = toNumber(value);
  if (number !== undefined) return readEpoch(number);
  if (typeof value === "string") return readTime(value) === value ? value : undefined;
  const { epochSecond } = Object(value) as { readonly epochSecond?: unknown };
  return typeof epochSecond === "number" ? readEpoch(epochSecond) : undefined;
}

function toLevel(value: unknown): Level | undefined {
  if (typeof value === "number") return levelOfNumber(value);
  if (typeof value === "string") return levelOf(value);
  const { level } = Object(value) as { readonly level?: unknown };
  return typeof level === "string" ? levelOf(level) : undefined;
}

/** Also of a number that is kept in its own text. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const { rawJSON } = Object(value) as { readonly rawJSON?: unknown };
  return typeof rawJSON === "string" ? Number(rawJSON) : undefined;
}

/** It stays in its field as well, beside the type and the code of the error. */
function findStack(fields: Fields): string | undefined {
  for (const name of ERRORS) {
    const error = Object.hasOwn(fields, name) ? Object(fields[name]) as Fields : {};
    const stack = error.stack ?? error.stack_trace ?? error.extendedStackTrace;
    if (typeof stack === "string") return stack;
  }
}
