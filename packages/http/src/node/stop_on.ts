import process from "node:process";
import { complaint } from "../_options.ts";

const NAME = "stopOn()";

/**
 * A signal by which a process is asked to end.
 *
 * @category Node
 */
export type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGBREAK" | "SIGUSR2" | "SIGQUIT";

/**
 * What {@linkcode stopOn} returns: both signals are options of every end.
 *
 * @category Node
 */
export interface Stopping {
  /** Aborted at the first signal: a run is stopped, and what is in flight comes out. */
  readonly stop: AbortSignal;
  /** Aborted at the second one: a run is aborted. */
  readonly signal: AbortSignal;
  /** Removes the listeners; from then on a signal ends the process, as it does by default. */
  readonly close: () => void;
}

/**
 * Ends runs when the process is asked to end: the first signal drains them, the second aborts them, and a
 * third ends the process as signals do.
 *
 * With the first one a run closes its source, and what is in flight comes out, for which it has
 * `closeTimeoutMs`. Close the listener when the work is done: until then the process does not end by a signal.
 *
 * @param signals What is listened for, such as `"SIGTERM"`. @default {["SIGTERM", "SIGINT"]}
 * @returns Options of `run` and of every end.
 * @throws {TypeError} If a signal is not known.
 * @category Node
 *
 * @example A consumer that is stopped
 * ```ts
 * import { stopOn } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().batch("rows", 2);
 * const stopping = stopOn("SIGTERM");
 * const stored: number[][] = [];
 * try {
 *   const { stop, signal } = stopping;
 *   await pipeline.executeForEach([1, 2, 3], (rows) => void stored.push(rows), { stop, signal, closeTimeoutMs: 20_000 });
 * } finally {
 *   stopping.close();
 * }
 * assertEquals(stored, [[1, 2], [3]]);
 * ```
 */
export function stopOn(
  signals: StopSignal | readonly StopSignal[] = ["SIGTERM", "SIGINT"],
): Stopping {
  const names = typeof signals === "string" ? [signals] : signals;
  const known: readonly string[] = [
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "SIGBREAK",
    "SIGUSR2",
    "SIGQUIT",
  ];
  const isKnown = Array.isArray(names) && names.length > 0 &&
    names.every((name) => known.includes(name));
  if (!isKnown) {
    throw new TypeError(complaint(NAME, "signals", `some of ${known.join(", ")}`, signals));
  }
  const stop = new AbortController();
  const abort = new AbortController();
  const listen = (method: "on" | "off") => {
    for (const name of names) process[method](name, onSignal);
  };
  const onSignal = (name: string): void => {
    const reason = new DOMException(`The process has got ${name}`, "AbortError");
    if (!stop.signal.aborted) return stop.abort(reason);
    listen("off");
    abort.abort(reason);
  };
  listen("on");
  return { stop: stop.signal, signal: abort.signal, close: () => listen("off") };
}
