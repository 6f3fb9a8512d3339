import process from "node:process";
import { asksForHelp } from "./args.ts";
import { describeError, UsageError } from "./errors.ts";
import { printable } from "./printable.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * Runs a command to its exit code. Ctrl-C aborts the signal once, so that the command can end
 * cleanly; a second one ends the process at once.
 *
 * @param main Returns whether all went well.
 */
export async function runCommand(
  usage: string,
  main: (args: readonly string[], signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) {
    console.log(usage);
    return;
  }
  const controller = new AbortController();
  let stoppedBy: keyof typeof EXIT_CODES | undefined;
  const stop = (signal: keyof typeof EXIT_CODES) => {
    if (stoppedBy !== undefined) process.exit(EXIT_CODES[signal]);
    stoppedBy = signal;
    controller.abort(new Error(`stopped by ${signal}`));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    process.exitCode = await main(args, controller.signal) ? 0 : EXIT_FAILED;
  } catch (error) {
    process.exitCode = explain(error, usage, stoppedBy);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

function explain(
  error: unknown,
  usage: string,
  stoppedBy: keyof typeof EXIT_CODES | undefined,
): number {
  if (stoppedBy !== undefined) {
    console.error("Stopped. What was stored stays stored; run again to go on.");
    return EXIT_CODES[stoppedBy];
  }
  console.error(printable(`error: ${describeError(error)}`));
  if (!(error instanceof UsageError)) return EXIT_FAILED;
  console.error(`\nusage: ${usage}`);
  return EXIT_USAGE;
}
