/**
 * What a pipeline of either face is made from, and what makes its runs.
 *
 * @module
 */

import type { Lineage } from "./lineage.ts";
import { type Plan, planStages } from "./plan.ts";
import { Run } from "./run.ts";
import type { RunLinks } from "./run_parts.ts";
import type { Stage } from "./stage.ts";
import { requireNewKey } from "../internal/validation.ts";
import type { RunOptions } from "../base/options.ts";
import { resolveRunOptions } from "./run_options.ts";
import type { PipelineSettings } from "./start_options.ts";

/** A pipeline without its face. */
export class Blueprint {
  readonly stages: readonly Stage[];
  readonly createContext: () => unknown;
  readonly settings: PipelineSettings;
  #plan: Plan | undefined;
  /** The plan of runs that have a lineage. */
  #tracedPlan: Plan | undefined;
  #latest: Run | undefined;

  constructor(
    stages: readonly Stage[],
    createContext: () => unknown,
    settings: PipelineSettings,
  ) {
    this.stages = stages;
    this.createContext = createContext;
    this.settings = settings;
  }

  /** The run that was made last. */
  get latest(): Run | undefined {
    return this.#latest;
  }

  /** Its stages, sorted into loops; once. */
  get plan(): Plan {
    return this.#plan ??= (this.settings.plan ?? planStages)(this.stages);
  }

  #planTraced(lineage: Lineage): Plan {
    lineage.admit(this.stages);
    return this.#tracedPlan ??= planStages(this.stages, { isTraced: true });
  }

  /** The blueprint with more stages, whose keys differ; throws where one is taken here. */
  with(stages: readonly Stage[]): Blueprint {
    for (const { operator, key } of stages) requireNewKey(operator, key, this.stages);
    return new Blueprint([...this.stages, ...stages], this.createContext, this.settings);
  }

  /** A run that has not begun; `operator` names the end, for errors. */
  createRun(
    operator: string,
    source: unknown,
    options: RunOptions | undefined,
    { onOver, outer, onOpen, lineage }: RunLinks = {},
  ): Run {
    const plan = lineage === undefined ? this.plan : this.#planTraced(lineage);
    return this.#latest = new Run({
      plan,
      source,
      createContext: this.createContext,
      settings: this.settings,
      options: resolveRunOptions(operator, options),
      onOver,
      outer,
      onOpen,
      lineage,
    });
  }
}
