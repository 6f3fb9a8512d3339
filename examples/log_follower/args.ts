import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const DEFAULT_SIZE = 100;
const DEFAULT_WAIT_MS = 5_000;
const DEFAULT_POLL_MS = 250;
const MAX_SIZE = 10_000;
const MAX_TIMER_MS = 2_147_483_647;
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

export const USAGE: string = `follow <file>... [options]

Follows logs, and sends their errors together. A file need not be there yet; * and ? in its name find
those that are, also later.

  --state <file>      where to remember what was read; without it, all is read from the beginning
  --to <url>          where alerts go, on this machine; to the standard output by default
  --size <n>          the most errors in an alert (default: ${DEFAULT_SIZE})
  --max-wait-ms <n>   how long an error waits for others (default: ${DEFAULT_WAIT_MS})
  --poll-ms <n>       how often to look whether the file has grown (default: ${DEFAULT_POLL_MS})`;

/** The command was called wrongly. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The arguments of the command. */
export interface Arguments {
  /** Absolute paths, or patterns of such. */
  readonly files: readonly string[];
  /** Absolute path of the database; none where nothing is remembered. */
  readonly state: string | undefined;
  readonly to: URL | undefined;
  readonly size: number;
  readonly maxWaitMs: number;
  readonly pollMs: number;
}

/** @throws {UsageError} */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  if (positionals.length === 0 || positionals.includes("")) throw new UsageError("Missing <file>");
  if (values.state === "") throw new UsageError("--state must be a file");
  // `deno task` changes the directory, and keeps the caller's in INIT_CWD.
  const toPath = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);
  return {
    files: [...new Set(positionals.map(toPath))],
    state: values.state === undefined ? undefined : toPath(values.state),
    to: values.to === undefined ? undefined : loopbackUrl(values.to),
    size: wholeNumber("--size", values.size, DEFAULT_SIZE, MAX_SIZE),
    maxWaitMs: wholeNumber("--max-wait-ms", values["max-wait-ms"], DEFAULT_WAIT_MS, MAX_TIMER_MS),
    pollMs: wholeNumber("--poll-ms", values["poll-ms"], DEFAULT_POLL_MS, MAX_TIMER_MS),
  };
}

function loopbackUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !LOOPBACK.has(url.hostname)) {
    throw new UsageError(`--to must be an http URL of this machine, got "${text}"`);
  }
  return url;
}

function wholeNumber(name: string, text: string | undefined, byDefault: number, max: number) {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from 1 to ${max}, got "${text}"`);
}

function parse(args: readonly string[]) {
  const string = { type: "string" } as const;
  const options = {
    to: string,
    state: string,
    size: string,
    "max-wait-ms": string,
    "poll-ms": string,
  };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
