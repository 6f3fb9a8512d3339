import type { PipelineRun } from "@headrace/pipeline";

/**
 * Sends what comes out of a run, until it ends or the client has left; either way the run is closed.
 * The response of a run that fails breaks off, so that nobody takes it for complete.
 *
 * Written by hand, because `pipeTo` holds on to memory for each chunk (workerd 1.20261023).
 */
export async function send(
  run: PipelineRun<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  left: AbortSignal,
): Promise<void> {
  const writer = writable.getWriter();
  try {
    for await (const bytes of run) await writer.write(bytes);
    await writer.close();
  } catch (error) {
    await writer.abort(error);
    if (!left.aborted) throw error;
  }
  if (left.aborted) console.warn("The client has left: the run is closed");
}
