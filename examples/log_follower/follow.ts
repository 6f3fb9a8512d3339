import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import process from "node:process";
import { parseArguments, USAGE, UsageError } from "./args.ts";
import { openDatabase } from "@headrace/sqlite";
import { isPattern } from "./find_files.ts";
import type { Report } from "./follow_log.ts";
import { followLogs } from "./follow_logs.ts";
import { postTo, print } from "./send.ts";

// About a minute in all; meanwhile the log waits on the disk.
const RETRY = { maxAttempts: 8, backoffMs: 500 };
const TIMEOUT_MS = 10_000;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** A second signal has ended the follower. */
class Stopped extends Error {
  readonly signal: keyof typeof EXIT_CODES;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** What is said of a file; of several, with its name. */
function createReport(prefix: string): Report {
  return {
    badLine: (number, code) => console.error(`${prefix}line ${number}: ${code}`),
    trouble: (message) => console.error(prefix + message),
    undelivered(alert, code) {
      console.error(`${prefix}an alert of ${alert.errors.length} errors was not taken (${code}):`);
      print(alert);
    },
  };
}

async function main(args: readonly string[]): Promise<void> {
  const { to, state, ...options } = parseArguments(args);
  const [stop, leave, abort] = [0, 1, 2].map(() => new AbortController());
  let signalCount = 0;
  // A supervisor that sends SIGTERM does not wait for long, so the log is not read to its end then.
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    signalCount++;
    if (signalCount === 1) (signal === "SIGTERM" ? leave : stop)!.abort();
    else if (signalCount === 2) abort!.abort(new Stopped(signal));
    else process.exit(EXIT_CODES[signal]);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  console.error(`following; Ctrl-C stops`);
  try {
    if (state !== undefined) await mkdir(dirname(state), { recursive: true });
    using database = await openDatabase(state ?? ":memory:");
    const isAlone = options.files.length === 1 && !options.files.some(isPattern);
    const totals = await followLogs({
      ...options,
      database,
      isRemembered: state !== undefined,
      host: hostname(),
      send: to === undefined ? print : postTo(to),
      retry: RETRY,
      timeoutMs: TIMEOUT_MS,
      stop: stop!.signal,
      leave: leave!.signal,
      signal: abort!.signal,
    }, (file) => createReport(isAlone ? "" : `${basename(file)}: `));
    const { lines, badLines, errors, alerts, undelivered, unsent } = totals;
    console.error(`${lines} lines, ${badLines} of them bad; ${errors} errors`);
    console.error(`${alerts} alerts, ${undelivered} more not taken`);
    if (unsent > 0) {
      const later = state === undefined ? "" : ", and are sent by the next run";
      console.error(`${unsent} alerts could not be sent in time${later}`);
    }
    if (undelivered + unsent > 0) process.exitCode = 1;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

if (process.argv.includes("--help")) {
  console.log(USAGE);
} else {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (error instanceof Stopped) process.exit(EXIT_CODES[error.signal]);
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    if (error instanceof UsageError) console.error(`\nusage: ${USAGE}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
