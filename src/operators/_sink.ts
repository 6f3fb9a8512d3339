/**
 * Where a stage sends items that it does not emit.
 *
 * @module
 */

import { callSink, isWritable, SharedStream } from "../internal/sinks.ts";
import { refuseValue, type Subject } from "../internal/validation.ts";

/** What is called with each item, where `option` names a sink; what it returns is waited for. */
export function toSink(
  subject: Subject,
  option: string,
  sink: unknown,
): ((item: unknown) => unknown) | undefined {
  if (sink === undefined) return undefined;
  if (typeof sink === "function") return callSink(sink as (item: never) => unknown);
  if (!isWritable(sink)) {
    refuseValue(subject, option, "a function or a WritableStream", sink);
  }
  const stream = new SharedStream(sink);
  return (item) => stream.write(item);
}
