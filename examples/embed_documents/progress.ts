import process from "node:process";
import { clearLine, cursorTo } from "node:readline";
import { describeError } from "./errors.ts";
import { formatStages, readTotals, type StageFigures } from "./totals.ts";

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 5_000;
const DEFAULT_COLUMNS = 80;

/** What the library has counted in a run by now, stage by stage. */
export type ReadFigures = () => readonly StageFigures[];

/** Told of what cannot be read from the counts of the stages. */
export interface RunEvents {
  /** There are figures from now on: of a stream while it runs, of lists when they are done. */
  counted(read: ReadFigures): void;
  skipped(path: string, reason: string): void;
  failed(path: string, error: unknown): void;
  /** A file that was stored before is gone, and so are its chunks. */
  deleted(): void;
}

/** How a summary is written. */
export interface SummaryOptions {
  /** Whether each stage gets a line. */
  readonly verbose?: boolean;
  /** The file that lists what failed. */
  readonly errorsFile?: string | undefined;
}

/** Puts together what is known of a run. */
export class Progress implements RunEvents {
  readonly #say: (message: string) => void;
  readonly #now: () => number;
  readonly #startMs: number;
  /** A file whose chunks are in several failed batches is one failed file. */
  readonly #failedPaths = new Set<string>();
  #skipped = 0;
  #deleted = 0;
  #read: ReadFigures | undefined;

  /**
   * @param say Gets one line for each file that is left out.
   * @param now A clock in milliseconds.
   */
  constructor(say: (message: string) => void, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#now = now;
    this.#startMs = now();
  }

  counted(read: ReadFigures): void {
    this.#read = read;
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

  get foundCount(): number {
    return readTotals(this.#read?.()).found;
  }

  get failedCount(): number {
    return this.#failedPaths.size;
  }

  /** The state of things in one line. */
  line(): string {
    const seconds = this.#seconds();
    if (this.#read === undefined) return `no figures yet · ${seconds.toFixed(1)} s`;
    const { found, chunks } = readTotals(this.#read());
    const perSecond = Math.round(chunks / Math.max(seconds, 0.001));
    return `${found} files · ${chunks} chunks · ${perSecond} chunks/s · ${seconds.toFixed(1)} s`;
  }

  /** What the run did, for its end. */
  summary({ verbose = false, errorsFile }: SummaryOptions = {}): string {
    const stages = this.#read?.();
    const { found, embedded, unchanged, chunks } = readTotals(stages);
    return [
      `files    ${found} (${embedded} embedded, ${unchanged} unchanged)`,
      `chunks   ${chunks}`,
      `skipped  ${this.#skipped}`,
      `failed   ${this.failedCount}`,
      `deleted  ${this.#deleted}`,
      `seconds  ${this.#seconds().toFixed(1)}`,
      `memory   ${peakMegabytes()} MB at the peak`,
      ...errorsFile !== undefined && this.failedCount > 0 ? [`errors   ${errorsFile}`] : [],
      ...verbose && stages !== undefined ? ["", formatStages(stages)] : [],
    ].join("\n");
  }

  #seconds(): number {
    return (this.#now() - this.#startMs) / 1000;
  }
}

/** Runs the work with its progress on stderr and, once it has begun, a summary on stdout. */
export async function withProgress(
  work: (progress: Progress) => Promise<void>,
  options: SummaryOptions = {},
): Promise<Progress> {
  const progress = new Progress((message) => display.say(message));
  const display = new ProgressDisplay(process.stderr, () => progress.line());
  try {
    await work(progress);
  } finally {
    display.close();
    if (progress.foundCount > 0) console.log(progress.summary(options));
  }
  return progress;
}

/** The part of `process.stderr` that is needed. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows one line that changes on a terminal, and now and then a plain line elsewhere. */
export class ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #line: () => string;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(stream: ProgressStream, line: () => string) {
    this.#stream = stream;
    this.#line = line;
    this.#timer = setInterval(() => this.draw(), stream.isTTY ? REDRAW_MS : PLAIN_LINE_MS);
  }

  /** Prints a line that stays. */
  say(message: string): void {
    this.#erase();
    this.#stream.write(`${message}\n`);
    if (this.#stream.isTTY) this.draw();
  }

  /** Takes the changing line away. */
  close(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  /** Shows the line as it is now. */
  draw(): void {
    if (!this.#stream.isTTY) {
      this.#stream.write(`${this.#line()}\n`);
      return;
    }
    this.#erase();
    // A line that wraps could not be taken back. Some terminals say that they have no columns.
    this.#stream.write(this.#line().slice(0, (this.#stream.columns || DEFAULT_COLUMNS) - 1));
  }

  #erase(): void {
    if (!this.#stream.isTTY) return;
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
  }
}

function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
