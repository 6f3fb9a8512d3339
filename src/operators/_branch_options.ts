/**
 * Checks the branches of `fanOut` and `route`.
 *
 * @module
 */

import {
  isRecord,
  refuseValue,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  type Subject,
} from "../internal/validation.ts";
import { hasProperty } from "../internal/thrown.ts";
import type { BranchSettings } from "./_branch.ts";
import { toSink } from "./_sink.ts";

const OPTIONS = ["build", "whenFull", "bufferSize", "onDrop", "to"];
const POLICIES = ["wait", "dropNewest", "dropOldest", "error"];
/** One item waits while another is worked on, so that neither side is idle. */
const DEFAULT_BUFFER_SIZE = 1;

/** A branch, and what adds its stages. */
export type CheckedBranch = BranchSettings & { readonly build: (group: unknown) => unknown };

/** Resolves the branches by name, throwing for what is unknown, missing or out of bounds. */
export function resolveBranches(subject: Subject, given: unknown): CheckedBranch[] {
  if (!isRecord(given)) {
    refuseValue(subject, "branches", "an object with a branch by name", given);
  }
  const branches = Object.entries(given);
  if (branches.length === 0) {
    refuseValue(subject, "branches", "an object that is not empty", given);
  }
  return branches.map(([name, branch]) => resolveBranch(subject, name, branch));
}

function resolveBranch(subject: Subject, name: string, given: unknown): CheckedBranch {
  const isBuild = typeof given === "function" || hasProperty(given, "compose");
  const options = isBuild ? { build: given } : given;
  requireKnownOptions(subject, options, OPTIONS, `branch "${name}"`);
  const {
    build,
    whenFull = "wait",
    bufferSize = DEFAULT_BUFFER_SIZE,
    onDrop = () => {},
    to,
  } = options as Partial<Record<keyof CheckedBranch, unknown>>;
  requireFunction(subject, `${name}.build`, build);
  requireOneOf(subject, `${name}.whenFull`, whenFull, POLICIES);
  requireInteger(subject, `${name}.bufferSize`, bufferSize, 0);
  requireFunction(subject, `${name}.onDrop`, onDrop);
  return {
    name,
    build: build as CheckedBranch["build"],
    whenFull: whenFull as BranchSettings["whenFull"],
    bufferSize,
    onDrop: onDrop as BranchSettings["onDrop"],
    to: toSink(subject, `${name}.to`, to),
  };
}
