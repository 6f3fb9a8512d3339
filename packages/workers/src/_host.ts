// Starts workers on any runtime: Web Workers on Deno, Bun and in browsers, worker threads on Node.

import { INLINE_SOURCE } from "./_inline_source.ts";
import { show } from "./_options.ts";
import type { ToWorker } from "./_protocol.ts";

/**
 * A worker that a program has made itself: a Web Worker, or a `Worker` of `node:worker_threads`.
 *
 * @category Workers
 */
export interface WorkerLike {
  /** Sends a message. */
  postMessage(message: unknown, transfer: object[]): void;
  /** Ends it. */
  terminate(): unknown;
}

/** What happens to a worker. */
export interface WorkerListener {
  /** Of whatever is sent: what runs in it may send messages of its own. */
  receive(message: unknown): void;
  /** It is dead, or must be ended: for this error, where there is one. */
  die(error: unknown): void;
}

/** A worker, the same on every runtime. */
export interface HostedWorker {
  post(message: ToWorker, transfer: readonly object[]): void;
  /** Whether it keeps the process from ending, where a runtime can say so. */
  hold(isHeld: boolean): void;
  /** What it runs has been loaded. */
  loaded(): void;
  terminate(): Promise<void>;
}

/** What is used of a worker; each method is absent somewhere. */
interface AnyWorker extends WorkerLike {
  addEventListener?(type: string, listener: (event: WorkerEvent) => void): void;
  on?(type: string, listener: (value: unknown) => void): void;
  ref?(): void;
  unref?(): void;
}

interface WorkerEvent {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly message?: string;
  preventDefault(): void;
}

interface Platform {
  readonly Worker?: new (url: string, options: { type: "module" }) => AnyWorker;
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

interface WorkerThreads {
  readonly Worker: new (source: string, options: { eval: true }) => AnyWorker;
}

/** Starts the worker that `create` makes, or one that loads the module that it is sent. */
export function hostWorker(
  create: (() => WorkerLike) | undefined,
  listener: WorkerListener,
): HostedWorker {
  const { worker, loaded } = create === undefined
    ? startInline()
    : { worker: requireWorker(create()) };
  listenTo(worker, listener);
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    hold: (isHeld) => isHeld ? worker.ref?.() : worker.unref?.(),
    loaded: () => loaded?.(),
    async terminate() {
      loaded?.();
      await worker.terminate();
    },
  };
}

/** Throws for what cannot be listened to, sent to or ended. */
function requireWorker(made: unknown): AnyWorker {
  const worker = (made ?? {}) as Partial<AnyWorker>;
  const methods = [worker.postMessage, worker.terminate, worker.addEventListener ?? worker.on];
  if (methods.every((method) => typeof method === "function")) return worker as AnyWorker;
  throw new TypeError(`the function must return a Worker, and has returned ${show(made)}`);
}

/**
 * The source is a text and not a file next to this one, so that it is found however a program is
 * bundled.
 */
function startInline(): { worker: AnyWorker; loaded?: () => void } {
  const { Worker, process } = globalThis as unknown as Platform;
  if (Worker !== undefined) {
    const url = URL.createObjectURL(new Blob([INLINE_SOURCE], { type: "text/javascript" }));
    return { worker: new Worker(url, { type: "module" }), loaded: () => URL.revokeObjectURL(url) };
  }
  const threads = process?.getBuiltinModule?.("node:worker_threads") as WorkerThreads | undefined;
  if (threads === undefined) {
    throw new TypeError("this runtime has neither Web Workers nor node:worker_threads");
  }
  return { worker: new threads.Worker(INLINE_SOURCE, { eval: true }) };
}

function listenTo(worker: AnyWorker, { receive, die }: WorkerListener): void {
  const unreadable = () => die(new Error("What the worker has sent cannot be read"));
  if (worker.addEventListener !== undefined) {
    worker.addEventListener("message", ({ data }) => receive(data));
    worker.addEventListener("messageerror", unreadable);
    worker.addEventListener("error", (event) => {
      // Deno would end the program for it.
      event.preventDefault();
      die(event.error ?? new Error(event.message ?? "The worker cannot be started"));
    });
    // Bun alone has it.
    worker.addEventListener("close", () => die(undefined));
    return;
  }
  worker.on!("message", (data) => receive(data));
  worker.on!("messageerror", unreadable);
  // The error may overtake messages that were sent before it; the end does not.
  let failure: { readonly error: unknown } | undefined;
  worker.on!("error", (error) => failure = { error });
  worker.on!("exit", (code) => {
    const ended = new Error(`The worker has ended with the exit code ${code}`);
    die(failure === undefined ? ended : failure.error);
  });
}
