// Encoded records as the body of an answer: computed when it is read, with heartbeats while none is ready.

import { HalfCharacters } from "./_half_characters.ts";

/** Records that are ready together share a chunk of up to this many characters. */
const CHUNK_LENGTH = 16_384;
/** A chunk is emitted when the next record is not ready after this many microtasks. */
const MICROTASKS = 8;

/** What a body is made of. */
export interface BodyParts {
  /** Its `return()` closes it at once, also while `next()` is pending. */
  readonly records: AsyncGenerator<string | Uint8Array, void, undefined>;
  /** What is sent each time that no record was ready for `everyMs`. */
  readonly heartbeat: { readonly text: string; readonly everyMs: number } | undefined;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal | undefined;
}

/** A body, and the promise of its end. */
export interface Body {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves when everything is sent or closed. */
  readonly closed: Promise<void>;
  /**
   * Reads the first record before the body is read, which then begins with it. Resolves when it has
   * come, when the run is over, or after `withinMs`. Resolves with the failure, or with the reason
   * of the signal, where there is one instead of a record.
   */
  readonly readFirst: (withinMs: number | undefined) => Promise<Failure | undefined>;
}

/** What a run has failed with. */
export interface Failure {
  readonly error: unknown;
}

/** Makes a body that computes nothing before it is read. */
export function createBody(parts: BodyParts): Body {
  const source = new BodySource(parts);
  return {
    stream: new ReadableStream(source, { highWaterMark: 0 }),
    closed: source.closed,
    readFirst: (withinMs) => source.readFirst(withinMs),
  };
}

type Read = IteratorResult<string | Uint8Array, void>;

/** A read of a record, which may still be pending when the pull that began it has ended. */
interface Pending {
  readonly promise: Promise<void>;
  result?: Read;
  failure?: Failure;
}

class BodySource implements UnderlyingDefaultSource<Uint8Array> {
  readonly closed: Promise<void>;
  readonly #parts: BodyParts;
  readonly #encoder = new TextEncoder();
  readonly #halves = new HalfCharacters();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pending: Pending | undefined;
  #settle: () => void = () => {};
  /** Ends a wait for the first record when the client has left. */
  #wake: () => void = () => {};
  #isOver = false;
  #failing: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: BodyParts) {
    this.#parts = parts;
    this.closed = new Promise((resolve) => this.#settle = resolve);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const { signal } = this.#parts;
    if (signal?.aborted) this.#leave();
    else signal?.addEventListener("abort", this.#leave, { once: true });
  }

  async readFirst(withinMs: number | undefined): Promise<Failure | undefined> {
    const { signal } = this.#parts;
    if (signal?.aborted) return this.#drop({ error: signal.reason });
    const { promise } = this.#pending = this.#read();
    const left = new Promise<void>((resolve) => this.#wake = resolve);
    await waitFor(Promise.race([promise, left]), withinMs);
    if (this.#isOver) return this.#drop({ error: signal!.reason });
    const { failure } = this.#pending;
    if (failure === undefined) return undefined;
    this.#finish();
    this.#settle();
    return this.#drop(failure);
  }

  /** A body that is not sent: what is errored and not read is reported as unhandled by some runtimes. */
  #drop(failure: Failure): Failure {
    clearTimeout(this.#failing);
    this.#controller!.close();
    return failure;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (!this.#isOver && !await this.#advance(controller));
  }

  /** Emits a chunk, the end or a failure; false where what has come so far makes none. */
  async #advance(controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> {
    const { heartbeat } = this.#parts;
    let pending = this.#pending ??= this.#read();
    if (!isSettled(pending)) {
      const isDue = await waitFor(pending.promise, heartbeat?.everyMs);
      if (this.#isOver) return true;
      if (isDue) return this.#send(controller, heartbeat!.text);
    }
    let text = this.#halves.end();
    for (;;) {
      const { result, failure } = pending;
      // The text so far is emitted first; the next pull handles this one.
      if (failure !== undefined || result?.done !== false || typeof result.value !== "string") {
        break;
      }
      text += result.value;
      pending = this.#pending = this.#read();
      if (text.length >= CHUNK_LENGTH) break;
      for (let hops = 0; hops < MICROTASKS && !isSettled(pending); hops++) await undefined;
      if (this.#isOver) return true;
      if (!isSettled(pending)) break;
    }
    const isLast = pending.failure !== undefined || pending.result?.done === true;
    if (!isLast) text = this.#halves.join(text);
    if (text !== "") return this.#send(controller, text);
    // An item may be half a character, or none at all.
    if (!isSettled(pending)) return false;
    this.#pending = undefined;
    this.#pass(controller, pending);
    return true;
  }

  #send(controller: ReadableStreamDefaultController<Uint8Array>, text: string): true {
    controller.enqueue(this.#encoder.encode(text));
    return true;
  }

  cancel(): Promise<void> {
    clearTimeout(this.#failing);
    return this.#close();
  }

  /** Emits bytes, the end, or a failure. */
  #pass(
    controller: ReadableStreamDefaultController<Uint8Array>,
    { result, failure }: Pending,
  ): void {
    if (failure === undefined && result?.done === false) {
      return controller.enqueue(result.value as Uint8Array);
    }
    this.#finish();
    this.#settle();
    if (failure === undefined) controller.close();
    else controller.error(failure.error);
  }

  #read(): Pending {
    const pending: { -readonly [K in keyof Pending]: Pending[K] } = { promise: Promise.resolve() };
    pending.promise = this.#parts.records.next().then(
      (result) => void (pending.result = result),
      (error: unknown) => void (pending.failure = { error }),
    );
    return pending;
  }

  readonly #leave = (): void => {
    void this.#close();
    // A server that aborts the signal when its client has left cancels the body in the same turn: it has not
    // failed. Deno.serve would log what is errored before.
    this.#failing = setTimeout(() => this.#controller!.error(this.#parts.signal!.reason));
  };

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#finish();
    try {
      await this.#parts.records.return();
    } catch {
      // The client has left; the metadata of the run holds the failure.
    } finally {
      this.#settle();
    }
  }

  #finish(): void {
    this.#isOver = true;
    this.#wake();
    this.#parts.signal?.removeEventListener("abort", this.#leave);
  }
}

function isSettled({ result, failure }: Pending): boolean {
  return result !== undefined || failure !== undefined;
}

/** Waits for a promise that never rejects; resolves with true where `afterMs` passed first. */
function waitFor(promise: Promise<void>, afterMs: number | undefined): Promise<boolean> {
  if (afterMs === undefined) return promise.then(() => false);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, afterMs, true);
    promise.then(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
