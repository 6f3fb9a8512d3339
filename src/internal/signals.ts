/**
 * What the library needs to know about abort signals.
 *
 * @module
 */

import { readProperty } from "./thrown.ts";

/** Whether a value does what an `AbortSignal` does, whichever realm or polyfill made it. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return typeof readProperty(value, "aborted") === "boolean" &&
    typeof readProperty(value, "addEventListener") === "function" &&
    typeof readProperty(value, "removeEventListener") === "function";
}

/** Why a signal is aborted; older polyfills give no reason. */
export function readReason({ reason }: Pick<AbortSignal, "reason">): unknown {
  return reason === undefined ? new DOMException("The run was aborted", "AbortError") : reason;
}

/**
 * Why what is open is closed before its end. Made once: making one reads the stack, which takes longer
 * than a short run does.
 */
export const NOT_WANTED: DOMException = new DOMException("No more items are wanted", "AbortError");

/**
 * Aborts with any reason. workerd 1.20261023 reads its name and its stack, and aborts nothing where
 * that throws.
 */
export function abortWith(controller: AbortController, reason: unknown): void {
  try {
    controller.abort(reason);
  } catch {
    controller.abort(new DOMException("The reason of the abort cannot be read", "AbortError"));
  }
}
