// The families of random programs: how each is made, and what must hold of its runs.

import type fc from "fast-check";
import { ANY_PROGRAMS, EXACT_PROGRAMS, FAULTY_PROGRAMS, ITEMWISE_PROGRAMS } from "./arbitrary.ts";
import { checkProgram } from "./laws.ts";
import type { Program } from "./program.ts";
import { LIST_PROGRAMS, ONE_FAILING_PROGRAMS } from "./sides/arbitrary.ts";
import { checkAlike, checkSide } from "./sides/laws.ts";
import { SIDES } from "./sides/sides.ts";

/** A kind of programs. */
export interface Family {
  readonly name: string;
  readonly programs: fc.Arbitrary<Program>;
  /** Runs a program and throws what is wrong. */
  readonly check: (program: Program) => Promise<void>;
}

/** Those of streaming pipelines. */
export const STREAMING_FAMILIES: readonly Family[] = [
  { name: "in order", programs: EXACT_PROGRAMS, check: checkProgram },
  { name: "item by item", programs: ITEMWISE_PROGRAMS, check: checkProgram },
  { name: "every operator", programs: ANY_PROGRAMS, check: checkProgram },
  { name: "faults", programs: FAULTY_PROGRAMS, check: checkProgram },
];

/** Those of lists, on a side of the bridge or on all. */
export const LIST_FAMILIES: readonly Family[] = [
  ...SIDES.map((side) => ({
    name: `lists on ${side.name}`,
    programs: LIST_PROGRAMS,
    check: (program: Program) => checkSide(side, program),
  })),
  { name: "lists on all sides", programs: ONE_FAILING_PROGRAMS, check: checkAlike },
];

const LISTS_IN_TURN = LIST_FAMILIES.length;

/** The family that a case of a fuzz run belongs to: of five, four are of streaming pipelines. */
export function familyOf(index: number): Family {
  const { length } = STREAMING_FAMILIES;
  const turn = index % (length + 1);
  if (turn < length) return STREAMING_FAMILIES[turn]!;
  return LIST_FAMILIES[Math.floor(index / (length + 1)) % LISTS_IN_TURN]!;
}

/** The family of this name. */
export function findFamily(name: string): Family {
  const family = [...STREAMING_FAMILIES, ...LIST_FAMILIES].find((each) => each.name === name);
  if (family === undefined) throw new Error(`There is no family "${name}"`);
  return family;
}
