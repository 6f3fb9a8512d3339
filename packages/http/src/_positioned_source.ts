// Sources that are read from a position on, and again after a failure.

import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { retrySource, type RetrySourceOptions } from "@headrace/pipeline/sources";
import { closable } from "./_closable.ts";
import { delegate } from "./_delegate.ts";
import { complaint } from "./_options.ts";

/** As browsers do: again and again, ever more slowly. */
const RECONNECT: RetrySourceOptions = { maxAttempts: Number.MAX_SAFE_INTEGER };

/** What a source is made of. */
export interface SourceParts<T, TPosition> {
  /** Throws for a position that is not valid; called when the source is opened. */
  readonly requirePosition?: (from: TPosition) => void;
  /** Called once per opening; what it returns reads the items after a position, once per attempt. */
  readonly createReader: (
    signal: AbortSignal,
  ) => (from: TPosition | undefined) => AsyncGenerator<Positioned<T, TPosition>, void, undefined>;
  /** Absent where a failure is not retried. */
  readonly retry: number | RetrySourceOptions | undefined;
  /** What is thrown in place of the last failure. */
  readonly toError?: (error: unknown) => unknown;
}

/** A source that is read with `for await`, by a pipeline, or from a position. */
interface Source<T, TPosition> extends AsyncIterable<T>, PositionedSource<T, TPosition> {
  open(
    from: TPosition | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<T, TPosition>, void, undefined>;
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

/** Makes a source; throws at once where `retry` is not valid. */
export function createSource<T, TPosition>(
  { requirePosition, createReader, retry, toError }: SourceParts<T, TPosition>,
): Source<T, TPosition> {
  // It checks its options, and opens nothing yet.
  if (retry !== undefined) retrySource(() => [], retry);
  const open: Source<T, TPosition>["open"] = (from, signal) => {
    if (from !== undefined) requirePosition?.(from);
    return closable((signal) => {
      const read = createReader(signal);
      if (retry === undefined) return read(from);
      const items = retrySource<Positioned<T, TPosition>>(
        ({ last }) => read(last?.position ?? from),
        retry,
      );
      return toError === undefined ? items : delegate(items, { toItem: (item) => item, toError });
    }, signal);
  };
  return {
    open,
    [Symbol.asyncIterator]: () => delegate(open(undefined), { toItem: ({ item }) => item }),
  };
}

/** The option `reconnect` as `retry` of {@linkcode SourceParts}. */
export function readReconnect(
  name: string,
  given: boolean | RetrySourceOptions,
): RetrySourceOptions | undefined {
  if (typeof given === "boolean") return given ? RECONNECT : undefined;
  if (typeof given === "object" && given !== null) return given;
  throw new TypeError(complaint(name, "reconnect", "a boolean, or how it is retried", given));
}
