/**
 * Traces and metrics of runs by OpenTelemetry.
 *
 * @example Tracing every run of a pipeline
 * ```ts
 * import { openTelemetry } from "@headrace/observe/open_telemetry";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const observer = openTelemetry({ name: "double" });
 * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
 *
 * assertEquals(await pipeline.executeToArray([1, 2], { observer }), [2, 4]);
 * ```
 *
 * @module
 */

export { openTelemetry, type OpenTelemetryOptions } from "./open_telemetry.ts";
export { type TraceCarrier, type TraceIds, traceparent } from "./traceparent.ts";
