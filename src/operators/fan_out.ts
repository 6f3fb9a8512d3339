import type { Stage } from "../engine/stage.ts";
import { requireKey } from "../internal/validation.ts";
import { resolveBranches } from "./_branch_options.ts";
import { Branches } from "./_branches.ts";
import type { BranchRunner } from "./route.ts";

/** What several pipelines make of the items, each of which goes to all of them. */
export function createFanOutStage(key: string, given: unknown, run: BranchRunner): Stage {
  requireKey("fanOut", key);
  const branches = resolveBranches({ operator: "fanOut", key }, given);
  const settings = { branches, choose: undefined, run: run(branches) };
  const base = { key, name: key, operator: "fanOut" };
  return {
    kind: "stream",
    ...base,
    open: (context, control) => new Branches(settings, context, control),
  };
}
