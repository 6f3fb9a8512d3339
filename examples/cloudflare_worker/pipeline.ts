import { type PipelineRun, StreamingPipeline } from "@headrace/pipeline";
import { createCalls } from "./call_service.ts";
import type { Format } from "./format.ts";
import { readEntry } from "./read_entry.ts";
import type { Settings } from "./settings.ts";
import { groupLines } from "./group_lines.ts";

const ENCODER = new TextEncoder();

/** Runs an upload: from its bytes to the bytes of the response. Ends when `signal` aborts. */
export function runUpload(
  upload: ReadableStream<Uint8Array>,
  { service, concurrentCalls, linesPerCall, maxLineLength }: Settings,
  format: Format,
  signal: AbortSignal,
): PipelineRun<Uint8Array> {
  const callService = createCalls(service);
  return StreamingPipeline.start<Uint8Array>()
    .transform("lines", groupLines({ maxLength: maxLineLength, maxGroupLines: linesPerCall }))
    .map("entries", (lines) => lines.map(readEntry))
    .map("answers", (entries, _, { signal }) => callService(entries, signal), {
      parallel: true,
      concurrencyLimit: concurrentCalls,
    })
    .map("bytes", (answers) => ENCODER.encode(answers.map(format.write).join("")))
    .run(upload, { signal });
}
