// Runs random programs until one of them is not as it must be.

import fc from "fast-check";
import { runGuarded } from "../harness.ts";
import { type Family, familyOf, findFamily } from "./families.ts";
import type { Program, StageSpec } from "./program.ts";
import type { FuzzFailure, FuzzReport, FuzzRequest } from "./request.ts";

/** Real milliseconds: all that a program waits for is fake. */
const HANG_AFTER_MS = 20_000;

/** How long a failure is made smaller. */
const SHRINK_MS = 60_000;

/** Runs what is asked for; `begin` gets the number of each case. */
export async function fuzz(
  { seed, from, cases, isDry, only }: FuzzRequest,
  begin: (index: number) => void,
): Promise<FuzzReport> {
  const families: Record<string, number> = {};
  const operators: Record<string, number> = {};
  const count = ({ stages }: Program) => countOperators(stages, operators);
  if (only !== undefined) {
    const { name, check } = findFamily(only.family);
    const program = only.program as Program;
    const message = await findProblem(() => check(program));
    const failure = message !== undefined && { index: from, family: name, program, message };
    return { cases: 1, families, operators, ...(failure && { failure }) };
  }
  for (let index = from; index < from + cases; index++) {
    const family = familyOf(index);
    const options: CaseOptions = { seed: mix(seed, index), numRuns: 1 };
    if (isDry) return { cases: 0, families, operators, dry: await draw(family, options) };
    begin(index);
    families[family.name] = (families[family.name] ?? 0) + 1;
    const failure = await run(family, index, options, count);
    if (failure !== undefined) return { cases: index - from + 1, families, operators, failure };
  }
  return { cases, families, operators };
}

interface CaseOptions {
  readonly seed: number;
  readonly numRuns: 1;
}

async function run(
  { name, programs, check }: Family,
  index: number,
  options: CaseOptions,
  count: (program: Program) => void,
): Promise<FuzzFailure | undefined> {
  let isFirst = true;
  const property = fc.asyncProperty(programs, async (program) => {
    if (isFirst) count(program);
    isFirst = false;
    const message = await findProblem(() => check(program));
    if (message !== undefined) throw new Error(message);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    ...options,
    interruptAfterTimeLimit: SHRINK_MS,
  });
  if (!failed) return undefined;
  const [program] = counterexample!;
  return { index, family: name, program, message: (errorInstance as Error).message };
}

/** What a case is, without its being run. */
async function draw({ name, programs }: Family, options: CaseOptions) {
  let drawn: Program | undefined;
  await fc.check(
    fc.asyncProperty(programs, (program) => Promise.resolve(void (drawn = program))),
    options,
  );
  return { family: name, program: drawn };
}

/** What goes wrong with a program, unhandled rejections and hangs included. */
async function findProblem(body: () => Promise<void>): Promise<string | undefined> {
  try {
    await runGuarded({ title: "a random program", body, hangAfterMs: HANG_AFTER_MS });
    return undefined;
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
}

function countOperators(
  stages: readonly StageSpec[],
  operators: Record<string, number>,
): void {
  for (const { op, inner = [] } of stages) {
    operators[op] = (operators[op] ?? 0) + 1;
    for (const each of inner) countOperators(each, operators);
  }
}

/** A seed for each case of a run, far from those of its neighbours: the finaliser of MurmurHash3. */
function mix(seed: number, index: number): number {
  let hash = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
