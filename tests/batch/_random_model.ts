// What a random batch pipeline must come to, worked out on plain arrays.

import { type Behaviour, MAX_ATTEMPTS, type Scenario, type StageSpec } from "./_random_specs.ts";

/** One item's failure. */
export interface ExpectedFailure {
  readonly index: number;
  readonly code: string;
}

/** What one stage must come to. */
export interface ExpectedStage {
  readonly total: number;
  readonly success: number;
  readonly failure: number;
  readonly skipped: number;
  /** How often each item is tried, by index. */
  readonly attempts: readonly number[];
  /** Whether the list ends with its first failure. */
  readonly endsEarly: boolean;
}

/** What a pipeline must come to. */
export interface Expected {
  readonly data?: readonly unknown[];
  /** The failures of the stage that ends it: one, or all of a list that collects them. */
  readonly failures?: readonly ExpectedFailure[];
  readonly isCollected: boolean;
  readonly stages: readonly ExpectedStage[];
  /** The whole output of each stage by its key. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** What the work answers, given that it does not fail. */
export function answerOf(spec: StageSpec, behaviour: Behaviour, item: unknown): unknown {
  if (spec.method === "filter") return behaviour.count > 0;
  if (spec.method === "flatMap") return Array(behaviour.count).fill(item);
  return behaviour.isNothing ? undefined : [item];
}

/** The code of an item's failure. */
export function codeOf(behaviour: Behaviour): string {
  return behaviour.passes ? "ECONNRESET" : "NO_QUOTA";
}

/** What `scenario` must come to. */
export function predict({ input, stages }: Scenario): Expected {
  let items: readonly unknown[] = input;
  const state: Record<string, unknown> = {};
  const expected: ExpectedStage[] = [];
  for (const [position, spec] of stages.entries()) {
    const { stage, made, failures } = runStage(spec, items);
    expected.push(stage);
    const isCollected = spec.strategy === "COLLECT_ERRORS";
    if (failures.length > 0 && spec.strategy !== "SKIP_FAILED") {
      return { failures, isCollected, stages: expected, state };
    }
    items = made;
    state[`s${position}`] = made;
  }
  return { data: items, isCollected: false, stages: expected, state };
}

function runStage(spec: StageSpec, items: readonly unknown[]) {
  const made: unknown[] = [];
  const failures: ExpectedFailure[] = [];
  const attempts: number[] = [];
  let dropped = 0;
  if (spec.method === "batch and flatten") made.push(...items);
  else {
    for (const [index, item] of items.entries()) {
      const behaviour = spec.behaviours[index % spec.behaviours.length]!;
      const { count, fails } = tryItem(spec, behaviour);
      attempts.push(count);
      if (fails) {
        const code = spec.method === "filter" ? "LIST_STEP_ERROR" : codeOf(behaviour);
        failures.push({ index, code });
        if (spec.strategy === "FAIL_FAST") break;
        continue;
      }
      const answer = answerOf(spec, behaviour, item);
      if (spec.method === "flatMap") made.push(...answer as unknown[]);
      else if (spec.method !== "filter") made.push(answer);
      else if (answer) made.push(item);
      else dropped++;
    }
  }
  const endsEarly = spec.strategy === "FAIL_FAST" && failures.length > 0;
  const worked = spec.method === "batch and flatten" ? items.length : attempts.length;
  const stage: ExpectedStage = {
    total: items.length,
    success: worked - failures.length - dropped,
    failure: failures.length,
    skipped: dropped + (spec.strategy === "SKIP_FAILED" ? failures.length : 0),
    attempts,
    endsEarly,
  };
  return { stage, made, failures };
}

function tryItem({ retry }: StageSpec, { failures, passes }: Behaviour) {
  const most = retry && passes ? MAX_ATTEMPTS : 1;
  return { count: Math.min(failures + 1, most), fails: failures >= most };
}
