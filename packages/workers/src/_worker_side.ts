// What runs in a worker: works on items one after the other and sends back what becomes of them.

import { packError } from "./_packed_error.ts";
import {
  type AbortMessage,
  type FromWorker,
  isOurs,
  requireAttached,
  type Result,
  type RunMessage,
  type ToWorker,
} from "./_protocol.ts";
import type { WorkerContext } from "./worker_context.ts";

/** The end of a worker's channel to its pool. */
export interface WorkerPort {
  post(message: FromWorker, transfer: readonly object[]): void;
  /** Called once. */
  listen(listener: (message: unknown) => void): void;
}

/** What a worker calls for an item. */
type WorkFunction = (item: unknown, index: number, context: WorkerContext) => unknown;

/** An item that has come. */
interface Task {
  readonly message: RunMessage;
  /** Its place in the message. */
  readonly at: number;
}

/** Serves the functions of a module: that of `load`, which is given the address that the pool sends. */
export function serveOn(
  port: WorkerPort,
  load: (url: string | undefined) => object | Promise<object>,
): void {
  const side = new WorkerSide(port, load);
  port.listen((message) => side.receive(message));
  port.post({ type: "headrace:hello" }, []);
}

class WorkerSide {
  readonly #port: WorkerPort;
  readonly #load: (url: string | undefined) => object | Promise<object>;
  #module: Readonly<Record<string, unknown>> = {};
  readonly #tasks: Task[] = [];
  #isRunning = false;
  /** The item that is worked on. */
  #current: ItemContext | undefined;
  /** Results that have not been sent, and what goes with them. */
  #results: Result[] = [];
  #transfers: Map<number, readonly object[]> = new Map();
  #sentAt = 0;

  constructor(port: WorkerPort, load: (url: string | undefined) => object | Promise<object>) {
    this.#port = port;
    this.#load = load;
  }

  receive(message: unknown): void {
    if (!isOurs<ToWorker>(message)) return;
    if (message.type === "headrace:start") this.#start(message.url);
    else if (message.type === "headrace:abort") this.#abort(message);
    else this.#take(message);
  }

  async #start(url: string | undefined): Promise<void> {
    try {
      this.#module = await this.#load(url) as Readonly<Record<string, unknown>>;
      const names = Object.keys(this.#module)
        .filter((name) => typeof this.#module[name] === "function");
      this.#port.post({ type: "headrace:ready", names }, []);
    } catch (error) {
      this.#port.post({ type: "headrace:failed", error: packError(error) }, []);
    }
  }

  #take(message: RunMessage): void {
    for (const at of message.ids.keys()) this.#tasks.push({ message, at });
    if (!this.#isRunning) this.#run();
  }

  #abort({ id, name, message }: AbortMessage): void {
    const reason = new DOMException(message, name);
    if (this.#current?.id === id) return this.#current.abort(reason);
    const index = this.#tasks.findIndex((task) => task.message.ids[task.at] === id);
    if (index === -1) return;
    this.#tasks.splice(index, 1);
    this.#port.post(
      { type: "headrace:results", results: [{ id, error: packError(reason) }], durationMs: 0 },
      [],
    );
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#sentAt = performance.now();
    for (let task; (task = this.#tasks.shift()) !== undefined;) {
      const result = this.#work(task);
      // What answers at once costs no turn.
      const done = result instanceof Promise ? await result : result;
      const isLast = this.#tasks[0]?.message !== task.message;
      const waits = task.message.isGathered && !isLast;
      const kept = waits ? this.#copy(done) : undefined;
      this.#results.push(kept ?? done);
      if (kept === undefined) this.#send();
    }
    this.#isRunning = false;
  }

  /**
   * What waits for other results: a copy, as the function may use again what it has returned. Nothing where
   * that cannot be: then it is sent at once.
   */
  #copy(result: Result): Result | undefined {
    const { id, value } = result;
    if (typeof value !== "object" || value === null) return result;
    if (this.#transfers.has(id)) return undefined;
    try {
      return { id, value: structuredClone(value) };
    } catch {
      return undefined;
    }
  }

  #work({ message, at }: Task): Result | Promise<Result> {
    const id = message.ids[at]!;
    const context = this.#current = new ItemContext(id, message);
    const fail = (error: unknown): Result => ({ id, error: packError(error) });
    const finish = (value: unknown): Result => {
      if (context.transfers !== undefined) this.#transfers.set(id, context.transfers);
      return { id, value };
    };
    try {
      const work = this.#module[message.name] as WorkFunction;
      const answer = work(message.items[at], message.indexes[at]!, context);
      return isThenable(answer) ? Promise.resolve(answer).then(finish, fail) : finish(answer);
    } catch (error) {
      return fail(error);
    }
  }

  #send(): void {
    const results = this.#results;
    const now = performance.now();
    const durationMs = now - this.#sentAt;
    this.#results = [];
    this.#current = undefined;
    this.#sentAt = now;
    try {
      this.#post(results, durationMs);
    } catch {
      // One that cannot be cloned keeps all from being sent.
      for (const result of results) this.#sendAlone(result, durationMs / results.length);
    }
    this.#transfers.clear();
  }

  #sendAlone(result: Result, durationMs: number): void {
    try {
      this.#post([result], durationMs);
    } catch (cause) {
      // What cannot be moved would keep its error from being sent as well.
      this.#transfers.delete(result.id);
      const error = Object.assign(
        new Error("Cannot send back what the worker has made: it cannot be cloned or transferred", {
          cause,
        }),
        { name: "WorkerError", code: "NOT_CLONEABLE", retryable: false },
      );
      this.#post([{ id: result.id, error: packError(error) }], durationMs);
    }
  }

  #post(results: readonly Result[], durationMs: number): void {
    const transfers = [...new Set(results.flatMap(({ id }) => this.#transfers.get(id) ?? []))];
    requireAttached(transfers);
    this.#port.post({ type: "headrace:results", results, durationMs }, transfers);
  }
}

/** What a function gets with one item. */
class ItemContext implements WorkerContext {
  readonly id: number;
  readonly traceId: string;
  readonly spanId: string;
  transfers: readonly object[] | undefined;
  #controller: AbortController | undefined;

  constructor(id: number, { traceId, spanId }: RunMessage) {
    this.id = id;
    this.traceId = traceId;
    this.spanId = spanId;
  }

  /** Made when it is first read: it takes longer than a small item. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** A function of its own, so that it may be taken out of the context. */
  get transfer(): WorkerContext["transfer"] {
    return (list) => {
      if (!Array.isArray(list)) {
        throw new TypeError("Cannot transfer: it needs an array of objects");
      }
      this.transfers = [...(this.transfers ?? []), ...list];
    };
  }

  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { readonly then?: unknown }).then === "function";
}
