/**
 * Tests of programs that use the library: a clock that takes no time, and jobs that are killed at
 * every point.
 *
 * @example Nothing is lost
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { durable } from "@headrace/pipeline/durable";
 * import { killAtEveryPoint } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const totals = StreamingPipeline.start<number>().scan("total", (total, n) => total + n, 0);
 * const { duplicates } = await killAtEveryPoint({
 *   createJob: (store) =>
 *     durable(totals, { id: "totals", mode: "snapshots", store, commit: { items: 2 } }),
 *   items: [1, 2, 3],
 * });
 *
 * assertEquals(duplicates, 0);
 * ```
 *
 * @module
 */

export { expectBalance } from "./balance.ts";
export { type AnyContext, type Call, type CallOptions, CallProbe } from "./call_probe.ts";
export { Chaos, chaos } from "./chaos.ts";
export { ChaosFailure, type ChaosOptions, type ChaosStep } from "./chaos_options.ts";
export { type CountedController, createCountedController } from "./counted_signal.ts";
export { killAtEveryPoint, type KilledJob, type KillReport } from "./kill_at_every_point.ts";
export type { KilledProcess, KilledWorld } from "./killed_world.ts";
export {
  type Law,
  type LawCheck,
  LawError,
  type LawOptions,
  type LawSubject,
} from "./law_options.ts";
export { operatorLaws } from "./operator_laws.ts";
export { type SinkOptions, SinkProbe } from "./sink_probe.ts";
export { SOURCE_KINDS, type SourceKind, type SourceOptions, SourceProbe } from "./source_probe.ts";
export { TestClock } from "./test_clock.ts";
export { ChaosError, type ChaosReport, underChaos, type UnderChaosOptions } from "./under_chaos.ts";
export { settle, turn, until, watch, type Watched } from "./turns.ts";
