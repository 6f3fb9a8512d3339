import { hostname } from "node:os";
import process from "node:process";
import { parseArguments, USAGE, UsageError } from "./args.ts";
import { followLog, type Report } from "./follow_log.ts";
import { postTo, print } from "./send.ts";

// About a minute in all; meanwhile the log waits on the disk.
const RETRY = { maxAttempts: 8, backoffMs: 500 };
const TIMEOUT_MS = 10_000;

const report: Report = {
  badLine: (number, code) => console.error(`line ${number}: ${code}`),
  trouble: (message) => console.error(message),
  undelivered(alert, code) {
    console.error(`an alert of ${alert.errors.length} errors was not taken (${code}):`);
    print(alert);
  },
};

async function main(args: readonly string[]): Promise<void> {
  const { to, ...options } = parseArguments(args);
  const stopper = new AbortController();
  const stop = () => {
    // What is batched goes out, unless this is the second time.
    if (stopper.signal.aborted) process.exit(130);
    stopper.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  console.error(`following; Ctrl-C stops`);
  try {
    const totals = await followLog({
      ...options,
      host: hostname(),
      send: to === undefined ? print : postTo(to),
      retry: RETRY,
      timeoutMs: TIMEOUT_MS,
      stop: stopper.signal,
    }, report);
    const { lines, badLines, errors, alerts, undelivered } = totals;
    console.error(`${lines} lines, ${badLines} of them bad; ${errors} errors`);
    console.error(`${alerts} alerts, ${undelivered} more not taken`);
    if (undelivered > 0) process.exitCode = 1;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

if (process.argv.includes("--help")) {
  console.log(USAGE);
} else {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    if (error instanceof UsageError) console.error(`\nusage: ${USAGE}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
