// Proves on each runtime that the harness notices what goes wrong: runs tests that misbehave and
// compares what is reported with what must be.

import { bundle } from "./bundle.ts";
import { type Counts, readDenoRun } from "./outcome.ts";
import { runDeno } from "./process.ts";
import { RUNTIMES } from "./runtimes.ts";

const MISBEHAVING = "tests/runtimes/misbehaving.ts";

/** One of these stands in the report for each test of that file that must fail. */
const MUST_SAY: readonly RegExp[] = [
  /\bError: thrown\b/,
  /\bError: rejected\b/,
  /Nobody handled this: Error: floating\b/,
  /\bError: in a timer\b/,
  /has not settled within 100 ms/,
  /\bError: thrown too[^]*Nobody handled this: Error: floating too/,
];

/** Tests of that file that pass everywhere. */
const MUST_PASS = 3;

/** A Worker and a page do not end, so that there a timer left over is nobody's loss. */
const LEFT_OVER = /Leaks detected|something was left over/;
const ENDLESS: readonly string[] = ["workerd", "chromium"];

/** Sentences on what a runtime's report lacks; none when the harness does its duty there. */
export function findGaps(
  name: string,
  { passed, failed, details }: Counts,
): string[] {
  const expected = ENDLESS.includes(name) ? MUST_SAY : [...MUST_SAY, LEFT_OVER];
  const gaps = expected.filter((text) => !text.test(details))
    .map((text) => `${name} does not report ${text}`);
  if (failed !== expected.length || passed < MUST_PASS) {
    gaps.push(
      `${name} counts ${passed} passed, ${failed} failed; ${expected.length} must fail`,
    );
  }
  return gaps.length === 0 ? [] : [...gaps, details];
}

/** Bundles the misbehaving tests. Returns the folder. */
export function bundleMisbehaving(): Promise<string> {
  return bundle("selfcheck", [MISBEHAVING]);
}

async function checkDeno(): Promise<string[]> {
  const args = ["test", "--quiet", "--allow-all", "--no-check", MISBEHAVING];
  return findGaps("deno", readDenoRun(await runDeno(args)));
}

if (import.meta.main) {
  const folder = await bundleMisbehaving();
  const gaps = await Promise.all([
    checkDeno(),
    ...RUNTIMES.map(async ({ name, run }) => findGaps(name, await run(folder))),
  ]);
  for (const gap of gaps.flat()) console.log(gap);
  if (gaps.flat().length > 0) Deno.exitCode = 1;
}
