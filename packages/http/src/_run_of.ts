import { type Many, StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { delegate } from "./_delegate.ts";

/** The items of anything that holds many, as an iterator whose `return()` closes it at once. */
export function runOf(items: Many<unknown>): AsyncGenerator<unknown, void, undefined> {
  return unwrap(StreamingPipeline.start<unknown>().execute(items));
}

/** Throws what the source has failed with, without the `StreamingError` of a stage that is internal here. */
export function unwrap<T>(
  run: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  return delegate(run, {
    toItem: (item) => item,
    toError: causeOf,
  });
}

/** What a stage has failed with; any other error as it is. */
export function causeOf(error: unknown): unknown {
  return error instanceof StreamingError ? error.cause ?? error : error;
}
