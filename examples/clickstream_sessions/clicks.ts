import { FormatError, lines, type NumberedLine } from "@headrace/formats/lines";
import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import { readTime } from "./read_time.ts";

const MAX_LENGTH = 1_000_000;

/** A line that is not blank, or why it could not be read. */
export type Line = NumberedLine | FormatError;

/** Bad lines come out among the others, so that each line is counted and has its number. */
const INLINE = { skipBlank: true, numbered: true, badRecords: "emit" } as const;

/** A visitor has opened a page. */
export interface Click {
  readonly user: string;
  readonly page: string;
  /** When it happened, which is not when it was read: milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A line that is no click. It says why, and nothing of what is in the line. */
export class LineError extends Error {
  override readonly name = "LineError";
  /** A stable name of the failure. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Which clicks are taken. */
export interface ClickRules {
  /** What is later is a bad line, in milliseconds since the Unix epoch. Nothing is by default. */
  readonly latestMs?: number;
  /** A click that is one of so many before is dropped: it was sent twice. None is by default. */
  readonly rememberedClicks?: number;
}

/** Reads clicks from the bytes of NDJSON. Bad lines go to the run's error channel. */
export function readClicks(
  { latestMs = Infinity, rememberedClicks = 0 }: ClickRules,
): StreamingPipeline<Uint8Array, Click, unknown> {
  const parse = (line: Line): Click => {
    const click = parseClick(line);
    if (click.at <= latestMs) return click;
    throw new LineError("IN_FUTURE", "A click must not be in the future");
  };
  const clicks = StreamingPipeline.start<Uint8Array>()
    .use("lines", lines({ maxLength: MAX_LENGTH, ...INLINE }))
    .map("clicks", parse, { errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS });
  if (rememberedClicks === 0) return clicks;
  return clicks.distinct("new", { by: formatClick, window: rememberedClicks });
}

/** The number of a line in the input, from 1. */
export function numberOf(line: Line): number {
  return line instanceof FormatError ? line.record : line.number;
}

/** Writes a click as the line that it is read from. */
export function formatClick({ user, page, at }: Click): string {
  return JSON.stringify({ user, page, at: new Date(at).toISOString() });
}

function parseClick(line: Line): Click {
  if (line instanceof FormatError) throw line;
  const { user, page, at } = readJson(line.text);
  if (typeof user !== "string") throw new LineError("NO_USER", "A click must have a user");
  if (typeof page !== "string") throw new LineError("NO_PAGE", "A click must have a page");
  const milliseconds = typeof at === "string" ? readTime(at) : undefined;
  if (milliseconds === undefined) {
    throw new LineError("NO_TIME", "A click must have a time of RFC 3339, with its zone");
  }
  return { user, page, at: milliseconds };
}

function readJson(text: string): Partial<Record<keyof Click, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the line.
    throw new LineError("NOT_JSON", "The line must be JSON");
  }
  return typeof value === "object" && value !== null ? value : {};
}
