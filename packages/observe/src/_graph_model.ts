// What a graph of a pipeline has in it, whatever it is drawn with.

import { explain, type PlanExplanation, type StageExplanation } from "@headrace/pipeline/core";
import type { ObservedRun, PipelineMetadata } from "@headrace/pipeline";
import type { RunFigures, StageFigures } from "./figures.ts";
import { hasMethod, show } from "./_options.ts";
import { RunView, viewMetadata } from "./_run_view.ts";
import { formatCount, formatMs } from "./_text.ts";

/** A stage in a graph. */
export interface GraphNode {
  readonly key: string;
  /** What is known of it, a line each. */
  readonly lines: readonly string[];
  readonly hasFailed: boolean;
}

/** A graph: a chain of stages, in groups that share a loop. */
export interface GraphModel {
  readonly groups: readonly (readonly GraphNode[])[];
  /** What goes along the edges, from the source to the end: one more than there are stages. */
  readonly edges: readonly (string | undefined)[];
}

/** A stage of a plan; of a batch pipeline nothing but its key is known. */
type PlannedStage = Pick<StageExplanation, "key"> & Partial<StageExplanation>;

/** Reads the stages of a pipeline, a plan, a run or its metadata; throws for anything else. */
export function readModel(subject: string, what: unknown, metadata: unknown): GraphModel {
  const figures = readFigures(metadata === undefined ? what : metadata);
  if (figures === undefined && metadata !== undefined) {
    throw new TypeError(`${subject}: metadata must be that of a run, got ${show(metadata)}`);
  }
  const groups = readPlan(what) ?? figures?.stages.map((stage) => [plan(stage)]);
  if (groups === undefined) {
    throw new TypeError(
      `${subject}: it needs a pipeline, explain(pipeline), a run or its metadata, got ${
        show(what)
      }`,
    );
  }
  const byKey = new Map(figures?.stages.map((stage) => [stage.key, stage]));
  const keys = groups.flat().map(({ key }) => key);
  return {
    groups: groups.map((group) => group.map((stage) => toNode(stage, byKey.get(stage.key)))),
    edges: [undefined, ...keys].map((key, index) => {
      const after = byKey.get(keys[index] ?? "");
      const before = key === undefined ? undefined : byKey.get(key);
      const count = before === undefined ? after?.inputCount : before.outputCount;
      return count === undefined ? undefined : formatCount(count);
    }),
  };
}

/** Figures of a run, of its metadata, or as an account has them. */
function readFigures(given: unknown): RunFigures | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  if (Array.isArray((given as RunFigures).stages)) return given as RunFigures;
  if (hasMethod(given, "figures")) return (given as { figures(): RunFigures }).figures();
  if (hasMethod(given, "metadata")) return new RunView(given as ObservedRun).read();
  if (!Array.isArray((given as PipelineMetadata).steps)) return undefined;
  return viewMetadata(given as PipelineMetadata).read();
}

function readPlan(what: unknown): readonly (readonly PlannedStage[])[] | undefined {
  if (Array.isArray((what as PlanExplanation | null)?.loops)) {
    return toGroups(what as PlanExplanation);
  }
  if (!hasMethod(what, "getStageNames")) return undefined;
  // The stages of a batch pipeline work one after the other, each on a whole value: there are no loops.
  if (!hasMethod(what, "executeToArray")) {
    return (what as { getStageNames(): string[] }).getStageNames().map((key) => [{ key }]);
  }
  return toGroups(explain(what as Parameters<typeof explain>[0]));
}

function toGroups({ loops }: PlanExplanation): readonly (readonly PlannedStage[])[] {
  return loops.map(({ head, stages }) => head === undefined ? stages : [head, ...stages])
    .filter((group) => group.length > 0);
}

function plan({ key, operator }: StageFigures): PlannedStage {
  return operator === undefined ? { key } : { key, operator };
}

function toNode(stage: PlannedStage, figures: StageFigures | undefined): GraphNode {
  const { key, operator, concurrencyLimit = 1, isOrdered = true } = stage;
  const pace = concurrencyLimit > 1
    ? `${formatCount(concurrencyLimit)} at a time${isOrdered ? "" : ", as they finish"}`
    : undefined;
  const what = [operator, pace].filter((part) => part !== undefined).join(", ");
  return {
    key,
    lines: [...(what === "" ? [] : [what]), ...(figures === undefined ? [] : describe(figures))],
    hasFailed: (figures?.errorCount ?? 0) > 0,
  };
}

function describe(stage: StageFigures): string[] {
  const { p50DurationMs, p95DurationMs } = stage.timing;
  const counts = ([
    [stage.inFlightCount, "in flight"],
    [stage.droppedCount, "dropped"],
    [stage.errorCount, "failed"],
    [stage.retryCount, "retried"],
    [stage.abandonedCount, "given up"],
  ] as const).filter(([count]) => count > 0).map(([count, what]) =>
    `${formatCount(count)} ${what}`
  );
  const times = p50DurationMs === undefined || p95DurationMs === undefined
    ? []
    : [`p50 ${formatMs(p50DurationMs)}, p95 ${formatMs(p95DurationMs)}`];
  return [...(counts.length === 0 ? [] : [counts.join(", ")]), ...times];
}
