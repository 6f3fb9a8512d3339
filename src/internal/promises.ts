/**
 * What the engine needs to know about promises.
 *
 * @module
 */

/** A promise with its `resolve` and `reject` (`Promise.withResolvers` is not on Node 20). */
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

/** Whether `await value` would wait. Throws what reading `then` throws. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Resolves after `count` turns of the microtask queue. */
export async function waitTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

/** The `pending` of a loop or feed while there is nothing to wait for. */
export const NOTHING_PENDING: Promise<void> = Promise.resolve();

const { then } = Promise.prototype;

/**
 * A promise of this realm for any value, without a further hop where it is one already. It never
 * throws: a promise that cannot be read is a rejected one. The `then` of a thenable is called once,
 * for there are some that begin their work at each call.
 */
export function toPromise(value: unknown): Promise<unknown> {
  try {
    const promise = Promise.resolve(value);
    // One whose `then` is its own is a thenable like any other.
    return promise.then === then ? promise : new Promise((resolve) => resolve(promise));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What `next` makes of `answer`, at once where that is no promise; `fail` of why it is rejected. */
export function andThen<T>(
  answer: unknown,
  next: (value: unknown) => T | PromiseLike<T>,
  fail?: (error: unknown) => T | PromiseLike<T>,
): T | PromiseLike<T> {
  return isPromiseLike(answer) ? chain(toPromise(answer), next, fail) : next(answer);
}

/**
 * `then`, for callbacks that answer with promises. Such a one may be rejected before `then` has
 * subscribed to it: workerd 1.20261023 would report it, although nothing is lost.
 */
export function chain<T, R>(
  promise: Promise<T>,
  next?: (value: T) => R | PromiseLike<R>,
  fail?: (error: unknown) => R | PromiseLike<R>,
): Promise<R> {
  return promise.then(next && handling(next), fail && handling(fail)) as Promise<R>;
}

/** `callback`, with a promise that it answers with marked as handled: it is waited for elsewhere. */
export function handling<T, R>(
  callback: (value: T) => R | PromiseLike<R>,
): (value?: T) => R | PromiseLike<R> {
  return (value) => {
    const answer = callback(value as T);
    if (!isPromiseLike(answer)) return answer;
    const promise = toPromise(answer) as Promise<R>;
    promise.catch(() => {});
    return promise;
  };
}

/**
 * Marks a rejection as handled that the library decides not to report, because the run it belongs
 * to has already ended or failed for an earlier reason, such as that no promise was asked for. The
 * only place where one is ignored.
 */
export function ignoreLateOutcome(late: unknown): void {
  toPromise(late).catch(() => {});
}
