import type { ItemFunction, Stage } from "../engine/stage.ts";
import { requireFunction, requireKey } from "../internal/validation.ts";
import { type CheckedBranch, resolveBranches } from "./_branch_options.ts";
import { Branches } from "./_branches.ts";
import type { GroupRunner } from "./_groups.ts";

/** Makes what runs the pipelines of the branches. */
export type BranchRunner = (branches: readonly CheckedBranch[]) => GroupRunner;

/** What the caller of `route` gave. */
export interface RouteParts {
  readonly key: string;
  readonly choose: unknown;
  readonly branches: unknown;
  readonly run: BranchRunner;
}

/** What one of several pipelines makes of each item, as a function chooses. */
export function createRouteStage({ key, choose, branches: given, run }: RouteParts): Stage {
  requireKey("route", key);
  const subject = { operator: "route", key };
  requireFunction(subject, "choose", choose);
  const branches = resolveBranches(subject, given);
  const settings = { branches, choose: choose as ItemFunction, run: run(branches) };
  const base = { key, name: key, operator: "route" };
  return {
    kind: "stream",
    ...base,
    open: (context, control) => new Branches(settings, context, control),
  };
}
