import type { ObservedRun, PipelineMetadata, PipelineOf } from "@headrace/pipeline";
import type { PlanExplanation } from "@headrace/pipeline/core";
import type { Account } from "./account.ts";
import type { RunFigures } from "./figures.ts";
import { readModel } from "./_graph_model.ts";
import { toDot, toMermaid } from "./_graph_text.ts";
import { toSvg } from "./_graph_svg.ts";
import { requireChoice, requireKnown } from "./_options.ts";

const SUBJECT = "Cannot draw a graph";
const FORMATS = { mermaid: toMermaid, dot: toDot, svg: toSvg } as const;

/**
 * What has the figures of a run: a run, its metadata, or its account.
 *
 * @category Graph
 */
export type Measured = ObservedRun | PipelineMetadata | RunFigures | Account;

/**
 * What a graph can be drawn of. Of a pipeline its loops are known, of a run its figures.
 *
 * @category Graph
 */
export type Drawable =
  | PipelineOf<never, unknown>
  | PlanExplanation
  | { getStageNames(): string[] }
  | Measured;

/**
 * Options of {@linkcode graph}.
 *
 * @category Graph
 */
export interface GraphOptions {
  /** What it is written in. @default {"mermaid"} */
  readonly format?: "mermaid" | "dot" | "svg" | undefined;
  /** The figures that it shows, beside what the pipeline says. */
  readonly metadata?: Measured | undefined;
}

/**
 * Draws a pipeline: its stages in order, those that share a loop together, and with the figures of a run
 * how many items went along each edge, what was dropped or has failed, and how long calls took.
 *
 * @param what A pipeline of either kind, what `explain` says of it, a run, its metadata or its account.
 * @param options What it is written in, and the figures that it shows.
 * @returns Text: Mermaid, DOT for Graphviz, or an SVG document with nothing in it but shapes and text.
 * @throws {TypeError} If there is nothing to draw, or an option is not valid.
 * @category Graph
 *
 * @example A graph with figures
 * ```ts
 * import { graph } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { verbosity: "counts" } })
 *   .filter("even", (number) => number % 2 === 0);
 * await pipeline.executeToArray([1, 2, 3]);
 *
 * const text = graph(pipeline, { metadata: await pipeline.getMetadata() });
 * assertEquals(text.split("\n").filter((line) => line.includes("--")), [
 *   '  source -- "3" --> stage0',
 *   '  stage0 -- "1" --> output',
 * ]);
 * ```
 */
export function graph(what: Drawable, options: GraphOptions = {}): string {
  requireKnown(SUBJECT, options, ["format", "metadata"]);
  const { format = "mermaid", metadata } = options;
  requireChoice(SUBJECT, "format", format, Object.keys(FORMATS));
  return FORMATS[format](readModel(SUBJECT, what, metadata));
}
