// Proves on each runtime that the harness notices what goes wrong: runs tests that misbehave and
// compares what is reported with what must be.

import { bundle } from "./bundle.ts";
import { type Counts, readDenoRun } from "./outcome.ts";
import { runDeno } from "./process.ts";
import { runSuite, RUNTIMES } from "./runtimes.ts";
import { watchFiles } from "./watchdog.ts";

const MISBEHAVING = "tests/runtimes/misbehaving.ts";
const LOOPING = "tests/runtimes/looping.ts";

/** How the test of that file is named when it was ended from outside. */
const NAMED = /Test "a test that loops in microtasks" did not come back/;

/** Enough for a machine that is busy to print the line that says that it has begun. */
export const LOOP_GRACE_MS = 2_000;

/** One of these stands in the report for each test of that file that must fail. */
const MUST_SAY: readonly RegExp[] = [
  /\bError: thrown\b/,
  /\bError: rejected\b/,
  /This was not handled: Error: floating\b/,
  /\bError: in a timer\b/,
  /has not settled within 100 ms/,
  /\bError: thrown too[^]*This was not handled: Error: floating too/,
];

/** Tests of that file that pass everywhere. */
const MUST_PASS = 3;

/** A Worker and a page do not end, so that a timer left over is no loss there. */
const LEFT_OVER = /Leaks detected|something was left over/;
const ENDLESS: readonly string[] = ["workerd", "chromium"];

/** Sentences on what a runtime's report lacks; none when the harness does its duty there. */
export function findGaps(name: string, { passed, failed, details }: Counts): string[] {
  const expected = ENDLESS.includes(name) ? MUST_SAY : [...MUST_SAY, LEFT_OVER];
  const gaps = expected.filter((text) => !text.test(details))
    .map((text) => `${name} does not report ${text}`);
  if (failed !== expected.length || passed < MUST_PASS) {
    gaps.push(`${name} counts ${passed} passed, ${failed} failed; ${expected.length} must fail`);
  }
  return gaps.length === 0 ? [] : [...gaps, details];
}

/** Bundles the misbehaving tests. Returns the folder. */
export function bundleMisbehaving(): Promise<string> {
  return bundle("selfcheck", [MISBEHAVING]);
}

/** Bundles the test that loops. Returns the folder. */
export function bundleLooping(): Promise<string> {
  return bundle("looping", [LOOPING]);
}

/** As {@linkcode findGaps}, for a test that no timer of its own process can end. */
export function findWatchdogGaps(name: string, { failed, details }: Counts): string[] {
  if (failed === 1 && NAMED.test(details)) return [];
  return [`${name} does not name the test that loops`, details];
}

const TEST = ["test", "--quiet", "--allow-all", "--no-check"];

async function checkDeno(): Promise<string[]> {
  const misbehaving = await runDeno([...TEST, MISBEHAVING]);
  const looping = await runDeno([...TEST, LOOPING], await watchFiles(LOOP_GRACE_MS));
  return [
    ...findGaps("deno", readDenoRun(misbehaving)),
    ...findWatchdogGaps("deno", readDenoRun(looping)),
  ];
}

if (import.meta.main) {
  const [misbehaving, looping] = [await bundleMisbehaving(), await bundleLooping()];
  const gaps = await Promise.all([
    checkDeno(),
    ...RUNTIMES.map(async (runtime) => [
      ...findGaps(runtime.name, await runSuite(runtime, misbehaving)),
      ...findWatchdogGaps(runtime.name, await runSuite(runtime, looping, LOOP_GRACE_MS)),
    ]),
  ]);
  for (const gap of gaps.flat()) console.log(gap);
  if (gaps.flat().length > 0) Deno.exitCode = 1;
}
