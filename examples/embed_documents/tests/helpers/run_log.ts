import { type Account, account, type StageFigures } from "@headrace/observe";
import type { ObservedRun, RunHooks } from "@headrace/pipeline";
import { describeError } from "../../errors.ts";
import type { RunEvents } from "../../report.ts";
import { readTotals, type Totals } from "../../totals.ts";

/** The events of one run. Paths are relative to the folder. */
export class RunLog implements RunEvents {
  readonly skippedFiles: Record<string, string> = {};
  readonly failedFiles: Record<string, string> = {};
  deletedCount = 0;
  readonly #folder: string;
  #account: Account | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get stages(): readonly StageFigures[] {
    return this.#account?.figures().stages ?? [];
  }

  get failedCount(): number {
    return Object.keys(this.failedFiles).length;
  }

  get counts(): Totals {
    return readTotals(this.stages);
  }

  observe(run: ObservedRun): RunHooks {
    return this.#account = account(run);
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
