import type { Embedder } from "@headrace/documents";
import { forgetGone, SqliteDocumentStore } from "@headrace/documents/store";
import { stat } from "node:fs/promises";
import { type CallOptions, patientCalls } from "./calls.ts";
import { ErrorReport, requireReplaceable } from "./error_report.ts";
import { describeError, errorCode, FatalError } from "./errors.ts";
import { Failures } from "./failures.ts";
import { noteRun } from "./last_run.ts";
import { createMatcher } from "./matcher.ts";
import { createPipeline } from "./pipeline.ts";
import type { RunEvents } from "./report.ts";
import { type EmbedRequest, EmbedSteps } from "./steps.ts";

/** What to embed, and into which file. */
export interface EmbedFolderOptions extends EmbedRequest {
  /** Path of the database; made when it is missing. */
  readonly database: string;
  /** Appended to each text before it is embedded; empty for none. */
  readonly endOfText: string;
  /** Gets one line for each failed item; absent where none is wanted. */
  readonly errorsFile?: string | undefined;
  /** How the embedder is called. @default patientCalls() */
  readonly calls?: CallOptions;
}

/**
 * Embeds what is new or changed in a folder, and then forgets what is gone from it.
 *
 * @throws {FatalError} The folder or the database cannot be used, or going on is pointless.
 */
export async function embedFolder(
  { folder, pattern, database, endOfText, errorsFile, calls = patientCalls() }: EmbedFolderOptions,
  embedder: Embedder,
  events: RunEvents,
  signal: AbortSignal,
): Promise<void> {
  const matches = createMatcher(pattern);
  await checkFolder(folder);
  if (errorsFile !== undefined) requireReplaceable(errorsFile, { folder, pattern, database });
  using store = new SqliteDocumentStore(database, embedder.model);
  using report = errorsFile === undefined ? undefined : new ErrorReport(errorsFile);
  const end = new AbortController();
  const stop = (reason: unknown) => end.abort(reason);
  const failures = new Failures({ store, events, report, stop });
  const steps = new EmbedSteps({ store, embedder, endOfText, events: failures });
  const noteEnd = noteRun(store, { folder, pattern, endOfText }, steps.settings);
  try {
    // Nothing is left to do with a completed file.
    await createPipeline(steps, calls).executeForEach({ folder, pattern }, () => {}, {
      signal: AbortSignal.any([signal, end.signal]),
      errorsTo: (failed) => failures.take(failed),
      observer: (run) => events.observe(run),
    });
    // A folder that went away as a whole was unmounted rather than emptied file by file.
    await checkFolder(folder);
    await forgetGone({ store, folder, matches, deleted: () => events.deleted(), signal });
    noteEnd("complete", events.failedCount);
  } catch (error) {
    noteEnd(signal.aborted ? "stopped" : "failed", events.failedCount);
    throw error;
  }
}

async function checkFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    const reason = errorCode(error) === "ENOENT" ? "it does not exist" : describeError(error);
    throw new FatalError(`Cannot embed the folder "${folder}": ${reason}`);
  }
  throw new FatalError(`Cannot embed the folder "${folder}": it is not a folder`);
}
