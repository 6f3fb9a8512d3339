import { resolve } from "node:path";
import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { StreamingError } from "@headrace/pipeline";
import type { MakeClicksOptions } from "./make_clicks.ts";

export const STDIN = "-";

const DEFAULT_GAP_MS = 30 * 60_000;
const DEFAULT_LATENESS_MS = 5 * 60_000;
const DEFAULT_SESSION_MS = 24 * 3_600_000;
const DEFAULT_FUTURE_MS = 60_000;
const DEFAULT_REMEMBERED = 100_000;
const MAX_REMEMBERED = 10_000_000;
const MAX_MS = 366 * 24 * 3_600_000;

export const SESSIONS_USAGE: string = `sessions <file> [options]

Finds sessions in clicks: one line of JSON each, with user, page and at. - reads the standard input.

  --gap-ms <n>               a break of so long ends a session (default: ${DEFAULT_GAP_MS})
  --allowed-lateness-ms <n>  how far clicks may be out of order (default: ${DEFAULT_LATENESS_MS})
  --max-session-ms <n>       sessions end at its multiples, as at midnight (default: ${DEFAULT_SESSION_MS})
  --max-future-ms <n>        how far a click may be ahead of the clock (default: ${DEFAULT_FUTURE_MS})
  --remembered-clicks <n>    among how many duplicates are found (default: ${DEFAULT_REMEMBERED})
  --late <file>              where late clicks are written`;

export const GENERATE_USAGE: string = `generate [options]

Makes clicks, always the same ones for the same seed.

  --seed <n>   (default: 1)
  --count <n>  how many clicks (default: 20000)
  --users <n>  of how many users (default: 300)`;

/** The command was called wrongly. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The arguments of `sessions`. */
export interface SessionsArguments {
  /** Absolute path, or {@linkcode STDIN}. */
  readonly file: string;
  /** Absolute path. */
  readonly late: string | undefined;
  readonly gapMs: number;
  readonly allowedLatenessMs: number;
  readonly maxSessionMs: number;
  readonly maxFutureMs: number;
  readonly rememberedClicks: number;
}

/** @throws {UsageError} */
export function parseSessionsArguments(args: readonly string[]): SessionsArguments {
  const { values, positionals } = parse(args, [
    ...["gap-ms", "allowed-lateness-ms", "late"],
    ...["max-session-ms", "max-future-ms", "remembered-clicks"],
  ]);
  const { "gap-ms": gapMs, "allowed-lateness-ms": latenessMs, late } = values;
  const { "max-session-ms": sessionMs, "max-future-ms": futureMs } = values;
  const [file, ...more] = positionals;
  if (file === undefined || file === "") throw new UsageError("Missing <file>");
  if (more.length > 0) throw new UsageError(`One <file> only, got ${positionals.length}`);
  return {
    file: file === STDIN ? STDIN : callerPath(file),
    late: late === undefined ? undefined : callerPath(late),
    gapMs: wholeNumber("--gap-ms", gapMs, DEFAULT_GAP_MS, 1, MAX_MS),
    allowedLatenessMs: wholeNumber(
      "--allowed-lateness-ms",
      latenessMs,
      DEFAULT_LATENESS_MS,
      0,
      MAX_MS,
    ),
    maxSessionMs: wholeNumber("--max-session-ms", sessionMs, DEFAULT_SESSION_MS, 1, MAX_MS),
    maxFutureMs: wholeNumber("--max-future-ms", futureMs, DEFAULT_FUTURE_MS, 0, MAX_MS),
    rememberedClicks: wholeNumber(
      "--remembered-clicks",
      values["remembered-clicks"],
      DEFAULT_REMEMBERED,
      0,
      MAX_REMEMBERED,
    ),
  };
}

/** @throws {UsageError} */
export function parseGenerateArguments(args: readonly string[]): MakeClicksOptions {
  const { values, positionals } = parse(args, ["seed", "count", "users"]);
  if (positionals.length > 0) throw new UsageError(`No file, got ${positionals.length}`);
  return {
    seed: wholeNumber("--seed", values.seed, 1, 0, 2 ** 32 - 1),
    count: wholeNumber("--count", values.count, 20_000, 1, 10_000_000),
    users: wholeNumber("--users", values.users, 300, 1, 10_000_000),
  };
}

/** That of a process which SIGPIPE has ended. */
const READER_LEFT = 141;

/**
 * Runs a command: help, wrong arguments and failures in one line each. Where the reader of the output has
 * left, such as `head`, nothing is wrong, and it ends.
 */
export async function runCommand(
  usage: string,
  main: (args: readonly string[]) => unknown,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) return console.log(usage);
  try {
    await main(args);
  } catch (error) {
    if (isLeft(error)) return void (process.exitCode = READER_LEFT);
    console.error(`error: ${describe(error)}`);
    if (error instanceof UsageError) console.error(`\nusage: ${usage}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** What a run has failed with says why: a file that is missing, a disk that is full. */
function describe(error: unknown): string {
  const reason = reasonOf(error);
  return reason instanceof Error ? reason.message : String(reason);
}

function reasonOf(error: unknown): unknown {
  return error instanceof StreamingError ? error.cause : error;
}

function isLeft(error: unknown): boolean {
  return (Object(reasonOf(error)) as { readonly code?: unknown }).code === "EPIPE";
}

/** `deno task` changes the directory, and keeps the caller's in INIT_CWD. */
function callerPath(path: string): string {
  if (path === "") throw new UsageError("A path must not be empty");
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

function wholeNumber(
  name: string,
  text: string | undefined,
  byDefault: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, got "${text}"`);
}

function parse(args: readonly string[], names: readonly string[]) {
  const options: ParseArgsConfig["options"] = Object.fromEntries(
    names.map((name) => [name, { type: "string" }]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Record<string, string | undefined>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
