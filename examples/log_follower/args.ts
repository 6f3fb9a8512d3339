import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const DEFAULT_SIZE = 100;
const DEFAULT_WAIT_MS = 5_000;
const DEFAULT_POLL_MS = 250;
const MAX_SIZE = 10_000;
const MAX_TIMER_MS = 2_147_483_647;
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

export const USAGE: string = `follow <file> [options]

Follows a log, and sends its errors together. The file need not be there yet.

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
  /** Absolute path. */
  readonly file: string;
  readonly to: URL | undefined;
  readonly size: number;
  readonly maxWaitMs: number;
  readonly pollMs: number;
}

/** @throws {UsageError} */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [file, ...more] = positionals;
  if (file === undefined || file === "") throw new UsageError("Missing <file>");
  if (more.length > 0) throw new UsageError(`One <file> only, got ${positionals.length}`);
  return {
    // `deno task` changes the directory, and keeps the caller's in INIT_CWD.
    file: resolve(process.env.INIT_CWD ?? process.cwd(), file),
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
  const options = { to: string, size: string, "max-wait-ms": string, "poll-ms": string };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
