import { describeError } from "../../errors.ts";
import type { ReadFigures, RunEvents } from "../../progress.ts";
import { readTotals, type StageFigures, type Totals } from "../../totals.ts";

/** What one run told of. Paths are relative to the folder. */
export class RunLog implements RunEvents {
  readonly skippedFiles: Record<string, string> = {};
  readonly failedFiles: Record<string, string> = {};
  deletedCount = 0;
  readonly #folder: string;
  #read: ReadFigures | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get stages(): readonly StageFigures[] {
    return this.#read?.() ?? [];
  }

  get counts(): Totals {
    return readTotals(this.stages);
  }

  counted(read: ReadFigures): void {
    this.#read = read;
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
