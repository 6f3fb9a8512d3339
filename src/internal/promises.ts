/**
 * What the engine needs to know about promises.
 *
 * @module
 */

/** A promise with its two ends in hand (`Promise.withResolvers` is not on Node 20). */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
  reject(reason: unknown): void;
}

/** Makes a {@linkcode Deferred}. */
export function createDeferred<T>(): Deferred<T> {
  let resolve!: (value: T | PromiseLike<T>) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** Whether `await value` would wait. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** A native promise for any thenable, without a further hop where it is one already. */
export function toPromise(value: PromiseLike<unknown>): Promise<unknown> {
  return value instanceof Promise ? value : Promise.resolve(value);
}

/**
 * Marks a rejection as handled that the library decides not to report, because the run it belongs
 * to has already ended or failed for an earlier reason. The only place where one is passed over.
 */
export function ignoreLateOutcome(late: PromiseLike<unknown>): void {
  late.then(undefined, () => {});
}
