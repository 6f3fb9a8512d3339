import type { PipelineRun } from "@headrace/pipeline";

/** What is sent while there is nothing else, so that no proxy takes the connection for dead. */
export interface Heartbeat {
  readonly bytes: Uint8Array;
  /** How long nothing was sent before it. */
  readonly afterMs: number;
}

/**
 * Sends what comes out of a run, until it ends or the client has left; either way the run is closed.
 * The response of a run that fails breaks off, so that no client takes it for complete.
 *
 * Written by hand, because `pipeTo` holds on to memory for each chunk (workerd 1.20261023).
 */
export async function send(
  run: PipelineRun<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  left: AbortSignal,
  { bytes: beat, afterMs }: Heartbeat,
): Promise<void> {
  const writer = writable.getWriter();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const beatLater = () => {
    // The write of a heartbeat may end while an item is written: both start the timer.
    clearTimeout(timer);
    timer = setTimeout(() => writer.write(beat).then(beatLater, () => {}), afterMs);
  };
  try {
    beatLater();
    for await (const bytes of run) {
      clearTimeout(timer);
      await writer.write(bytes);
      beatLater();
    }
    clearTimeout(timer);
    await writer.close();
  } catch (error) {
    await writer.abort(error);
    if (!left.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (left.aborted) console.warn("The client has left: the run is closed");
}
