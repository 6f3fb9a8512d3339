// The messages between a pool and its workers.

import type { PackedError } from "./_packed_error.ts";

/** What the types of messages begin with: a module, or the program that made the worker, may send its own. */
const PREFIX = "headrace:";

/** Whether a message is one of these, and not one of a program's own. */
export function isOurs<TMessage extends FromWorker | ToWorker>(
  message: unknown,
): message is TMessage {
  if (typeof message !== "object" || message === null) return false;
  const { type } = message as { readonly type?: unknown };
  return typeof type === "string" && type.startsWith(PREFIX);
}

/**
 * Throws where a buffer was moved before. Node 20 takes it again, and its message cannot be read where it
 * arrives.
 */
export function requireAttached(transfers: readonly object[]): void {
  for (const each of transfers) {
    // A view of a buffer that is not there any more throws.
    if (each instanceof ArrayBuffer && each.byteLength === 0) new Uint8Array(each);
  }
}

/** What a pool sends. */
export type ToWorker = StartMessage | RunMessage | AbortMessage;

/** What a worker sends. */
export type FromWorker =
  /** It listens. */
  | { readonly type: "headrace:hello" }
  /** Its module is loaded; the names are those of the functions that it exports. */
  | { readonly type: "headrace:ready"; readonly names: readonly string[] }
  /** Its module cannot be loaded. */
  | { readonly type: "headrace:failed"; readonly error: PackedError }
  | ResultsMessage
  /** Something outside of an item has failed, or the worker ends itself. */
  | { readonly type: "headrace:crashed"; readonly error: PackedError };

/** Asks for the module to be loaded; a worker that serves a module of its own is given none. */
export interface StartMessage {
  readonly type: "headrace:start";
  readonly url: string | undefined;
}

/** Items to work on, one after the other. */
export interface RunMessage {
  readonly type: "headrace:run";
  /** The export to call. */
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the results come in one message; else each comes before the next item begins. */
  readonly isGathered: boolean;
  readonly ids: readonly number[];
  readonly indexes: readonly number[];
  readonly items: readonly unknown[];
}

/** An item is not wanted any more. */
export interface AbortMessage {
  readonly type: "headrace:abort";
  readonly id: number;
  /** The reason, as what can be sent in any case. */
  readonly name: string;
  readonly message: string;
}

/** What has become of items, in the order in which they were sent. */
export interface ResultsMessage {
  readonly type: "headrace:results";
  readonly results: readonly Result[];
  /** How long they have taken together. */
  readonly durationMs: number;
}

/** What has become of one item. */
export interface Result {
  readonly id: number;
  readonly value?: unknown;
  /** Absent where the item has not failed. */
  readonly error?: PackedError;
}
