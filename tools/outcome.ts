// What a run of tests came to, on one runtime, and how it is printed.

import type { TestRun } from "../tests/harness.ts";
import type { Finished } from "./process.ts";

/** The result of one runtime or one example. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** Empty where nothing failed. */
  readonly details: string;
}

/** What can be read off a command that ran tests. */
export type Counts = Omit<Outcome, "name">;

/** Something to be measured. */
export interface Work {
  readonly name: string;
  readonly work: () => Promise<Counts>;
}

const NAME_WIDTH = 30;
const RESULT_LINE = /^HEADRACE-RESULT (.*)$/m;
const TEST_LINES = /^HEADRACE-TEST .*$\n?/gm;
const DENO_SUMMARY = /\| (\d+) passed.*\| (\d+) failed/g;

/** Measures `work`, turns whatever it throws into a failure, and prints one line on it. */
export async function measure(
  name: string,
  work: () => Promise<Counts>,
  describe: (counts: Counts) => string = describeTests,
): Promise<Outcome> {
  const start = performance.now();
  const counts = await work().catch((error: unknown) => ({
    passed: 0,
    failed: 1,
    details: error instanceof Error ? error.message : String(error),
  }));
  const seconds = (performance.now() - start) / 1000;
  console.log(`${name.padEnd(NAME_WIDTH)} ${describe(counts)} (${seconds.toFixed(1)} s)`);
  return { name, ...counts };
}

/**
 * Measures all of `works`, by default as many at a time as there are processors: most are one process
 * that uses one. Returns the outcomes in the order of `works`.
 */
export async function measureAll(
  works: readonly Work[],
  describe?: (counts: Counts) => string,
  atOnce: number = navigator.hardwareConcurrency,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const left = works.entries();
  const measureNext = async () => {
    for (const [index, { name, work }] of left) {
      outcomes[index] = await measure(name, work, describe);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, measureNext));
  return outcomes;
}

/** Prints every failure in full, then the sum alone on the last line. Sets the exit code. */
export function finish(outcomes: readonly Outcome[]): void {
  for (const { name, details } of outcomes) {
    if (details !== "") console.log(`\n── ${name} ──\n${details.trim()}`);
  }
  const sum = (key: "passed" | "failed") => outcomes.reduce((total, each) => total + each[key], 0);
  console.log(`\n${describeTests({ passed: sum("passed"), failed: sum("failed") })}`);
  if (sum("failed") > 0) Deno.exitCode = 1;
}

/** Reads the line that `tests/runtimes/main.ts` prints. */
export function readBundleRun(finished: Finished): Counts {
  const line = RESULT_LINE.exec(finished.stdout)?.[1];
  if (line === undefined) {
    return { passed: 0, failed: 1, details: `The suite did not end: ${describeExit(finished)}` };
  }
  const { passed, failed, failures }: TestRun = JSON.parse(line);
  const details = failures.map(({ title, message }) => `✗ ${title}\n${indent(message)}`);
  // Failing tests leave the exit code alone, so that this means an error outside of them.
  if (finished.code === 0) return { passed, failed, details: details.join("\n\n") };
  details.push(`✗ outside the tests: ${describeExit(finished)}`);
  return { passed, failed: failed + 1, details: details.join("\n\n") };
}

/** Reads the summaries that `deno test` prints. */
export function readDenoRun(finished: Finished): Counts {
  let passed = 0;
  let failed = 0;
  for (const [, passes, failures] of finished.stdout.matchAll(DENO_SUMMARY)) {
    passed += Number(passes);
    failed += Number(failures);
  }
  const isFine = finished.code === 0 && failed === 0 && passed > 0;
  if (isFine) return { passed, failed, details: "" };
  const isStopped = finished.stopped !== undefined;
  const details = isStopped ? describeExit(finished) : readErrors(finished);
  return { passed, failed: Math.max(failed, 1), details: details || "No tests were found" };
}

/** What a command printed, without the tests that passed where it was `deno test`. */
export function readErrors({ stdout, stderr }: Finished): string {
  return stdout.slice(Math.max(stdout.indexOf(" ERRORS "), 0)) + stderr;
}

function describeTests({ passed, failed }: Pick<Counts, "passed" | "failed">): string {
  return `${passed} passed, ${failed} failed`;
}

function describeExit({ code, stdout, stderr, stopped }: Finished): string {
  const how = stopped ?? `exit code ${code}`;
  const said = stdout.replace(RESULT_LINE, "").replaceAll(TEST_LINES, "") + stderr;
  return `${how}\n${indent(said.trim())}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
