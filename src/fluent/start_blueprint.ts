import { Blueprint } from "../core/blueprint.ts";
import { createBlueprint } from "../core/pipeline.ts";
import { START_OPTIONS } from "../core/start_options.ts";
import { planArranged } from "../parts/plan_arranged.ts";
import { requireBoolean, requireKnownOptions } from "../internal/validation.ts";
import type { StartOptions } from "../base/options.ts";

const SUBJECT = { operator: "start a pipeline" };

/** What a pipeline without stages is made from; its stages are rearranged where `optimize` says so. */
export function createStartBlueprint(
  contextBuilder: (() => unknown) | undefined,
  options: StartOptions = {},
): Blueprint {
  requireKnownOptions(SUBJECT, options, [...START_OPTIONS, "optimize"]);
  // Only known options are read: reading others may run any code.
  const { optimize = false, metadata, checkpoints } = options;
  requireBoolean(SUBJECT, "optimize", optimize);
  const blueprint = createBlueprint(contextBuilder, { metadata, checkpoints });
  if (!optimize) return blueprint;
  const { createContext, settings } = blueprint;
  return new Blueprint([], createContext, {
    ...settings,
    plan: (stages) => planArranged(stages, settings.checkpoints),
  });
}
