/**
 * Where a stage sends items that do not go on.
 *
 * @module
 */

import { complaint, type Subject } from "../internal/validation.ts";

/** What is called with each item, where `option` names a sink; what it returns is waited for. */
export function toSink(
  subject: Subject,
  option: string,
  sink: unknown,
): ((item: unknown) => unknown) | undefined {
  if (sink === undefined || typeof sink === "function") return sink as (item: unknown) => unknown;
  if (typeof sink !== "object" || sink === null || !("getWriter" in sink)) {
    throw new TypeError(complaint(subject, option, "a function or a WritableStream", sink));
  }
  return async (item) => {
    // Held no longer than a write takes: other runs may write to it, and its owner closes it.
    const writer = (sink as WritableStream<unknown>).getWriter();
    try {
      await writer.ready;
      await writer.write(item);
    } finally {
      writer.releaseLock();
    }
  };
}
