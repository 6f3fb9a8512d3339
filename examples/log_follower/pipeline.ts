import { StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import { type Chunk, QUIET } from "./follow_file.ts";
import { joinTraces } from "./join_traces.ts";
import { type LogEntry, parseLine } from "./parse_line.ts";
import { parseExactly } from "./read_json.ts";
import { splitLines, type SplitOptions } from "./split_lines.ts";

const MAX_LINE_LENGTH = 1_000_000;
const MAX_ALERT_CHARS = 4_000_000;
const ENTRIES_BEFORE = 3;
const MAX_CHARS_BEFORE = 200;
const ERROR_LEVELS: ReadonlySet<string> = new Set(["error", "fatal"]);

/** An error of the log, with what helps to understand it. */
export interface EnrichedError extends Omit<LogEntry, "fields"> {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The entries right before it, the last one last, shortened. */
  readonly before: readonly string[];
}

/** What is sent when errors have come together. */
export interface Alert {
  /** The same each time that the alert is tried, also after a restart. */
  readonly id: string;
  readonly host: string;
  readonly file: string;
  readonly errors: readonly EnrichedError[];
}

/** Where the log comes from. */
export type Origin = Pick<Alert, "host" | "file">;

/** What has passed. */
export interface LineCounts {
  lines: number;
  errors: number;
}

/** How errors become alerts. */
export interface AlertOptions extends Origin, Omit<SplitOptions, "maxLength"> {
  readonly counts: LineCounts;
  /** Called with each alert that is made, before it comes out. */
  readonly onAlert: () => void;
  /** The most errors in one alert. */
  readonly size: number;
  /** How long an error waits for others, in milliseconds. */
  readonly maxWaitMs: number;
}

/**
 * An entry, after those before it. Plain values only: it is a part of what a restart goes on from.
 */
interface Recent {
  readonly entry: LogEntry;
  readonly before: readonly string[];
}

/**
 * From the bytes of a log to alerts. Lines that are not entries of a log (`entries`) go to the run's
 * error channel.
 */
export function createAlerts(
  { size, maxWaitMs, leavesRest, counts, onAlert, ...origin }: AlertOptions,
): StreamingPipeline<Chunk, Alert, unknown, Origin> {
  const errorStrategy = StreamingErrorStrategy.SPLIT_ERRORS;
  return StreamingPipeline.start<Chunk, Origin>(() => origin)
    .transform("lines", splitLines({ maxLength: MAX_LINE_LENGTH, leavesRest }))
    .tap("lines seen", (line) => {
      if (line !== QUIET) counts.lines++;
    })
    .transform("records", joinTraces({ maxLength: MAX_LINE_LENGTH }))
    .map("entries", parseLine, { errorStrategy })
    .scan("recent", keepRecent, undefined)
    // The cast: there is one for each entry.
    .map("recent entries", (recent) => recent as Recent)
    .filter("errors", ({ entry }) => ERROR_LEVELS.has(entry.level))
    .tap("errors seen", () => counts.errors++)
    // Errors can be as long as lines can, so their number alone does not bound an alert.
    .batch("batches", { size, maxWaitMs, maxWeight: MAX_ALERT_CHARS, weigh: countChars })
    .map("alerts", (errors, _index, { context }): Alert => {
      onAlert();
      return { id: crypto.randomUUID(), ...context, errors: errors.map(enrich) };
    });
}

/** The entry, after those before it. */
function keepRecent(recent: Recent | undefined, entry: LogEntry): Recent {
  if (recent === undefined) return { entry, before: [] };
  const { entry: { time, level, message }, before } = recent;
  const last = `${time === undefined ? "" : `${time} `}${level} ${message}`;
  return { entry, before: [...before.slice(1 - ENTRIES_BEFORE), last.slice(0, MAX_CHARS_BEFORE)] };
}

function enrich({ entry, before }: Recent): EnrichedError {
  return { ...entry, fields: parseExactly(entry.fields), before };
}

function countChars(recent: Recent): number {
  return JSON.stringify(recent).length;
}
