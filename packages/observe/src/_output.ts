// Where text for people goes, and what it can show.

import { hasMethod, show } from "./_options.ts";

/**
 * Where text goes: a stream such as `process.stderr`, or an object of one's own.
 *
 * @category Progress
 */
export interface TextOutput {
  /** Writes text; a promise is not waited for. */
  write(text: string): unknown;
  /** Whether it is a terminal, on which lines can be written again. @default {false} */
  readonly isTTY?: boolean | undefined;
  /** How many columns the terminal has. @default {80} */
  readonly columns?: number | undefined;
  /** How many rows the terminal has. @default {24} */
  readonly rows?: number | undefined;
}

/** The parts of the platform that are looked at, where they exist. */
interface Platform {
  readonly process?: {
    readonly stderr?: TextOutput;
    readonly env?: Readonly<Record<string, string | undefined>>;
  };
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

const platform: Platform = globalThis as unknown as Platform;

/** `given`, or the standard error of the process; throws where there is none. */
export function resolveOutput(subject: string, given: TextOutput | undefined): TextOutput {
  if (given === undefined) {
    const stderr = platform.process?.stderr;
    if (hasMethod(stderr, "write")) return stderr!;
    throw new TypeError(`${subject}: there is no standard error here: it needs the option to`);
  }
  if (hasMethod(given, "write")) return given;
  throw new TypeError(
    `${subject}: to must be a stream or an object with write(text), got ${show(given)}`,
  );
}

/**
 * Calls `fail` for what a stream fails with: Node's emit it as an event, such as `EPIPE` when nothing reads
 * the pipe any more, and end the process where nothing listens.
 */
export function listenForErrors(output: TextOutput, fail: (thrown: unknown) => void): void {
  if (!hasMethod(output, "on")) return;
  (output as unknown as { on(type: string, listener: (thrown: unknown) => void): void })
    .on("error", fail);
}

/** Calls `fail` where what was written turns out to be a promise that rejects. */
export function noteRejection(written: unknown, fail: (thrown: unknown) => void): void {
  if (hasMethod(written, "then")) Promise.resolve(written).catch(fail);
}

/** Whether lines can be written again. */
export function canRedraw(output: TextOutput): boolean {
  return output.isTTY === true && readVariable("TERM") !== "dumb";
}

/** How wide and high a terminal is now; some say that they have no columns. */
export function sizeOf({ columns, rows }: TextOutput): { columns: number; rows: number } {
  const read = (given: number | undefined, fallback: number) =>
    given !== undefined && given >= 1 ? given : fallback;
  return { columns: read(columns, DEFAULT_COLUMNS), rows: read(rows, DEFAULT_ROWS) };
}

/** Whether colours are wanted where nothing was said: see https://no-color.org. */
export function wantsColor(output: TextOutput): boolean {
  return canRedraw(output) && (readVariable("NO_COLOR") ?? "") === "";
}

/** A variable of the environment; what may not be read is not set. */
function readVariable(name: string): string | undefined {
  try {
    return platform.process?.env?.[name];
  } catch {
    // Deno asks for a permission, and a progress line is not worth one.
    return undefined;
  }
}
