import { discoverFiles, readTextFile, SkipFileError } from "@headrace/documents/files";
import type { SqliteDocumentStore, StoreSummary } from "@headrace/documents/store";
import { StreamingPipeline } from "@headrace/pipeline";
import { existsSync, lstatSync } from "node:fs";
import { cleanDocument } from "./clean.ts";
import { errorCode, FatalError } from "./errors.ts";
import { type LastRun, readLastRun } from "./last_run.ts";
import { createPathMatcher, DEFAULT_PATTERN } from "./matcher.ts";
import { openDatabase } from "./open_database.ts";
import { splitDocument } from "./split.ts";
import { settingsOf } from "./steps.ts";

/** What to look at; folder and pattern are those of the last run where they are absent. */
export interface StatusOptions {
  /** Absolute path. */
  readonly database: string;
  readonly folder?: string | undefined;
  readonly pattern?: string | undefined;
}

/** What the disk has, held against what the database has. */
export interface DiskStatus {
  readonly folder: string;
  readonly pattern: string;
  readonly unchangedCount: number;
  /** Absolute paths of files that the next run would embed, and of which there is nothing yet. */
  readonly added: readonly string[];
  /** … of which there is something else; or not all, where a run has ended in the middle. */
  readonly changed: readonly string[];
  /** … that are stored, and gone from the disk or without anything to embed. */
  readonly gone: readonly string[];
  /** … that have nothing to embed. */
  readonly skipped: readonly string[];
  /** … that cannot be read. */
  readonly unreadable: readonly string[];
}

/** All that `status` shows. */
export interface Status {
  readonly database: string;
  readonly summary: StoreSummary;
  /** What decides now, besides its bytes, what is stored of a file. */
  readonly settings: string;
  readonly incomplete: readonly string[];
  readonly lastRun: LastRun | undefined;
  /** `undefined` where neither the options nor a run name a folder. */
  readonly disk: DiskStatus | undefined;
}

type Kind = "unchanged" | "added" | "changed" | "skipped" | "unreadable";

/**
 * Looks at a database and at the files that it is about. Nothing is written, nothing embedded.
 *
 * @throws {FatalError} There is no database, or no such folder.
 */
export async function readStatus(options: StatusOptions, signal: AbortSignal): Promise<Status> {
  const { database } = options;
  using store = openDatabase(database);
  const summary = store.summary();
  const lastRun = readLastRun(store);
  const folder = options.folder ?? lastRun?.folder;
  const pattern = options.pattern ?? lastRun?.pattern ?? DEFAULT_PATTERN;
  const settings = settingsOf(summary.model, lastRun?.endOfText ?? "");
  const disk = folder === undefined
    ? undefined
    : await compareDisk(store, { folder, pattern, settings, signal });
  return { database, summary, settings, incomplete: store.incomplete(), lastRun, disk };
}

interface Comparison {
  readonly folder: string;
  readonly pattern: string;
  readonly settings: string;
  readonly signal: AbortSignal;
}

async function compareDisk(
  store: SqliteDocumentStore,
  { folder, pattern, settings, signal }: Comparison,
): Promise<DiskStatus> {
  const matches = createPathMatcher(folder, pattern);
  if (!existsSync(folder)) {
    throw new FatalError(`The folder "${folder}" does not exist; name another: status <folder>`);
  }
  const found: Record<Kind, string[]> = {
    unchanged: [],
    added: [],
    changed: [],
    skipped: [],
    unreadable: [],
  };
  const kindOf = async (path: string): Promise<Kind> => {
    try {
      const file = await readTextFile(path, settings, signal);
      if (store.isUnchanged(path, file.hash)) return "unchanged";
      // Throws where there is no text.
      for await (const _chunk of splitDocument(cleanDocument(file), signal)) break;
      return store.has(path) ? "changed" : "added";
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof SkipFileError ? "skipped" : "unreadable";
    }
  };
  await StreamingPipeline.start<string>()
    .map("kind", async (path) => ({ path, kind: await kindOf(path) }), { concurrencyLimit: 10 })
    .executeForEach(
      discoverFiles({ folder, pattern }),
      ({ path, kind }) => void found[kind].push(path),
      { signal },
    );
  // What is left out now, by an ignore file or as a link, stays stored.
  const skipped = new Set(found.skipped);
  const gone = [...store.paths()].filter((path) =>
    matches(path) && (skipped.has(path) || isGone(path))
  );
  for (const paths of Object.values(found)) paths.sort();
  const { unchanged, ...others } = found;
  return { folder, pattern, ...others, gone, unchangedCount: unchanged.length };
}

/** As `forgetGone` takes it: a folder that cannot be read has lost nothing. */
function isGone(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true;
  } catch (error) {
    return errorCode(error) === "ENOTDIR";
  }
}
