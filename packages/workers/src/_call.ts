// One item that is sent to a worker, until its result is back.

import { startLateTimer } from "./_late_timer.ts";

/** What is asked of a pool for an item. */
export interface Request {
  /** The export to call. */
  readonly name: string;
  readonly item: unknown;
  readonly index: number;
  /** Absent where nothing aborts it: listeners of one signal for all would be searched at each call. */
  readonly signal: AbortSignal | undefined;
  readonly traceId: string;
  readonly spanId: string;
  /** What of the item is moved instead of copied. */
  readonly transfer: readonly object[];
  /** How long a worker may work on it; absent where it may take for ever. */
  readonly timeoutMs: number | undefined;
}

/** The worker that has the item. */
export interface CallHolder {
  /** Its result is not wanted any more, for `reason`. */
  abort(call: Call, reason: unknown): void;
}

/** A request, and the promise of what comes of it. */
export class Call {
  readonly id: number;
  readonly request: Request;
  readonly promise: Promise<unknown>;
  /** Absent while it waits in the pool. */
  holder: CallHolder | undefined;
  /** Why its result is not wanted any more. */
  aborted: { readonly reason: unknown } | undefined;
  readonly #onDrop: (call: Call) => void;
  #stopTimer = (): void => {};
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  /** `onDrop` is called where it is aborted while it waits in the pool. */
  constructor(id: number, request: Request, onDrop: (call: Call) => void) {
    this.id = id;
    this.request = request;
    this.#onDrop = onDrop;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    request.signal?.addEventListener("abort", this.#onAbort);
  }

  /** A worker begins with it. */
  begin(holder: CallHolder): void {
    this.holder = holder;
    const { timeoutMs } = this.request;
    if (timeoutMs === undefined) return;
    this.#stopTimer = startLateTimer(() => {
      const error = new DOMException(`No answer within ${timeoutMs} ms`, "TimeoutError");
      this.#abort(error);
      // The caller does not wait until the worker has obeyed.
      this.fail(error);
    }, timeoutMs);
  }

  /** It is back in the pool, without having begun. */
  putBack(): void {
    this.#stopTimer();
    this.holder = undefined;
  }

  succeed(value: unknown): void {
    if (this.aborted !== undefined) return this.fail(this.aborted.reason);
    this.#end();
    this.#resolve(value);
  }

  /** Rejects with the reason of its abort, where it was aborted, else with `error`. */
  fail(error: unknown): void {
    this.#end();
    this.#reject(this.aborted === undefined ? error : this.aborted.reason);
  }

  readonly #onAbort = (): void => this.#abort(this.request.signal?.reason);

  #abort(reason: unknown): void {
    if (this.aborted !== undefined) return;
    this.aborted = { reason };
    if (this.holder !== undefined) return this.holder.abort(this, reason);
    this.#onDrop(this);
    this.fail(reason);
  }

  #end(): void {
    this.#stopTimer();
    this.request.signal?.removeEventListener("abort", this.#onAbort);
  }
}
