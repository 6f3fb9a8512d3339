import type { PipelineMetadata, StreamingMetadata } from "@headrace/pipeline";
import type { RunFigures } from "../../progress.ts";

/** A run with these figures of its stages; all others are 0. */
export function figuresOf(stages: Record<string, Partial<StreamingMetadata>>): RunFigures {
  const steps = Object.entries(stages).map(([key, figures]): StreamingMetadata => ({
    stepName: key,
    key,
    timing: { itemCount: 0, sampledCount: 0, avgDurationMs: 0 },
    inputCount: 0,
    outputCount: 0,
    passedCount: 0,
    droppedCount: 0,
    inFlightCount: 0,
    errorCount: 0,
    retryCount: 0,
    traceId: "",
    spanId: "",
    executionMode: "streaming",
    ...figures,
  }));
  const metadata: PipelineMetadata = {
    stepName: "pipeline_complete",
    steps,
    status: "completed",
    durationMs: 0,
    outputCount: 0,
    cleanupErrors: [],
    traceId: "",
  };
  return { metadata: () => metadata };
}
