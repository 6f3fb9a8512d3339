import type { FailedItem, StreamingError } from "@headrace/pipeline";
import type { DiscoverEvents } from "./discover.ts";
import type { ErrorReport } from "./error_report.ts";
import { describeError, errorCode, FatalError, reasonOf, SkipFileError } from "./errors.ts";
import type { RunEvents } from "./progress.ts";
import type { VectorStore } from "./store.ts";

/** When an endpoint is down, there is no use in asking it thousands of times. */
const MAX_FAILED_BATCHES_IN_A_ROW = 5;
/** Wrong key, no access, wrong address or model: the next batch would get the same answer. */
const HOPELESS_CODES: ReadonlySet<string> = new Set(["HTTP_401", "HTTP_403", "HTTP_404"]);

/** Who is told of what failed. */
export interface FailureParts {
  readonly store: VectorStore;
  readonly events: RunEvents;
  /** Absent where no report is wanted. */
  readonly report?: ErrorReport | undefined;
}

/**
 * What becomes of items on which a stage has failed: the one place that says so. Their files are
 * reported, the items go into the error report, and the run goes on, unless that is pointless.
 */
export class Failures implements DiscoverEvents {
  readonly #parts: FailureParts;
  #failedInARow = 0;
  #nextBatch = 0;

  constructor(parts: FailureParts) {
    this.#parts = parts;
  }

  /**
   * Takes a failed item of a run.
   *
   * @throws {FatalError} Going on is pointless.
   */
  take({ item, itemIndex, key, error }: FailedItem): void {
    const { store, events } = this.#parts;
    const paths = pathsOf(item);
    if (error.cause instanceof SkipFileError) {
      for (const path of paths) {
        store.deleteDocument(path);
        this.skipped(path, error.cause.message);
      }
      return;
    }
    // Every file with a chunk in a batch has failed: it is incomplete, and done again next time.
    for (const path of paths) events.failed(path, error);
    const { stepName, code, attempts } = error;
    const message = reasonOf(error);
    this.#parts.report?.add({ paths, key, stepName, code, message, attempts });
    if (key === "embed") this.#checkEndpoint(itemIndex, error);
  }

  /** For a directory that cannot be walked: the walk is no item, and goes on with the next. */
  failed(path: string, error: unknown): void {
    this.#parts.events.failed(path, error);
    this.#parts.report?.add({
      paths: [path],
      key: "discover",
      stepName: "discover",
      code: errorCode(error),
      message: reasonOf(error),
      attempts: 1,
    });
  }

  skipped(path: string, reason: string): void {
    this.#parts.events.skipped(path, reason);
  }

  #checkEndpoint(batch: number, error: StreamingError): void {
    this.#failedInARow = batch === this.#nextBatch ? this.#failedInARow + 1 : 1;
    this.#nextBatch = batch + 1;
    if (HOPELESS_CODES.has(error.code)) {
      throw new FatalError(`The run stops: ${describeError(error)}`, { cause: error });
    }
    if (this.#failedInARow === MAX_FAILED_BATCHES_IN_A_ROW) {
      throw new FatalError(
        `The run stops: ${MAX_FAILED_BATCHES_IN_A_ROW} batches in a row failed, the last with: ${
          describeError(error)
        }`,
        { cause: error },
      );
    }
  }
}

/** The files behind an item of any stage: a path, something of one document, or a batch of chunks. */
function pathsOf(item: unknown): string[] {
  if (typeof item === "string") return [item];
  if (Array.isArray(item)) return [...new Set(item.flatMap(pathsOf))];
  if (typeof item !== "object" || item === null) return [];
  if ("chunk" in item) return pathsOf(item.chunk);
  return "path" in item ? pathsOf(item.path) : [];
}
