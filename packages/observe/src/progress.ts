import type { ObservedRun, RunHooks } from "@headrace/pipeline";
import { repeat } from "./_clock.ts";
import { Estimate } from "./_estimate.ts";
import { readCount, readMs, requireKnown, requireRun, requireType, show } from "./_options.ts";
import { canRedraw, resolveOutput, sizeOf, type TextOutput, wantsColor } from "./_output.ts";
import type { Account } from "./account.ts";
import { RunView } from "./_run_view.ts";
import type { RunFigures, StageFigures } from "./figures.ts";
import { type Screen, screenOf } from "./_screen.ts";
import { liveTable, stateOf } from "./_stage_table.ts";
import { summaryLines } from "./summarize.ts";
import { cut, formatClock, formatCount, formatRate, toPlain, widthOf } from "./_text.ts";

const SUBJECT = "Cannot show progress";
const OPTIONS = ["total", "stage", "name", "to", "color", "redrawMs", "plainMs", "summary"];

const DEFAULT_REDRAW_MS = 100;
const DEFAULT_PLAIN_MS = 5_000;
const MAX_BAR_WIDTH = 20;
const MIN_BAR_WIDTH = 6;
/** A terminal narrower than this shows no bar. */
const BAR_FROM = 60;

const GREEN = "\x1b[32m";
const RED = "\x1b[31m";
const DIM = "\x1b[2m";
const RESET = "\x1b[0m";

/**
 * Options of {@linkcode progress}.
 *
 * @category Progress
 */
export interface ProgressOptions {
  /**
   * How many items there are in all: a non-negative integer, of the source, or of `stage`. Where it is
   * left out, the length of a source that is an array; not known otherwise.
   */
  readonly total?: number | undefined;
  /**
   * The key of the stage whose items are counted. By default those of the source are, when they are
   * through all stages.
   */
  readonly stage?: string | undefined;
  /** What the run is called. @default {"run"} */
  readonly name?: string | undefined;
  /** Where it is written. The standard error of the process by default, where there is one. */
  readonly to?: TextOutput | undefined;
  /** Whether it has colours. On a terminal by default, unless `NO_COLOR` is set. */
  readonly color?: boolean | undefined;
  /** The time between two drawings on a terminal, in milliseconds. @default {100} */
  readonly redrawMs?: number | undefined;
  /** The time between two lines where there is no terminal, in milliseconds. @default {5000} */
  readonly plainMs?: number | undefined;
  /** Whether a summary is written when the run is over. @default {true} */
  readonly summary?: boolean | undefined;
}

/**
 * The progress of a run that is shown.
 *
 * @category Progress
 */
export interface Progress extends Account {
  /** Resolves when the run is over and all is written; rejects with what the output has thrown. */
  readonly done: Promise<void>;
  /** The state of the run in one line, without colours. */
  line(): string;
  /** Writes a line that stays, above what is drawn. */
  say(message: string): void;
}

/**
 * Shows how far a run is: on a terminal a head and a line for each stage, which are drawn again at an
 * interval; elsewhere a line now and then; a summary at the end. Of the items it shows nothing.
 *
 * Figures are looked up when they are drawn, and cost the run nothing in between. The percentage and the
 * time that is left are of items of the source, or of `stage`. The time is estimated from the last 30
 * seconds, and is said to be unknown where the total is, before three items are done, and when none was
 * done for long. In a batch pipeline, what is shown of a stage are the items of its list.
 *
 * @param run A run, or what an observer gets: `pipeline.execute(input, { observer: (run) => progress(run) })`.
 * Only as an observer it sees the lists of a batch pipeline, and all codes of failures.
 * @param options What is counted, and how and where it is shown.
 * @throws {TypeError | RangeError} If `run` is no run, or an option is not valid.
 * @category Progress
 *
 * @example Lines for a log
 * ```ts
 * import { progress } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertMatch } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
 * const run = pipeline.run([1, 2, 3]);
 * let text = "";
 * const { done } = progress(run, { name: "numbers", to: { write: (part) => text += part } });
 * for await (const _number of run);
 * await done;
 *
 * assertMatch(text, /^numbers completed in 0:00, 3 items/);
 * ```
 */
export function progress(run: ObservedRun, options: ProgressOptions = {}): Progress {
  requireRun(SUBJECT, run);
  requireKnown(SUBJECT, options, OPTIONS);
  const { total, stage, name, color, summary } = options;
  readCount(SUBJECT, "total", total, 0);
  requireType(SUBJECT, "stage", stage, "string");
  requireType(SUBJECT, "name", name, "string");
  requireType(SUBJECT, "color", color, "boolean");
  requireType(SUBJECT, "summary", summary, "boolean");
  const output = resolveOutput(SUBJECT, options.to);
  return new ShownProgress(run, {
    total,
    stage,
    name: toPlain(name ?? "run"),
    output,
    hasColor: color ?? wantsColor(output),
    redrawMs: readMs(SUBJECT, "redrawMs", options.redrawMs, DEFAULT_REDRAW_MS),
    plainMs: readMs(SUBJECT, "plainMs", options.plainMs, DEFAULT_PLAIN_MS),
    hasSummary: summary ?? true,
  });
}

/** Options with their defaults. */
interface Settings {
  readonly total: number | undefined;
  readonly stage: string | undefined;
  readonly name: string;
  readonly output: TextOutput;
  readonly hasColor: boolean;
  readonly redrawMs: number;
  readonly plainMs: number;
  readonly hasSummary: boolean;
}

/** What the head of a display says. */
interface Head {
  readonly done: number;
  readonly total: number | undefined;
  readonly perSecond: number;
  readonly remainingMs: number | undefined;
  /** In a batch pipeline: which stage is running, of how many. */
  readonly place: string | undefined;
}

class ShownProgress implements Progress {
  readonly done: Promise<void>;
  readonly stage: RunHooks["stage"];
  readonly #settings: Settings;
  readonly #view: RunView;
  readonly #screen: Screen;
  readonly #stop: () => void;
  readonly #estimate = new Estimate();
  /** The stage that the estimate is of. */
  #estimated: string | undefined;
  #mostThrough = 0;

  constructor(run: ObservedRun, settings: Settings) {
    this.#settings = settings;
    this.#view = new RunView(run);
    this.stage = this.#view.stage;
    const { output, redrawMs, plainMs } = settings;
    this.#screen = screenOf(output);
    this.#stop = canRedraw(output)
      ? this.#screen.add(({ columns, rows }) => this.#draw(columns, rows), redrawMs)
      : repeat(() => this.#screen.try(() => this.#writePlain()), plainMs);
    this.done = run.ended.then(() => this.#end());
    // An output that fails must not end a program that does not look at its progress.
    this.done.catch(() => {});
  }

  figures(): RunFigures {
    return this.#view.read();
  }

  line(): string {
    const view = this.#view.read();
    return joinParts(this.#partsOf(view, this.#read(view), Infinity), Infinity);
  }

  say(message: string): void {
    // It may be said from within a stage, which must not fail for it.
    this.#screen.try(() => this.#screen.print(`${toPlain(message)}\n`));
  }

  #end(): void {
    this.#stop();
    this.#screen.throwFailure();
    const { output, name, hasSummary } = this.#settings;
    if (!hasSummary) return;
    const columns = sizeOf(output).columns - 1;
    const lines = summaryLines(this.#view.read(), name, columns);
    this.#screen.print(lines.map((line) => `${line}\n`).join(""));
  }

  #writePlain(): void {
    // A run that is not read yet has nothing to show.
    if (this.#view.run.metadata().status !== "pending") this.#screen.print(`${this.line()}\n`);
  }

  #draw(columns: number, rows: number): string[] {
    const view = this.#view.read();
    if (view.status === "pending") return [];
    const head = this.#read(view);
    const text = joinParts(this.#partsOf(view, head, columns), columns);
    const { lines, shown } = liveTable(view.stages, columns, rows - 1);
    const room = Math.min(MAX_BAR_WIDTH, columns - widthOf(text) - 1);
    const bar = columns >= BAR_FROM && room >= MIN_BAR_WIDTH ? drawBar(head, room) : undefined;
    const first = bar === undefined ? text : `${this.#paint(GREEN, bar)} ${text}`;
    return [first, ...lines.map((line, index) => this.#paintRow(line, shown, index))];
  }

  /** What is said of a run, the most important first where there is little room. */
  #partsOf(view: RunFigures, head: Head, columns: number): readonly Part[] {
    const { name } = this.#settings;
    const { done, total, perSecond, remainingMs, place } = head;
    const failed = view.stages.reduce((sum, { errorCount }) => sum + errorCount, 0);
    const counted = total === undefined
      ? `${formatCount(done)} done`
      : `${formatCount(done)} of ${formatCount(total)}`;
    const percent = total !== undefined && total > 0 && done <= total
      ? `${Math.floor(done * 100 / total)} %`
      : undefined;
    const rest = remainingMs === undefined ? "unknown" : formatClock(remainingMs);
    return [
      { text: name, worth: columns < BAR_FROM ? 1 : 8 },
      { text: place, worth: 4 },
      { text: percent, worth: 9 },
      { text: counted, worth: 7 },
      { text: formatRate(perSecond), worth: 3 },
      { text: formatClock(view.durationMs), worth: 5 },
      { text: `ETA ${rest}`, worth: 6 },
      { text: failed === 0 ? undefined : `${formatCount(failed)} failed`, worth: 2 },
    ];
  }

  #read(view: RunFigures): Head {
    const { stages, durationMs } = view;
    const isBatch = this.#settings.stage === undefined && stages[0]?.executionMode === "batch";
    const at = isBatch ? findBusy(stages) : findStage(stages, this.#settings.stage);
    const counted = stages[at];
    const isThrough = !isBatch && this.#settings.stage === undefined;
    const done = isThrough ? this.#countThrough(stages) : countDone(counted);
    const total = this.#totalOf(counted, isBatch);
    // What a batch pipeline takes for its other stages is not known, as long as it has not begun them.
    const isWhole = !isBatch && (this.#estimated ??= counted?.key) === counted?.key;
    if (isWhole) this.#estimate.add(durationMs, done);
    const perSecond = isWhole
      ? this.#estimate.perSecond
      : durationMs > 0
      ? view.outputCount * 1000 / durationMs
      : 0;
    return {
      done,
      total,
      perSecond,
      remainingMs: isWhole ? this.#estimate.remainingMs(total) : undefined,
      place: isBatch ? `stage ${at + 1} of ${stages.length}` : this.#complain(at, stages),
    };
  }

  /** It does not go back, where stages turn out to make more of an item than they did. */
  #countThrough(stages: readonly StageFigures[]): number {
    return this.#mostThrough = Math.max(this.#mostThrough, countThrough(stages));
  }

  /** Names the key that was asked for, where no stage has it: stages are known when the run has begun. */
  #complain(at: number, stages: readonly StageFigures[]): string | undefined {
    return at < 0 && stages.length > 0
      ? `no stage ${toPlain(show(this.#settings.stage))}`
      : undefined;
  }

  #totalOf(counted: StageFigures | undefined, isBatch: boolean): number | undefined {
    const { total, stage } = this.#settings;
    if (total !== undefined || isBatch) return total ?? counted?.totalCount;
    return counted?.totalCount ?? (stage === undefined ? this.#view.run.sourceCount : undefined);
  }

  /** The title is dim, and a stage that has failed is red; a stage that only waits is dim, too. */
  #paintRow(line: string, shown: readonly StageFigures[], index: number): string {
    if (index === 0) return this.#paint(DIM, line);
    const stage = shown[index - 1];
    if (stage === undefined) return line;
    if (stage.errorCount > 0) return this.#paint(RED, line);
    return stateOf(stage) === "" ? this.#paint(DIM, line) : line;
  }

  #paint(color: string, text: string): string {
    return this.#settings.hasColor ? color + text + RESET : text;
  }
}

/** A bar of `columns`; absent where it is not known how full it is. */
function drawBar({ done, total }: Head, columns: number): string | undefined {
  if (total === undefined || total === 0 || done > total) return undefined;
  const full = Math.floor(done * columns / total);
  return "█".repeat(full) + "░".repeat(columns - full);
}

/** A part of a line, and what it is worth where not all fit. */
interface Part {
  readonly text: string | undefined;
  readonly worth: number;
}

/** The parts that fit into so many columns, with dots between them. */
function joinParts(parts: readonly Part[], columns: number): string {
  const shown = parts.filter(({ text }) => text !== undefined);
  const join = () => shown.map(({ text }) => text).join(" · ");
  while (shown.length > 1 && widthOf(join()) > columns) {
    const least = shown.reduce((left, right) => left.worth < right.worth ? left : right);
    shown.splice(shown.indexOf(least), 1);
  }
  return columns === Infinity ? join() : cut(join(), columns);
}

/** The position of the stage that was asked for, or of the first; -1 where there is none of that key. */
function findStage(stages: readonly StageFigures[], key: string | undefined): number {
  return key === undefined ? 0 : stages.findIndex((stage) => stage.key === key);
}

/** How many items a stage is done with. */
function countDone(stage: StageFigures | undefined): number {
  return stage === undefined ? 0 : stage.inputCount - stage.inFlightCount;
}

/**
 * How many items of the source are through all stages: those that the first is done with, less what is
 * still inside. An item inside counts as many of the source as were taken for each that its stage got.
 */
function countThrough(stages: readonly StageFigures[]): number {
  const taken = countDone(stages[0]);
  const inside = stages.slice(1).reduce((sum, { inFlightCount, inputCount }) => {
    return inFlightCount === 0 ? sum : sum + inFlightCount * taken / inputCount;
  }, 0);
  return Math.max(0, Math.floor(taken - inside));
}

/** The last stage of a batch pipeline that has begun. */
function findBusy(stages: readonly StageFigures[]): number {
  const at = stages.findLastIndex(({ inputCount, totalCount }) =>
    inputCount > 0 || (totalCount ?? 0) > 0
  );
  return Math.max(0, at);
}
