/**
 * Where a stage sends items that it does not emit.
 *
 * @module
 */

import { isWritable, SharedStream } from "../internal/sinks.ts";
import { refuseValue, type Subject } from "../internal/validation.ts";

/** What is called with each item, where `option` names a sink; what it returns is waited for. */
export function toSink(
  subject: Subject,
  option: string,
  sink: unknown,
): ((item: unknown) => unknown) | undefined {
  if (sink === undefined || typeof sink === "function") return sink as (item: unknown) => unknown;
  if (!isWritable(sink)) {
    refuseValue(subject, option, "a function or a WritableStream", sink);
  }
  const stream = new SharedStream(sink);
  return (item) => stream.write(item);
}
