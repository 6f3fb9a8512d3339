import { EmbeddingHttpError, type RefusedTextError } from "@headrace/documents";
import { type DiscoverEvents, SkipFileError } from "@headrace/documents/files";
import type { SqliteDocumentStore } from "@headrace/documents/store";
import { StreamingError } from "@headrace/pipeline";
import type { ErrorReport } from "./error_report.ts";
import { causeOf, describeError, errorCode, FatalError, reasonOf } from "./errors.ts";
import type { RunEvents } from "./report.ts";
import type { RefusalEvents } from "./steps.ts";

/** When an endpoint is down, there is no use in asking it thousands of times. */
export const MAX_FAILED_BATCHES_IN_A_ROW = 5;
/** Wrong key, no access, wrong address or model. */
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([401, 403, 404]);

/** What the library calls a failure without a code of its own. */
const NO_CODE = "STEP_ERROR";

/** An item on which a step has failed. */
export interface Failure {
  readonly item: unknown;
  /** Its position among those that entered the stage, from 0. */
  readonly itemIndex: number;
  /** The key of the stage. */
  readonly key: string;
  readonly error: unknown;
}

/** Where failures go. */
export interface FailureParts {
  readonly store: SqliteDocumentStore;
  readonly events: RunEvents;
  /** Absent where no report is wanted. */
  readonly report?: ErrorReport | undefined;
  /** Ends the run. */
  readonly stop: (reason: unknown) => void;
}

/**
 * What becomes of items on which a stage has failed: the one place that says so. Their files are
 * reported, the items go into the error report, and the run goes on, unless that is pointless.
 */
export class Failures implements DiscoverEvents, RefusalEvents {
  readonly #parts: FailureParts;
  #failedInARow = 0;
  #nextBatch = 0;

  constructor(parts: FailureParts) {
    this.#parts = parts;
  }

  /** Takes a failed item of a run; ends the run where going on is pointless. */
  take({ item, itemIndex, key, error }: Failure): void {
    const paths = pathsOf(item);
    const cause = causeOf(error);
    if (cause instanceof SkipFileError) {
      for (const path of paths) {
        this.#parts.store.deleteDocument(path);
        this.skipped(path, cause.message);
      }
      return;
    }
    // Every file with a chunk in a batch has failed: it is incomplete, and done again next time.
    this.#tell(paths, key, error);
    if (key === "embed") this.#checkEndpoint(itemIndex, error);
  }

  /** For a directory that cannot be walked: the walk is no item, and continues with the next. */
  failed(path: string, error: unknown): void {
    this.#tell([path], "discover", error);
  }

  /** For one text of a batch: the batch goes on without it. */
  refused(path: string, error: RefusedTextError): void {
    this.#tell([path], "embed", error);
  }

  skipped(path: string, reason: string): void {
    this.#parts.events.skipped(path, reason);
  }

  #tell(paths: readonly string[], key: string, error: unknown): void {
    const { events, report, stop } = this.#parts;
    for (const path of paths) events.failed(path, error);
    const { stepName, code, attempts } = detailsOf(key, error);
    try {
      report?.add({ paths, key, stepName, code, message: reasonOf(error), attempts });
    } catch (reason) {
      stop(reason);
    }
  }

  #checkEndpoint(batch: number, error: unknown): void {
    this.#failedInARow = batch === this.#nextBatch ? this.#failedInARow + 1 : 1;
    this.#nextBatch = batch + 1;
    if (isHopeless(error)) {
      this.#stop(describeError(error), error);
    } else if (this.#failedInARow === MAX_FAILED_BATCHES_IN_A_ROW) {
      const what = `${MAX_FAILED_BATCHES_IN_A_ROW} batches in a row failed, the last with`;
      this.#stop(`${what}: ${describeError(error)}`, error);
    }
  }

  #stop(why: string, cause: unknown): void {
    this.#parts.stop(new FatalError(`The run stops: ${why}`, { cause }));
  }
}

/** Whether the next batch would get the same answer. */
export function isHopeless(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof EmbeddingHttpError && HOPELESS_STATUSES.has(cause.status);
}

/** What a step threw comes wrapped; what the walk has met does not, after one attempt. */
function detailsOf(
  key: string,
  error: unknown,
): Pick<StreamingError, "stepName" | "code" | "attempts"> {
  if (error instanceof StreamingError) return error;
  return { stepName: key, code: errorCode(error) || NO_CODE, attempts: 1 };
}

/**
 * The files that an item of any stage is made of: a path, something of one document, or a batch of
 * chunks.
 */
function pathsOf(item: unknown): string[] {
  if (typeof item === "string") return [item];
  if (Array.isArray(item)) return [...new Set(item.flatMap(pathsOf))];
  if (typeof item !== "object" || item === null) return [];
  if ("chunk" in item) return pathsOf(item.chunk);
  return "path" in item ? pathsOf(item.path) : [];
}
