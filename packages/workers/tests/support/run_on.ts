// Runs items through a module's default export, and waits for what workers do.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { inWorkers, type InWorkersOptions } from "../../mod.ts";
import { moduleOf } from "./modules.ts";

/** A module whose types are not known. */
export type Any = { default(item: unknown): unknown };

/** Runs items through the default export of `code`, one worker at a time. */
export function runOn(
  items: readonly unknown[],
  code: string,
  options: InWorkersOptions = {},
): Promise<unknown[]> {
  return StreamingPipeline.start<unknown>()
    .use("made", inWorkers<Any>(moduleOf(code), { workers: 1, ...options } as { workers: number }))
    .executeToArray(items);
}

/** Waits for what a worker does, which takes more than turns of this one's event loop. */
export async function untilLater(what: string, condition: () => boolean): Promise<void> {
  for (let waits = 0; !condition(); waits++) {
    if (waits === 10_000) throw new Error(`It did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Keeps this thread busy: what comes meanwhile is read afterwards. */
export function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** The error of the stage. */
export async function failureOf(run: Promise<unknown>): Promise<StreamingError> {
  const error = await assertRejects(() => run, StreamingError);
  assertEquals(error.key, "made");
  return error;
}
