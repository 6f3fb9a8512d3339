import process from "node:process";
import { type Progress, progress } from "@headrace/observe";
import type { ObservedRun, RunHooks } from "@headrace/pipeline";
import { describeError } from "./errors.ts";
import { printable } from "./printable.ts";
import { readTotals } from "./totals.ts";

/** Observes a run, and is called with what cannot be read from the counts of its stages. */
export interface RunEvents {
  /** The observer of the run, in either form. */
  observe(run: ObservedRun): RunHooks;
  skipped(path: string, reason: string): void;
  failed(path: string, error: unknown): void;
  /** How many files have failed. */
  readonly failedCount: number;
  /** A file that was stored before is gone, and so are its chunks. */
  deleted(): void;
}

/** What is reported of a run, and where. */
export interface ReportOptions {
  /** Whether each stage gets a line when the run is over. */
  readonly verbose?: boolean;
  /** The file that lists what failed. */
  readonly errorsFile?: string | undefined;
  /** Takes the progress. @default process.stderr */
  readonly to?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Shows the progress of a run, and sums up what it did. */
export class Report implements RunEvents {
  readonly #options: ReportOptions;
  readonly #startMs: number = performance.now();
  /** A file whose chunks are in several failed batches is one failed file. */
  readonly #failedPaths = new Set<string>();
  #skipped = 0;
  #deleted = 0;
  #progress: Progress | undefined;

  constructor(options: ReportOptions = {}) {
    this.#options = options;
  }

  observe(run: ObservedRun): RunHooks {
    const { verbose = false, to = process.stderr } = this.#options;
    return this.#progress = progress(run, { name: "embed", summary: verbose, to });
  }

  skipped(path: string, reason: string): void {
    this.#skipped++;
    this.#say(`skipped ${path}: ${reason}`);
  }

  failed(path: string, error: unknown): void {
    if (this.#failedPaths.has(path)) return;
    this.#failedPaths.add(path);
    this.#say(`failed ${path}: ${describeError(error)}`);
  }

  deleted(): void {
    this.#deleted++;
  }

  #say(message: string): void {
    this.#progress?.say(printable(message));
  }

  get foundCount(): number {
    return readTotals(this.#progress?.figures().stages).found;
  }

  get failedCount(): number {
    return this.#failedPaths.size;
  }

  /** What the run did, for its end. */
  summary(): string {
    const { errorsFile } = this.#options;
    const { found, embedded, unchanged, chunks } = readTotals(this.#progress?.figures().stages);
    return [
      `files    ${found} (${embedded} embedded, ${unchanged} unchanged)`,
      `chunks   ${chunks}`,
      `skipped  ${this.#skipped}`,
      `failed   ${this.failedCount}`,
      `deleted  ${this.#deleted}`,
      `seconds  ${((performance.now() - this.#startMs) / 1000).toFixed(1)}`,
      `memory   ${Math.round(process.resourceUsage().maxRSS / 1024)} MB at the peak`,
      ...errorsFile !== undefined && this.failedCount > 0
        ? [`errors   ${printable(errorsFile)}`]
        : [],
    ].join("\n");
  }
}

/** Runs the work with its progress on stderr and, once it has begun, a summary on stdout. */
export async function withReport(
  work: (report: Report) => Promise<void>,
  options: ReportOptions = {},
): Promise<Report> {
  const report = new Report(options);
  try {
    await work(report);
  } finally {
    if (report.foundCount > 0) console.log(report.summary());
  }
  return report;
}
