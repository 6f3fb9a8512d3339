// What type tests ask of a pipeline.

import type { StreamingPipeline } from "../../mod.ts";

/** The type of the items that come out of a pipeline. */
export type OutputOf<TPipeline> = TPipeline extends
  StreamingPipeline<infer _Input, infer TOutput, infer _State, infer _Context> ? TOutput : never;

/** The type of the items that a run of a pipeline reads. */
export type InputOf<TPipeline> = TPipeline extends
  StreamingPipeline<infer TInput, infer _Output, infer _State, infer _Context> ? TInput : never;

/** The item type of each stage by its key, written as one object instead of an intersection. */
export type StateOf<TPipeline> = TPipeline extends
  StreamingPipeline<infer _Input, infer _Output, infer TState, infer _Context> ? Flat<TState>
  : never;

/** An intersection as one object. */
export type Flat<T> = { [TKey in keyof T]: T[TKey] };
