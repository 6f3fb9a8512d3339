import type { Stage } from "../engine/stage.ts";
import { RunnablePipeline } from "./runnable_pipeline.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";

/**
 * The stages that look at the time: the part of `StreamingPipeline` that is about pace.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class PacedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends RunnablePipeline<TInitialInput, TCurrentOutput> {
  /**
   * Returns a pipeline with one more stage; its types are made by the signatures alone.
   *
   * @internal
   */
  // deno-lint-ignore no-explicit-any -- as above
  protected abstract append(stage: Stage): StreamingPipeline<any, any, any, any>;
}
