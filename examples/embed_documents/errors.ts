/** What can go wrong, sorted by how far it reaches: one file, the whole run, or the command line. */

import { EmbeddingHttpError, RefusedTextError } from "@headrace/documents";
import { StreamingError } from "@headrace/pipeline";

/** Going on is pointless: the run stops with this message. */
export class FatalError extends Error {
  override readonly name = "FatalError";
}

/** The command was called wrongly. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One line a person can act on, never a stack. */
export function describeError(error: unknown): string {
  const root = causeOf(error);
  const hasDetail = root instanceof EmbeddingHttpError || root instanceof RefusedTextError;
  const detail = hasDetail && root.detail !== "" ? `: ${root.detail}` : "";
  const attempts = error instanceof StreamingError ? error.attempts : 1;
  const tried = attempts === 1 ? "" : ` (tried ${attempts} times)`;
  return `${reasonOf(error)}${detail}${tried}`;
}

/** The same in our own words only: nothing of a document, nothing of what a server said. */
export function reasonOf(error: unknown): string {
  const root = causeOf(error);
  const message = root instanceof Error ? root.message : String(root);
  // Only calls of the embedder have a time limit.
  if (root instanceof DOMException && root.name === "TimeoutError") {
    return `The embedding endpoint did not answer in time: ${message}`;
  }
  return FILE_SYSTEM_MESSAGES[errorCode(root)] ?? message;
}

/** Node's file system messages repeat the path and the call; these say what the user needs. */
const FILE_SYSTEM_MESSAGES: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EIO: "the disk could not read it (EIO)",
  ELOOP: "the link points back to itself (ELOOP)",
  ENOENT: "no such file (a broken link, or deleted meanwhile)",
  EPERM: "operation not permitted",
};

/** What was thrown at first. Only what the library wrapped is opened: our own messages are clearer. */
export function causeOf(error: unknown): unknown {
  let current = error;
  while (current instanceof StreamingError) current = current.cause;
  return current;
}

/** The error's `code`, or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}
