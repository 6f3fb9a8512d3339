// Runs random programs in a process and watches it. One that loops in microtasks is ended, and the
// program is made smaller from here, in processes of their own.

import {
  CASE_MARK,
  type FuzzFailure,
  type FuzzReport,
  type FuzzRequest,
  type NamedProgram,
  REPORT_MARK,
} from "../tests/random/request.ts";
import type { Runtime } from "./runtimes.ts";
import { smaller } from "./shrink.ts";

/** What came of a fuzz run. */
export interface FuzzOutcome {
  readonly report: Omit<FuzzReport, "failure">;
  /** The first case that was not as it must be. */
  readonly failure?: FuzzFailure;
  readonly seconds: number;
}

/** Real milliseconds without a new case after which a process hangs; a shrinking case takes long. */
const HANG_AFTER_MS = 150_000;

/** The same for one program alone. */
const ONE_HANGS_AFTER_MS = 5_000;

/** How many smaller programs are tried. */
const MOST_TRIES = 60;

/** Cases of one process: another takes over then, so that what one keeps does not add up. */
const CASES_PER_PROCESS = 10_000;

const NOTHING: FuzzReport = { cases: 0, families: {}, operators: {} };

/** Runs `cases` programs from `from` on; `onProgress` gets how many have run. */
export async function runFuzz(
  runtime: Runtime,
  folder: string,
  { seed, from, cases }: Pick<FuzzRequest, "seed" | "from" | "cases">,
  onProgress: (cases: number) => void = () => {},
): Promise<FuzzOutcome> {
  const started = performance.now();
  let report = NOTHING;
  while (report.cases < cases && report.failure === undefined) {
    const done = report.cases;
    const count = Math.min(cases - done, CASES_PER_PROCESS);
    const request = { seed, from: from + done, cases: count };
    report = add(report, await runPart(runtime, folder, request));
    onProgress(report.cases);
  }
  const { failure, ...rest } = report;
  const seconds = (performance.now() - started) / 1_000;
  return { report: rest, seconds, ...(failure && { failure }) };
}

function add(one: FuzzReport, other: FuzzReport): FuzzReport {
  const { families, operators, cases, ...rest } = other;
  return {
    ...rest,
    cases: one.cases + cases,
    families: sum(one.families, families),
    operators: sum(one.operators, operators),
  };
}

function sum(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const all = { ...one };
  for (const [name, count] of Object.entries(other)) all[name] = (all[name] ?? 0) + count;
  return all;
}

/** Runs a process; what it says, or what is said of it where it does not end. */
async function runPart(
  runtime: Runtime,
  folder: string,
  request: FuzzRequest,
): Promise<FuzzReport> {
  let index = request.from;
  let since = performance.now();
  const limitMs = request.only === undefined ? HANG_AFTER_MS : ONE_HANGS_AFTER_MS;
  const { stdout, stderr, code, stopped } = await runtime.start(folder, {
    request: JSON.stringify(request),
    timeoutMs: Infinity,
    watch: (line) => {
      if (line?.startsWith(CASE_MARK)) {
        index = Number(line.slice(CASE_MARK.length));
        since = performance.now();
      }
      return performance.now() - since > limitMs ? "it loops without end" : undefined;
    },
  });
  const line = stdout.split("\n").findLast((line) => line.startsWith(REPORT_MARK));
  if (line !== undefined) return JSON.parse(line.slice(REPORT_MARK.length));
  const message = stopped ?? `the process ended with code ${code}:\n${stderr.slice(-2_000)}`;
  const found = request.only ?? await draw(runtime, folder, { ...request, from: index });
  const least = request.only ?? await shrink(runtime, folder, found);
  const failure = { index, message, ...least };
  return { ...NOTHING, cases: index - request.from + 1, failure };
}

/** What a case is. */
async function draw(runtime: Runtime, folder: string, request: FuzzRequest): Promise<NamedProgram> {
  const { dry } = await runPart(runtime, folder, { ...request, cases: 1, isDry: true });
  if (dry === undefined) throw new Error(`Case ${request.from} cannot be made`);
  return dry;
}

/** The smallest program that does not end either, if one is found. */
async function shrink(
  runtime: Runtime,
  folder: string,
  found: NamedProgram,
): Promise<NamedProgram> {
  let least = found;
  let tries = 0;
  for (let candidates = smaller(least.program); tries < MOST_TRIES; tries++) {
    const next = candidates.next();
    if (next.done) break;
    const only = { ...found, program: next.value };
    const { failure } = await runPart(runtime, folder, { seed: 0, from: 0, cases: 1, only });
    // One that fails in another way, because it makes no sense, does not count.
    if (failure === undefined || !failure.message.startsWith("it loops")) continue;
    least = only;
    candidates = smaller(least.program);
  }
  return least;
}
