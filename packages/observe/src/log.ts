import type { ObservedRun, StreamingError } from "@headrace/pipeline";
import type { Account } from "./account.ts";
import { clock, repeat } from "./_clock.ts";
import { codeOf, describeFailure } from "./_failure.ts";
import type { RunFigures, StageFigures } from "./figures.ts";
import {
  readCount,
  readMs,
  requireChoice,
  requireKnown,
  requireRun,
  requireType,
  show,
} from "./_options.ts";
import { noteRejection } from "./_output.ts";
import { RunView } from "./_run_view.ts";

const SUBJECT = "Cannot log a run";
const LEVELS = ["debug", "info", "warn", "error"] as const;
const DEFAULT_MAX_ITEM_RECORDS = 100;

/**
 * How much a record matters, the least first.
 *
 * @category Log
 */
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * The figures of a stage in a record.
 *
 * @category Log
 */
export interface LogStage {
  /** The stage's key. */
  readonly key: string;
  /** How many items have entered. */
  readonly inputCount: number;
  /** How many items have come out. */
  readonly outputCount: number;
  /** How many its own rule has dropped. */
  readonly droppedCount: number;
  /** How many have failed. */
  readonly errorCount: number;
  /** How many were given up. */
  readonly abandonedCount: number;
  /** How many attempts beyond the first were made. */
  readonly retryCount: number;
  /** How many are in progress or wait; absent when the run is over. */
  readonly inFlightCount?: number;
  /** What it waits for; absent while it works, and when the run is over. */
  readonly stalledOn?: "upstream" | "downstream";
  /** Half of its calls took no longer, in milliseconds; absent where none was timed. */
  readonly p50DurationMs?: number;
  /** 95 % of its calls took no longer, in milliseconds; absent where none was timed. */
  readonly p95DurationMs?: number;
  /** How many items have failed, by code; absent where none has. */
  readonly codes?: Readonly<Record<string, number>>;
}

/**
 * One thing that has happened, as data that JSON has a form for. Nothing in it is of an item.
 *
 * @category Log
 */
export interface LogRecord {
  /** When, as RFC 3339 has it. */
  readonly time: string;
  /** How much it matters. */
  readonly level: LogLevel;
  /** What it is. */
  readonly event: "run.started" | "run.progress" | "run.ended" | "item.retried" | "item.failed";
  /** What the run is called. */
  readonly run: string;
  /** The trace that the run is part of. */
  readonly traceId: string;
  /** How the run stands, of records of a run. */
  readonly status?: RunFigures["status"];
  /** Milliseconds since the first pull, of records of a run. */
  readonly durationMs?: number;
  /** How many items have come out, of records of a run. */
  readonly outputCount?: number;
  /** The stages, of records of a run that has begun. */
  readonly stages?: readonly LogStage[];
  /** How many records of items were left out, where there were too many. */
  readonly leftOut?: number;
  /** The key of the stage, of records of an item. */
  readonly key?: string;
  /** The position of the item among those that entered the stage, from 0. */
  readonly itemIndex?: number;
  /** The number of the attempt that begins, or how many there were. */
  readonly attempts?: number;
  /** Whether another attempt could succeed. */
  readonly retryable?: boolean;
  /** The stage's span, of records of an item that has failed. */
  readonly spanId?: string;
  /** The code of what has failed. */
  readonly code?: string;
  /** What has failed, in a sentence. */
  readonly message?: string;
}

/**
 * Options of {@linkcode log}.
 *
 * @category Log
 */
export interface LogOptions {
  /** Takes each record, and is not waited for. After it has thrown or rejected it is not called again. */
  readonly write: (record: LogRecord) => unknown;
  /** The least that is written. @default {"info"} */
  readonly level?: LogLevel | undefined;
  /** What the run is called. @default {"run"} */
  readonly name?: string | undefined;
  /** The time between two records of the figures, in milliseconds. None by default. */
  readonly everyMs?: number | undefined;
  /**
   * How many records of items a stage has at most: a non-negative integer. The rest are counted in the
   * record of the end. @default {100}
   */
  readonly maxItemRecords?: number | undefined;
}

/**
 * The log of a run.
 *
 * @category Log
 */
export interface Log extends Account {
  /** Resolves when the run is over and all is written; rejects with what `write` has thrown. */
  readonly done: Promise<void>;
}

/**
 * Logs a run in structured records: its beginning (`info`), each attempt that follows a failed one
 * (`debug`), each item that has failed (`warn`), its figures at an interval, and its end: `info`, `warn`
 * where it was aborted, `error` where it has failed. Failures are reported by stage, position and code; nothing
 * of an item is in a record.
 *
 * @param run A run, or what an observer gets: `{ observer: (run) => log(run, { write }) }`. Only as an
 * observer it also gets single items.
 * @param options Where records go, and which.
 * @throws {TypeError | RangeError} If `run` is no run, or an option is not valid.
 * @category Log
 *
 * @example What has failed
 * ```ts
 * import { log, type LogRecord } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const records: LogRecord[] = [];
 * await StreamingPipeline.start<string>()
 *   .map("parsed", (text) => JSON.parse(text) as number, { errorStrategy: "SKIP_FAILED" })
 *   .executeToArray(["1", "two"], {
 *     observer: (run) => log(run, { write: (record) => records.push(record), level: "warn" }),
 *   });
 *
 * const [failed] = records;
 * assertEquals([failed?.event, failed?.key, failed?.itemIndex], ["item.failed", "parsed", 1]);
 * ```
 */
export function log(run: ObservedRun, options: LogOptions): Log {
  requireRun(SUBJECT, run);
  requireKnown(SUBJECT, options, ["write", "level", "name", "everyMs", "maxItemRecords"]);
  const { write, level, name, everyMs } = options;
  if (typeof write !== "function") {
    throw new TypeError(`${SUBJECT}: write must be a function, got ${show(write)}`);
  }
  requireChoice(SUBJECT, "level", level, LEVELS);
  requireType(SUBJECT, "name", name, "string");
  return new RunLog(run, {
    write,
    least: LEVELS.indexOf(level ?? "info"),
    name: name ?? "run",
    everyMs: everyMs === undefined ? undefined : readMs(SUBJECT, "everyMs", everyMs, everyMs),
    maxItemRecords: readCount(
      SUBJECT,
      "maxItemRecords",
      options.maxItemRecords,
      DEFAULT_MAX_ITEM_RECORDS,
    ),
  });
}

/** Options with their defaults. */
interface Settings {
  readonly write: (record: LogRecord) => unknown;
  /** The position of the least level that is written. */
  readonly least: number;
  readonly name: string;
  readonly everyMs: number | undefined;
  readonly maxItemRecords: number;
}

class RunLog implements Log {
  readonly done: Promise<void>;
  readonly stage: Account["stage"];
  readonly #settings: Settings;
  readonly #view: RunView;
  readonly #itemRecords = new Map<string, number>();
  #leftOut = 0;
  #failure: { readonly thrown: unknown } | undefined;

  constructor(run: ObservedRun, settings: Settings) {
    this.#settings = settings;
    this.#view = new RunView(run, {
      failed: (key, error) => this.#writeFailed(key, error),
      retried: (key, error, attempts, itemIndex) => {
        this.#writeItem("debug", "item.retried", { key, itemIndex, attempts, code: codeOf(error) });
      },
    });
    this.stage = this.#view.stage;
    this.#write("info", "run.started", { status: run.metadata().status });
    const stop = settings.everyMs === undefined
      ? () => {}
      : repeat(() => this.#writeProgress(), settings.everyMs);
    this.done = run.ended.then(() => {
      stop();
      this.#writeEnd();
      if (this.#failure !== undefined) throw this.#failure.thrown;
    });
    // A log that fails must not end a program that does not look at it.
    this.done.catch(() => {});
  }

  figures(): RunFigures {
    return this.#view.read();
  }

  #writeFailed(key: string, error: StreamingError): void {
    const { itemIndex, attempts, retryable, spanId, message } = error;
    const position = itemIndex === undefined ? {} : { itemIndex };
    const code = codeOf(error);
    const details = { key, ...position, attempts, retryable, spanId, code, message };
    this.#writeItem("warn", "item.failed", details);
  }

  #writeItem(level: LogLevel, event: LogRecord["event"], details: Partial<LogRecord>): void {
    if (LEVELS.indexOf(level) < this.#settings.least) return;
    const { key = "" } = details;
    const written = this.#itemRecords.get(key) ?? 0;
    if (written >= this.#settings.maxItemRecords) return void this.#leftOut++;
    this.#itemRecords.set(key, written + 1);
    this.#write(level, event, details);
  }

  #writeProgress(): void {
    const figures = this.#view.read();
    if (figures.status === "running") this.#write("info", "run.progress", describeRun(figures));
  }

  #writeEnd(): void {
    const figures = this.#view.read();
    const { status, error } = figures;
    const level = status === "failed" ? "error" : status === "aborted" ? "warn" : "info";
    this.#write(level, "run.ended", {
      ...describeRun(figures),
      ...(this.#leftOut > 0 && { leftOut: this.#leftOut }),
      ...(level !== "info" && { code: codeOf(error), message: describeFailure(error) }),
    });
  }

  #fail(thrown: unknown): void {
    this.#failure ??= { thrown };
  }

  #write(level: LogLevel, event: LogRecord["event"], details: Partial<LogRecord>): void {
    if (this.#failure !== undefined || LEVELS.indexOf(level) < this.#settings.least) return;
    const { write, name: run } = this.#settings;
    const { traceId } = this.#view.run;
    try {
      const time = new Date(clock.wallTime()).toISOString();
      const written = write({ time, level, event, run, traceId, ...details });
      noteRejection(written, (thrown) => this.#fail(thrown));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }
}

function describeRun({ status, durationMs, outputCount, stages }: RunFigures): Partial<LogRecord> {
  const isOver = status !== "running";
  return {
    status,
    durationMs,
    outputCount,
    stages: stages.map((stage) => describe(stage, isOver)),
  };
}

function describe(stage: StageFigures, isOver: boolean): LogStage {
  const { timing, codes, stalledOn } = stage;
  return {
    key: stage.key,
    inputCount: stage.inputCount,
    outputCount: stage.outputCount,
    droppedCount: stage.droppedCount,
    errorCount: stage.errorCount,
    abandonedCount: stage.abandonedCount,
    retryCount: stage.retryCount,
    ...(!isOver && { inFlightCount: stage.inFlightCount }),
    ...(stalledOn !== undefined && { stalledOn }),
    ...(timing.p50DurationMs !== undefined && { p50DurationMs: timing.p50DurationMs }),
    ...(timing.p95DurationMs !== undefined && { p95DurationMs: timing.p95DurationMs }),
    ...(codes.size > 0 && { codes: Object.fromEntries(codes) }),
  };
}
