import { type Many, StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { delegate } from "./_delegate.ts";
import { complaint } from "./_options.ts";

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

/**
 * `items` of the function `name`, a run as an iterator of its own; throws unless they are many.
 * `ofPipeline` says what to do where they are a pipeline.
 */
export function requireMany(name: string, items: unknown, ofPipeline: string): Many<unknown> {
  const isMany = typeof items === "object" && items !== null &&
    (Symbol.asyncIterator in items || Symbol.iterator in items || "getReader" in items);
  if (isMany) {
    // What can be opened is left alone where it is not read, but a run must be closed: by its
    // iterator.
    const isRun = Symbol.asyncDispose in items && !("next" in items);
    // The cast: that of a run is one of its own.
    return isRun
      ? (items as AsyncIterable<unknown>)[Symbol.asyncIterator]() as AsyncGenerator<unknown>
      : items as Many<unknown>;
  }
  const hasExecute = typeof (items as { execute?: unknown } | undefined)?.execute === "function";
  const hint = hasExecute ? `; ${ofPipeline}` : "";
  const rule = "a run, an iterable, an async iterable or a web stream";
  throw new TypeError(complaint(name, "its first argument", rule, items) + hint);
}
