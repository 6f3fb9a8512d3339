// The workers of a pool, the items that wait for one, and which worker gets which.

import { Call, type Request } from "./_call.ts";
import { packError } from "./_packed_error.ts";
import { type Batch, PooledWorker, type WorkerOwner, type WorkerSource } from "./_pooled_worker.ts";
import { WorkerError } from "./worker_error.ts";

/** Items that are shorter than this go together, as many as fill it: a message costs some hundredths of it. */
const GATHER_MS = 0.5;
/** From this length on a worker gets its next item when it has finished: waiting for it costs nothing. */
const LONG_MS = 20;
/** How much the latest items count in how long one takes. */
const LATEST_SHARE = 0.2;

/** The settings of a pool, checked. */
export interface PoolSettings {
  readonly workers: number;
  readonly itemsPerWorker: number;
  readonly graceMs: number;
  readonly maxCrashes: number;
}

/** A pool. */
export class Pool implements WorkerOwner {
  readonly settings: PoolSettings;
  readonly #source: WorkerSource;
  readonly #workers: Set<PooledWorker> = new Set();
  /** Items that no worker has, first come first served. */
  readonly #waiting: Call[] = [];
  /** How long an item takes, by export. */
  readonly #durations: Map<string, number> = new Map();
  #isDispatching = false;
  #crashCount = 0;
  #callCount = 0;
  /** Why nothing is taken any more. */
  #failure: WorkerError | undefined;
  /** Workers that are on their way out. */
  readonly #leaving: Set<Promise<void>> = new Set();

  constructor(source: WorkerSource, settings: PoolSettings) {
    this.#source = source;
    this.settings = settings;
  }

  get graceMs(): number {
    return this.settings.graceMs;
  }

  /** What a worker makes of an item. */
  run(request: Request): Promise<unknown> {
    if (request.signal?.aborted) return Promise.reject(request.signal.reason);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const call = new Call(this.#callCount++, request, (dropped) => this.#drop(dropped));
    this.#waiting.push(call);
    this.#dispatchSoon();
    return call.promise;
  }

  /** Ends all workers; what has not come out fails. */
  async close(): Promise<void> {
    this.#fail(new WorkerError("POOL_CLOSED", "Cannot use the pool of workers: it is closed"));
    await Promise.all(this.#leaving);
  }

  ready(): void {
    // Many that start side by side are slow, and none of them hangs.
    for (const worker of this.#workers) if (worker.names === undefined) worker.awaitStart();
    this.#dispatch();
  }

  cannotStart(worker: PooledWorker | undefined, error: unknown): void {
    if (worker !== undefined) this.#leave(worker);
    const what = this.#source.url === undefined ? "" : ` for ${describeUrl(this.#source.url)}`;
    const message = `Cannot start a worker${what}: ${packError(error).message}`;
    this.#fail(new WorkerError("WORKER_NOT_STARTED", message, error));
  }

  finished(name: string, count: number, durationMs: number): void {
    this.#crashCount = 0;
    const latest = durationMs / count;
    const known = this.#durations.get(name) ?? latest;
    this.#durations.set(name, known + LATEST_SHARE * (latest - known));
    this.#dispatch();
  }

  died(worker: PooledWorker, error: unknown, left: readonly Batch[]): void {
    this.#leave(worker);
    // A worker that is ended because an aborted item still ran has not crashed.
    const isEnded = left.some(({ calls }) => calls.some(({ aborted }) => aborted));
    const [begun, others] = splitBegun(left);
    const reason = new WorkerError(
      "WORKER_CRASHED",
      isEnded
        ? "The worker was ended, for another item that it had was aborted and still ran"
        : `The worker has died while it had the item (${nameOf(error)})`,
      error,
    );
    for (const call of begun) call.fail(reason);
    for (const call of others.toReversed()) {
      call.putBack();
      if (call.aborted === undefined) this.#waiting.unshift(call);
      else call.fail(call.aborted.reason);
    }
    if (!isEnded && ++this.#crashCount > this.settings.maxCrashes) {
      const message = `${this.#crashCount} workers in a row have died without finishing an item, ` +
        `the last one for ${nameOf(error)}`;
      return this.#fail(new WorkerError("TOO_MANY_CRASHES", message, error));
    }
    this.#dispatch();
  }

  #fail(error: WorkerError): void {
    this.#failure ??= error;
    for (const worker of [...this.#workers]) {
      for (const call of worker.takeAll()) call.fail(error);
      this.#leave(worker);
    }
    for (const call of this.#waiting.splice(0)) call.fail(error);
  }

  #leave(worker: PooledWorker): void {
    this.#workers.delete(worker);
    // A worker that cannot be ended is as dead as it gets.
    const leaving = worker.terminate().catch(() => {}).then(() =>
      void this.#leaving.delete(leaving)
    );
    this.#leaving.add(leaving);
  }

  #drop(call: Call): void {
    const index = this.#waiting.indexOf(call);
    if (index !== -1) this.#waiting.splice(index, 1);
  }

  /** Items that come in one turn go together. */
  #dispatchSoon(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    queueMicrotask(() => {
      this.#isDispatching = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#findWorker();
      if (worker === undefined) break;
      this.#send(worker, this.#takeBatch(worker));
    }
    this.#startMore();
  }

  /** The worker with the fewest items that may have more; an idle one comes first. */
  #findWorker(): PooledWorker | undefined {
    let best: PooledWorker | undefined;
    for (const worker of this.#workers) {
      if (worker.names === undefined) continue;
      if (best === undefined || worker.callCount < best.callCount) best = worker;
    }
    if (best === undefined) return undefined;
    if (best.batchCount === 0) return best;
    // While a worker that could begin at once is being started, no item waits for another one.
    if (this.#workers.size < this.settings.workers) return undefined;
    return best.batchCount < this.#depthFor(this.#waiting[0]!) && this.#roomIn(best) > 0
      ? best
      : undefined;
  }

  /** How many messages a worker may have: a second one keeps it busy while the first is answered. */
  #depthFor({ request: { name, timeoutMs } }: Call): number {
    const durationMs = this.#durations.get(name);
    return timeoutMs !== undefined || durationMs === undefined || durationMs >= LONG_MS ? 1 : 2;
  }

  #roomIn(worker: PooledWorker): number {
    return this.settings.itemsPerWorker - worker.callCount;
  }

  /** The items that go to `worker` in one message: of one export, and short ones together. */
  #takeBatch(worker: PooledWorker): Call[] {
    const { name, traceId, spanId, timeoutMs } = this.#waiting[0]!.request;
    const durationMs = this.#durations.get(name) ?? GATHER_MS;
    const share = Math.ceil(this.#waiting.length / this.settings.workers);
    const fitting = timeoutMs !== undefined ? 1 : Math.floor(GATHER_MS / durationMs);
    const limit = Math.max(1, Math.min(fitting, share, this.#roomIn(worker)));
    let count = 1;
    while (count < limit) {
      const { request } = this.#waiting[count]!;
      const isAlike = request.name === name && request.traceId === traceId &&
        request.spanId === spanId && request.timeoutMs === undefined;
      if (!isAlike) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #send(worker: PooledWorker, calls: readonly Call[]): void {
    const { name } = calls[0]!.request;
    if (!worker.names!.has(name)) {
      const names = [...worker.names!].join(", ") || "none";
      const message = `Cannot call "${name}" in a worker: its module exports no function of that ` +
        `name; it has ${names}`;
      for (const call of calls) call.fail(new WorkerError("NO_SUCH_EXPORT", message));
      return;
    }
    try {
      worker.send(calls);
    } catch (cause) {
      // One item that cannot be cloned keeps all from being sent.
      if (calls.length > 1) return calls.forEach((call) => this.#send(worker, [call]));
      const message = "Cannot send the item to a worker: it holds what cannot be cloned or " +
        "transferred, such as a function, a promise or a buffer that was moved before";
      calls[0]!.fail(new WorkerError("NOT_CLONEABLE", message, cause));
    }
  }

  /** Starts as many workers as there are items that none could take at once. */
  #startMore(): void {
    let starting = [...this.#workers].filter(({ names }) => names === undefined).length;
    while (
      this.#failure === undefined && starting < this.#waiting.length &&
      this.#workers.size < this.settings.workers
    ) {
      try {
        this.#workers.add(new PooledWorker(this, this.#source));
        starting++;
      } catch (error) {
        return this.cannotStart(undefined, error);
      }
    }
  }
}

/** What a dead worker may have begun with, and what it surely has not. */
function splitBegun(left: readonly Batch[]): [begun: Call[], others: Call[]] {
  const [first, ...rest] = left;
  if (first === undefined) return [[], []];
  // The first of those that are answered one by one has begun, for all before it are answered.
  const begunCount = first.isGathered ? first.calls.length : 1;
  const others = [...first.calls.slice(begunCount), ...rest.flatMap(({ calls }) => calls)];
  return [first.calls.slice(0, begunCount), others];
}

/** The name of an error; its message may show the item, and is in the cause alone. */
function nameOf(error: unknown): string {
  if (error === undefined) return "no reason is known";
  return error instanceof Error ? error.name : "no Error";
}

/** The module of a data URL is all of the URL. */
function describeUrl(url: string): string {
  return url.startsWith("data:") ? "a data: module" : url;
}
