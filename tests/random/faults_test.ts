// Something goes wrong in every place of every operator: its n-th call, pull, clean-up or timer fails
// or hangs. The run ends well, and what came out is what the model says. Beside one another, the
// places of a program are all tried; `deno task fuzz` tries some of them in random pipelines.

import { test } from "../harness.ts";
import { checkProgram } from "./laws.ts";
import type { Operator } from "./operator.ts";
import { OPERATORS } from "./operators.ts";
import { FAULT_POINTS, type FaultSpec, type Program, type StageSpec } from "./program.ts";
import { runProgram } from "./run.ts";

/** The most of one kind that a run is let fail at. */
const MOST = 8;

const SLOW = { hangAfterMs: 120_000 };

const INNER: readonly StageSpec[] = [{
  op: "map",
  key: "inner",
  count: 1,
  isAsync: true,
  obeys: true,
}];

for (const operator of OPERATORS) {
  test(
    `[L4] [L6] [L12] [L14] ${operator.name} ends well where its n-th call, pull, clean-up or timer fails or hangs`,
    async () => {
      for (const program of programsOf(operator)) {
        for (const fault of await faultsOf(program)) await checkNamed({ ...program, fault });
      }
    },
    SLOW,
  );
}

/** Runs that differ in how the operator works and in what its reader does. */
function* programsOf(operator: Operator): Generator<Program, void, undefined> {
  for (const [index, stage] of stagesOf(operator).entries()) {
    for (const action of ["reads all", "breaks"] as const) {
      yield {
        input: { kind: index % 2 === 0 ? "an async generator" : "a ReadableStream", count: 7 },
        stages: [
          ...(operator.name === "flatten" ? [{ op: "batch", key: "arrays", count: 1 }] : []),
          stage,
        ],
        consumer: { end: "run", action, after: 2 },
        isObserved: true,
        picks: [index, 3, 1, 2],
      };
    }
  }
}

/** The ways in which the operator can work. */
function stagesOf({ name, traits }: Operator): StageSpec[] {
  const base: StageSpec = {
    op: name,
    key: "stage",
    count: 4,
    ...(traits.other && { other: { kind: "an async iterable", count: 5 } }),
    ...(traits.inner && { inner: Array(traits.inner).fill(INNER) }),
  };
  const later = { isAsync: true, obeys: true };
  const retried = { isAsync: true, maxAttempts: 2, strategy: "SKIP_FAILED" } as const;
  const ordered = { parallel: { limit: 2, ordered: true } };
  const unordered = { parallel: { limit: 3, ordered: false, highWaterMark: 0 } };
  const isAlwaysParallel = traits.parallel === "always";
  const all: StageSpec[] = isAlwaysParallel ? [] : [base];
  if (traits.isAsync && !isAlwaysParallel) all.push({ ...base, ...later });
  if (traits.retries) all.push({ ...base, ...retried, ...(isAlwaysParallel && ordered) });
  if (traits.parallel) all.push({ ...base, ...later, ...ordered });
  if (traits.parallel) all.push({ ...base, isAsync: true, ...unordered });
  return all;
}

/** What can go wrong: as often as the program comes by where nothing does. */
async function faultsOf(program: Program): Promise<FaultSpec[]> {
  const { world } = await runProgram(program, () => {});
  return FAULT_POINTS.flatMap((point) =>
    Array.from({ length: Math.min(world.metAt(point), MOST) }, (_, at) => at + 1)
      .flatMap((nth) => (["fails", "hangs"] as const).map((kind) => ({ point, nth, kind })))
  );
}

async function checkNamed(program: Program): Promise<void> {
  try {
    await checkProgram(program);
  } catch (cause) {
    throw new Error(JSON.stringify(program), { cause });
  }
}
