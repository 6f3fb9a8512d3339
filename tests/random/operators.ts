// The table of operators: every one that a streaming pipeline has.

import { GATHERING } from "./operators/gathering.ts";
import { KEYS } from "./operators/keys.ts";
import { OTHER_SOURCES } from "./operators/other_sources.ts";
import { PACE } from "./operators/pace.ts";
import { PER_ITEM } from "./operators/per_item.ts";
import { STEPS } from "./operators/steps.ts";
import type { Operator } from "./operator.ts";

/** The plainest first: what a failure shrinks to. */
export const OPERATORS: readonly Operator[] = [
  ...PER_ITEM,
  ...STEPS,
  ...GATHERING,
  ...OTHER_SOURCES,
  ...PACE,
  ...KEYS,
];

const BY_NAME = new Map(OPERATORS.map((operator) => [operator.name, operator]));

/** The operator of this name. */
export function findOperator(name: string): Operator {
  const operator = BY_NAME.get(name);
  if (operator === undefined) throw new Error(`There is no operator "${name}"`);
  return operator;
}
