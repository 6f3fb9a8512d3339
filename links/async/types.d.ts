// The types of @std/async.

export interface AbortableOptions {
  readonly signal?: AbortSignal;
}

export interface DelayOptions extends AbortableOptions {
  readonly persistent?: boolean;
}

export interface RetryOptions extends AbortableOptions {
  readonly multiplier?: number;
  readonly maxTimeout?: number;
  readonly maxAttempts?: number;
  readonly minTimeout?: number;
  readonly jitter?: number;
}

export interface DebouncedFunction<TArgs extends unknown[]> {
  (...args: TArgs): void;
  clear(): void;
  flush(): void;
  readonly pending: boolean;
}

export class RetryError extends Error {
  constructor(cause: unknown, attempts: number);
}

export class MuxAsyncIterator<T> implements AsyncIterable<T> {
  add(iterable: AsyncIterable<T>): void;
  iterate(): AsyncIterableIterator<T>;
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T>;
export function abortable<T>(iterable: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T>;
export function deadline<T>(
  promise: Promise<T>,
  ms: number,
  options?: AbortableOptions,
): Promise<T>;
export function debounce<TArgs extends unknown[]>(
  fn: (this: DebouncedFunction<TArgs>, ...args: TArgs) => void,
  wait: number,
): DebouncedFunction<TArgs>;
export function delay(ms: number, options?: DelayOptions): Promise<void>;
export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  iteratorFn: (data: T) => Promise<R>,
): AsyncIterableIterator<R>;
export function retry<T>(fn: () => Promise<T> | T, options?: RetryOptions): Promise<T>;
export function tee<T>(iterable: AsyncIterable<T>, n?: 2): [AsyncIterable<T>, AsyncIterable<T>];
export function tee<T>(iterable: AsyncIterable<T>, n: number): AsyncIterable<T>[];
