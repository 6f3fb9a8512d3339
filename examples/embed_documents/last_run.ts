import type { SqliteDocumentStore } from "@headrace/documents/store";
import { FatalError } from "./errors.ts";
import { openDatabase } from "./open_database.ts";
import type { EmbedRequest } from "./steps.ts";

const NOTE = "last run";

/** What a run is about, kept for the next one. */
export interface RunRequest extends EmbedRequest {
  readonly endOfText: string;
}

/** How a run went, as the database remembers it. */
export interface LastRun extends RunRequest {
  /** What decided, besides its bytes, what was stored of a file. */
  readonly settings: string;
  /** `running` also of one that was killed: then nothing was left to say how it ended. */
  readonly outcome: "running" | "complete" | "stopped" | "failed";
  /** As `Date.toISOString` gives it. */
  readonly startedAt: string;
  /** Absent while it runs, and of one that was killed. */
  readonly endedAt?: string;
  /** How many files have failed. */
  readonly failedCount?: number;
}

/** The last run into this database, if any has begun. */
export function readLastRun(store: SqliteDocumentStore): LastRun | undefined {
  const note = store.note(NOTE);
  return note === undefined ? undefined : JSON.parse(note);
}

/** Notes that a run begins; what is returned notes how it has ended. */
export function noteRun(
  store: SqliteDocumentStore,
  { folder, pattern, endOfText }: RunRequest,
  settings: string,
): (outcome: LastRun["outcome"], failedCount: number) => void {
  const run: LastRun = {
    ...{ folder, pattern, endOfText, settings },
    outcome: "running",
    startedAt: new Date().toISOString(),
  };
  store.setNote(NOTE, JSON.stringify(run));
  return (outcome, failedCount) =>
    store.setNote(
      NOTE,
      JSON.stringify({ ...run, outcome, failedCount, endedAt: new Date().toISOString() }),
    );
}

/**
 * What the last run into a database was about.
 *
 * @throws {FatalError} There is no database, or no run has begun.
 */
export function lastRequest(database: string): RunRequest {
  using store = openDatabase(database);
  const run = readLastRun(store);
  if (run !== undefined) {
    const { folder, pattern, endOfText } = run;
    return { folder, pattern, endOfText };
  }
  throw new FatalError(`No run is noted in "${database}"; name the folder: embed <folder>`);
}
