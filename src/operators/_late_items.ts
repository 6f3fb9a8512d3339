/**
 * Where late items go.
 *
 * @module
 */

import { complaint, type Subject } from "../internal/validation.ts";

/** What is called with each late item; what it returns is waited for. */
export function toLateSink(subject: Subject, sink: unknown): (late: object) => unknown {
  if (sink === undefined) return () => undefined;
  if (typeof sink === "function") return sink as (late: object) => unknown;
  if (typeof sink !== "object" || sink === null || !("getWriter" in sink)) {
    throw new TypeError(complaint(subject, "lateItems", "a function or a WritableStream", sink));
  }
  return async (late) => {
    // Held no longer than a write takes: other runs may write to it, and its owner closes it.
    const writer = (sink as WritableStream<object>).getWriter();
    try {
      await writer.ready;
      await writer.write(late);
    } finally {
      writer.releaseLock();
    }
  };
}
