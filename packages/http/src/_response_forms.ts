// The forms of an answer: what its head says, and how its items are written.

import { toJsonArray, toNdjson, toSse } from "@headrace/formats";
import { type Many, type Operator, StreamingPipeline } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import type { OnError } from "./_on_error.ts";
import { isBytes } from "./_options.ts";
import { unwrap } from "./_run_of.ts";

/** One form. */
export interface Form {
  readonly type: string;
  /** Absent where items go out as they are. */
  readonly encode?: () => Operator<never, string>;
  /** What readers ignore; absent where the form has nothing of the kind. */
  readonly heartbeat?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** All of them, by the option `as`. */
export const FORMS: Readonly<Record<"ndjson" | "json" | "sse" | "text" | "bytes", Form>> = {
  ndjson: { type: "application/x-ndjson", encode: toNdjson, heartbeat: "\n" },
  json: { type: "application/json", encode: toJsonArray, heartbeat: " " },
  sse: {
    type: "text/event-stream",
    encode: toSse,
    heartbeat: ":\n\n",
    // nginx buffers the answers that it proxies unless this header forbids it.
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" },
  },
  text: { type: "text/plain; charset=utf-8", encode: () => map(requireText) },
  bytes: { type: "application/octet-stream" },
};

/** The headers of a form. */
export function headersOf({ type, headers }: Form): Headers {
  return new Headers({ "content-type": type, "x-content-type-options": "nosniff", ...headers });
}

/** Runs the encoder of a form over the items, and over the item that replaces a failure. */
export function encode(
  items: Many<unknown>,
  { encode }: Form,
  onError: OnError,
): AsyncGenerator<string | Uint8Array, void, undefined> {
  const read = StreamingPipeline.start<unknown>();
  const given = onError.replaceFailure(items);
  if (encode === undefined) return unwrap(read.map("bytes", requireBytes).execute(given));
  return unwrap(read.use("record", encode() as Operator<unknown, string>).execute(given));
}

function requireText(item: unknown): string {
  if (typeof item === "string") return item;
  throw new TypeError(`Cannot send an item as text: it must be a string, got ${typeof item}`);
}

function requireBytes(item: unknown): Uint8Array {
  if (isBytes(item)) return item;
  throw new TypeError(`Cannot send an item as bytes: it must be a Uint8Array, got ${typeof item}`);
}
