// The worker's end of the channel, in a Web Worker or a worker thread, and the reports to the pool that the
// worker is about to end.

import { packError } from "./_packed_error.ts";
import type { FromWorker } from "./_protocol.ts";
import type { WorkerPort } from "./_worker_side.ts";

/** What is used of a worker's global object; each part is absent somewhere. */
interface WorkerScope {
  readonly process?: { getBuiltinModule?(name: string): unknown; exit?(): never };
  readonly Deno?: { exit?(): never };
  readonly Bun?: unknown;
  postMessage?(message: unknown, transfer: readonly object[]): void;
  close?(): void;
  addEventListener?(type: string, listener: (event: WorkerEvent) => void): void;
}

/** A message, an error, or a rejection that nothing has handled. */
interface WorkerEvent {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly reason?: unknown;
  preventDefault(): void;
}

/** Of a worker thread. */
interface ParentPort {
  postMessage(message: unknown, transfer: readonly object[]): void;
  on(type: "message" | "messageerror", listener: (message: unknown) => void): void;
}

/** The channel to the pool; throws where this is no worker. */
export function openPort(): WorkerPort {
  const scope = globalThis as unknown as WorkerScope;
  const parentPort = findParentPort(scope);
  if (parentPort !== undefined) {
    parentPort.on("messageerror", () => parentPort.postMessage(createUnreadable(), []));
    return {
      post: (message, transfer) => parentPort.postMessage(message, transfer),
      listen: (listener) => parentPort.on("message", listener),
    };
  }
  if (scope.postMessage === undefined || "document" in globalThis) {
    throw new TypeError("Cannot serve a module: this is not a worker");
  }
  // Taken before a module is loaded, which may put another in its place.
  const { postMessage } = scope;
  const post = (message: FromWorker, transfer: readonly object[] = []) =>
    postMessage.call(scope, message, transfer);
  reportEnd(scope, post);
  scope.addEventListener!("messageerror", () => post(createUnreadable()));
  return {
    post,
    listen: (listener) => scope.addEventListener!("message", ({ data }) => listener(data)),
  };
}

/** Which item it held is not known: no answer to it would come. */
function createUnreadable(): FromWorker {
  const error = new Error("What was sent to the worker cannot be read");
  return { type: "headrace:crashed", error: packError(error) };
}

/** A worker thread has one. Deno and Bun have the module as well, and a Web Worker's global object. */
function findParentPort({ process, Deno, Bun }: WorkerScope): ParentPort | undefined {
  if (Deno !== undefined || Bun !== undefined) return undefined;
  const threads = process?.getBuiltinModule?.("node:worker_threads");
  return (threads as { readonly parentPort?: ParentPort | null } | undefined)?.parentPort ??
    undefined;
}

/**
 * Reports an error outside of an item, which ends some workers and not others, and the end of a
 * worker that ends itself, for which Web Workers have no event.
 */
function reportEnd(scope: WorkerScope, post: (message: FromWorker) => void): void {
  const report = (error: unknown) => post({ type: "headrace:crashed", error: packError(error) });
  for (const type of ["error", "unhandledrejection"]) {
    scope.addEventListener!(type, (event) => {
      event.preventDefault();
      report(event.error ?? event.reason);
    });
  }
  const ways = [[scope, "close"], [scope.Deno, "exit"], [scope.process, "exit"]] as const;
  for (const [holder, name] of ways) {
    const end = (holder as Record<string, unknown> | undefined)?.[name];
    if (typeof end !== "function") continue;
    const value = (...args: unknown[]) => {
      report(new Error(`The worker has called ${name}()`));
      return end.apply(holder, args);
    };
    try {
      Object.defineProperty(holder, name, { value, configurable: true, writable: true });
    } catch {
      // A runtime that does not let it be replaced has an event for it.
    }
  }
}
