import { type RetryOptions, StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import type { FILE_START } from "./follow_file.ts";
import { type LogEntry, parseLine } from "./parse_line.ts";
import { splitLines } from "./split_lines.ts";

const MAX_LINE_LENGTH = 1_000_000;
const MAX_ALERT_CHARS = 4_000_000;
const ENTRIES_BEFORE = 3;
const MAX_CHARS_BEFORE = 200;
const ERROR_LEVELS: ReadonlySet<string> = new Set(["error", "fatal"]);

/** An error of the log, with what helps to understand it. */
export interface EnrichedError extends LogEntry {
  /** The entries right before it, the last one last, shortened. */
  readonly before: readonly string[];
}

/** What is sent when errors have come together. */
export interface Alert {
  /** The same each time that the alert is tried. */
  readonly id: string;
  readonly host: string;
  readonly file: string;
  readonly errors: readonly EnrichedError[];
}

/** Where the log comes from. */
export type Origin = Pick<Alert, "host" | "file">;

/** Takes an alert; what it throws is tried again where that can help. */
export type SendAlert = (alert: Alert, signal: AbortSignal) => unknown;

/** How errors become alerts. */
export interface AlertOptions extends Origin {
  /** The most errors in one alert. */
  readonly size: number;
  /** How long an error waits for others, in milliseconds. */
  readonly maxWaitMs: number;
  readonly send: SendAlert;
  /** How an alert that was not taken is tried again. */
  readonly retry: RetryOptions;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}

/**
 * From the bytes of a log to the alerts that were taken. Lines that are not entries of a log
 * (`entries`), and alerts that nobody took (`sent`), go to the run's error channel.
 */
export function createAlerts(
  { size, maxWaitMs, send, retry, timeoutMs, ...origin }: AlertOptions,
): StreamingPipeline<Uint8Array | typeof FILE_START, Alert, unknown, Origin> {
  const errorStrategy = StreamingErrorStrategy.SPLIT_ERRORS;
  return StreamingPipeline.start<Uint8Array | typeof FILE_START, Origin>(() => origin)
    .transform("lines", splitLines(MAX_LINE_LENGTH))
    .map("entries", parseLine, { errorStrategy })
    .scan("recent", keepRecent, [])
    .filter("errors", (recent) => ERROR_LEVELS.has(recent.at(-1)!.level))
    .map("enriched", enrich)
    // Errors can be as long as lines can, so their number alone does not bound an alert.
    .batch("batches", { size, maxWaitMs, maxWeight: MAX_ALERT_CHARS, weigh: countChars })
    .map("alerts", (errors, _index, { context }): Alert => {
      return { id: crypto.randomUUID(), ...context, errors };
    })
    .map("sent", async (alert, _index, { signal }) => {
      await send(alert, signal);
      return alert;
    }, { retry, timeoutMs, errorStrategy });
}

/** The entry, behind those before it. */
function keepRecent(recent: readonly LogEntry[], entry: LogEntry): readonly LogEntry[] {
  return [...recent.slice(-ENTRIES_BEFORE), entry];
}

function enrich(recent: readonly LogEntry[]): EnrichedError {
  const before = recent.slice(0, -1).map(({ time, level, message }) => {
    return `${time} ${level} ${message}`.slice(0, MAX_CHARS_BEFORE);
  });
  return { ...recent.at(-1)!, before };
}

function countChars(error: EnrichedError): number {
  return JSON.stringify(error).length;
}
