// Ends a suite that hangs in one of its tests, and names the test. Tests have a limit of their own; it
// cannot see a loop in microtasks, which keeps every timer of its process from running.

import type { RunOptions } from "./process.ts";

/** What the harness says of the test that it begins; of none when it has ended. */
interface Begun {
  readonly title: string;
  readonly hangAfterMs: number;
}

const MARK = "HEADRACE-TEST ";

/** How long after its own limit a test is given up, and how long a suite may take to begin. */
const GRACE_MS = 60_000;
const BEGIN_MS = 180_000;

/** Watches a suite that prints a line for each test that it begins. */
export function watchLines(graceMs?: number): Required<Pick<RunOptions, "watch">> {
  let begun: Begun = { title: "before the first test", hangAfterMs: BEGIN_MS };
  let since = performance.now();
  return {
    watch: (line) => {
      if (line?.startsWith(MARK)) {
        begun = JSON.parse(line.slice(MARK.length));
        since = performance.now();
      }
      return judge(begun, performance.now() - since, graceMs);
    },
  };
}

/**
 * Watches a suite on Deno, whose runner prints nothing of a test that has not ended: the harness keeps
 * a file for each of its processes, with the test that runs.
 */
export async function watchFiles(
  graceMs?: number,
): Promise<Required<Pick<RunOptions, "watch" | "env">>> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-tests-" });
  return {
    env: { HEADRACE_TESTS: folder },
    watch: (line) => {
      if (line !== undefined) return undefined;
      for (const { name } of Deno.readDirSync(folder)) {
        const file = `${folder}/${name}`;
        const text = Deno.readTextFileSync(file);
        if (text === "") continue;
        const since = Deno.statSync(file).mtime?.getTime() ?? Date.now();
        const reason = judge(JSON.parse(text), Date.now() - since, graceMs);
        if (reason !== undefined) return reason;
      }
    },
  };
}

function judge(
  { title, hangAfterMs }: Begun,
  forMs: number,
  graceMs: number = GRACE_MS,
): string | undefined {
  if (forMs < hangAfterMs + graceMs) return undefined;
  return `Test "${title}" did not come back for ${Math.round(forMs / 1_000)} s, timers and all: ` +
    "its process was ended";
}
