// What another realm, or a polyfill, makes: it does what ours does, and is an instance of nothing
// that is known here.

/** A signal of another realm. One without a reason is that of an old polyfill. */
export class ForeignSignal {
  aborted = false;
  reason: unknown;
  readonly #listeners = new Set<() => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  addEventListener(_type: string, listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: string, listener: () => void): void {
    this.#listeners.delete(listener);
  }

  abort(reason?: unknown): void {
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
  }

  /** As the options take it. */
  get signal(): AbortSignal {
    return this as unknown as AbortSignal;
  }
}

/** `value` as a promise of another realm. */
export function foreignPromise<T>(value: T | Promise<T>): Promise<T> {
  const promise = Promise.resolve(value);
  return { then: promise.then.bind(promise) } as Promise<T>;
}

/** A stream that is none of this realm's. */
export function foreignStream<T>(stream: ReadableStream<T>): ReadableStream<T> {
  return {
    getReader: () => stream.getReader(),
    cancel: (reason: unknown) => stream.cancel(reason),
    get locked() {
      return stream.locked;
    },
  } as ReadableStream<T>;
}

/** A sink that is none of this realm's. */
export function foreignSink<T>(stream: WritableStream<T>): WritableStream<T> {
  return { getWriter: () => stream.getWriter() } as WritableStream<T>;
}

/** Bytes as another realm makes them: of a class of their own, with all that typed arrays have. */
export function createForeignBytes(values: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(values);
  Object.setPrototypeOf(bytes, Object.getPrototypeOf(Uint8Array.prototype));
  return Object.defineProperty(bytes, "constructor", { value: Uint8Array });
}

/** A date as another realm makes it. */
export function createForeignDate(time: number): Date {
  const methods = Object.defineProperties({}, Object.getOwnPropertyDescriptors(Date.prototype));
  return Object.setPrototypeOf(new Date(time), methods);
}
