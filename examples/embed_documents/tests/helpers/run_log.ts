import { describeError } from "../../errors.ts";
import type { RunEvents, RunFigures } from "../../progress.ts";
import { readTotals, type Totals } from "../../totals.ts";

/** What one run told of. Paths are relative to the folder. */
export class RunLog implements RunEvents {
  readonly skippedFiles: Record<string, string> = {};
  readonly failedFiles: Record<string, string> = {};
  deletedCount = 0;
  run: RunFigures | undefined;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get counts(): Totals {
    return readTotals(this.run?.metadata());
  }

  started(run: RunFigures): void {
    this.run = run;
  }
  skipped(path: string, reason: string): void {
    this.skippedFiles[this.#relative(path)] = reason;
  }
  failed(path: string, error: unknown): void {
    this.failedFiles[this.#relative(path)] = describeError(error);
  }
  deleted(): void {
    this.deletedCount++;
  }

  #relative(path: string): string {
    return path.slice(this.#folder.length + 1);
  }
}
