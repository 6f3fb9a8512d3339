// One worker of a pool: the items that it has, and how it ends.

import type { Call, CallHolder } from "./_call.ts";
import { type HostedWorker, hostWorker, type WorkerLike } from "./_host.ts";
import { startLateTimer } from "./_late_timer.ts";
import { unpackError } from "./_packed_error.ts";
import { type FromWorker, isOurs, requireAttached, type Result } from "./_protocol.ts";

/** How long a worker may take until it says that its module is loaded, while no other worker says so. */
const START_TIMEOUT_MS = 30_000;
/** It is waited for in parts: a process that stood still has lost one of them, and not all the time. */
const START_PART_MS = 3_000;

/** Where a worker comes from. */
export interface WorkerSource {
  /** What it loads; absent where it serves a module of its own. */
  readonly url: string | undefined;
  /** Makes it; absent where the pool does. */
  readonly create: (() => WorkerLike) | undefined;
}

/** What a worker reports to its pool. */
export interface WorkerOwner {
  /** How long a worker may still work on an item that is aborted. */
  readonly graceMs: number;
  /** It has loaded its module. */
  ready(): void;
  /** Its module cannot be loaded, or it cannot be started at all. */
  cannotStart(worker: PooledWorker, error: unknown): void;
  /** `count` items have taken so long, and there is room for others. */
  finished(name: string, count: number, durationMs: number): void;
  /** It is dead, for this error, with the items that it had. */
  died(worker: PooledWorker, error: unknown, left: readonly Batch[]): void;
}

/** Items that were sent in one message. */
export interface Batch {
  /** Those whose results have not come, in order. */
  readonly calls: Call[];
  /** See `RunMessage.isGathered`. */
  readonly isGathered: boolean;
}

/** A worker. */
export class PooledWorker implements CallHolder {
  /** The functions that its module exports; absent until it is loaded. */
  names: ReadonlySet<string> | undefined;
  readonly #owner: WorkerOwner;
  readonly #source: WorkerSource;
  readonly #host: HostedWorker;
  readonly #batches: Batch[] = [];
  #startTimer: ReturnType<typeof setTimeout> | undefined;
  #stopGraceTimer: (() => void) | undefined;
  #isDead = false;

  /** Throws where the runtime refuses to start one. */
  constructor(owner: WorkerOwner, source: WorkerSource) {
    this.#owner = owner;
    this.#source = source;
    this.#host = hostWorker(source.create, {
      receive: (message) => this.#receive(message),
      die: (error) => this.#die(error),
    });
    this.awaitStart();
  }

  /** How long it may take to start counts from now. */
  awaitStart(leftMs: number = START_TIMEOUT_MS): void {
    clearTimeout(this.#startTimer);
    this.#startTimer = setTimeout(() => {
      if (leftMs > START_PART_MS) return this.awaitStart(leftMs - START_PART_MS);
      const reason = this.#source.create === undefined ? "" : "; does its file call serve()?";
      this.#fail(new Error(`No answer within ${START_TIMEOUT_MS} ms${reason}`));
    }, START_PART_MS);
  }

  /** How many messages it has not answered. */
  get batchCount(): number {
    return this.#batches.length;
  }

  /** How many items it has. */
  get callCount(): number {
    return this.#batches.reduce((count, { calls }) => count + calls.length, 0);
  }

  /** Sends calls of one export in one message; throws where an item cannot be cloned. */
  send(calls: readonly Call[]): void {
    const isGathered = calls.length > 1;
    const requests = calls.map(({ request }) => request);
    const { name, traceId, spanId } = requests[0]!;
    const transfers = requests.flatMap(({ transfer }) => transfer);
    requireAttached(transfers);
    this.#host.post({
      type: "headrace:run",
      name,
      traceId,
      spanId,
      isGathered,
      ids: calls.map(({ id }) => id),
      indexes: requests.map(({ index }) => index),
      items: requests.map(({ item }) => item),
    }, transfers);
    this.#batches.push({ calls: [...calls], isGathered });
    if (this.#batches.length === 1) this.#host.hold(true);
    for (const call of calls) call.begin(this);
  }

  /** One that it works on is aborted by its signal; where it is not done in time, the worker is ended. */
  abort(call: Call, reason: unknown): void {
    const { name, message } = describeReason(reason);
    this.#host.post({ type: "headrace:abort", id: call.id, name, message }, []);
    const [first] = this.#batches;
    const hasBegun = first?.isGathered ? first.calls.includes(call) : first?.calls[0] === call;
    if (hasBegun) {
      this.#stopGraceTimer ??= startLateTimer(() => this.#die(undefined), this.#owner.graceMs);
    } else {
      this.#remove(call.id);
      call.fail(reason);
    }
  }

  /** Takes all its items. */
  takeAll(): Call[] {
    return this.#batches.splice(0).flatMap(({ calls }) => calls);
  }

  /** Ends it; it reports nothing any more. */
  async terminate(): Promise<void> {
    this.#isDead = true;
    clearTimeout(this.#startTimer);
    this.#stopGrace();
    await this.#host.terminate();
  }

  #receive(message: unknown): void {
    if (this.#isDead || !isOurs<FromWorker>(message)) return;
    if (message.type === "headrace:hello") {
      this.#host.post({ type: "headrace:start", url: this.#source.url }, []);
    } else if (message.type === "headrace:ready") this.#ready(message.names);
    else if (message.type === "headrace:failed") this.#fail(unpackError(message.error));
    else if (message.type === "headrace:crashed") this.#die(unpackError(message.error));
    else this.#take(message.results, message.durationMs);
  }

  #ready(names: readonly string[]): void {
    clearTimeout(this.#startTimer);
    this.#host.loaded();
    this.#host.hold(this.#batches.length > 0);
    this.names = new Set(names);
    this.#owner.ready();
  }

  #fail(error: unknown): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#owner.cannotStart(this, error);
  }

  #take(results: readonly Result[], durationMs: number): void {
    const concluded: string[] = [];
    for (const { id, value, error } of results) {
      // Those that were aborted before they began have failed already.
      const call = this.#remove(id);
      if (call === undefined) continue;
      concluded.push(call.request.name);
      if (error === undefined) call.succeed(value);
      else call.fail(unpackError(error));
    }
    const isAbortedLeft = this.#batches.some(({ calls }) => calls.some(({ aborted }) => aborted));
    if (!isAbortedLeft) this.#stopGrace();
    if (this.#batches.length === 0) this.#host.hold(false);
    const [name] = concluded;
    if (name !== undefined) this.#owner.finished(name, concluded.length, durationMs);
  }

  #stopGrace(): void {
    this.#stopGraceTimer?.();
    this.#stopGraceTimer = undefined;
  }

  #remove(id: number): Call | undefined {
    for (const [at, { calls }] of this.#batches.entries()) {
      const index = calls.findIndex((call) => call.id === id);
      if (index === -1) continue;
      const [call] = calls.splice(index, 1);
      if (calls.length === 0) this.#batches.splice(at, 1);
      return call;
    }
    return undefined;
  }

  #die(error: unknown): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#owner.died(this, error, this.#batches.splice(0));
  }
}

/** What can be sent of any reason. */
function describeReason(reason: unknown): { readonly name: string; readonly message: string } {
  const isTimeout = reason instanceof DOMException && reason.name === "TimeoutError";
  return isTimeout
    ? { name: "TimeoutError", message: reason.message }
    : { name: "AbortError", message: "The result is no longer wanted" };
}
