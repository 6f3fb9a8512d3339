// Kinds of sources that some laws treat apart.

import { SOURCE_KINDS, type SourceKind } from "../../src/testing/source_probe.ts";

/** The kinds that can owe an answer. */
export const ASYNC_SOURCE_KINDS: readonly SourceKind[] = SOURCE_KINDS.slice(1);

/** Those that are closed where they were passed in and never pulled: others can be opened again. */
export const CLOSED_UNREAD: ReadonlySet<SourceKind> = new Set([
  "an async generator",
  "a ReadableStream",
]);
