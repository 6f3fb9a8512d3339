// The types of @std/streams.

export type DelimiterDisposition = "suffix" | "prefix" | "discard";

export interface DelimiterStreamOptions {
  readonly disposition?: DelimiterDisposition;
}

export interface TextLineStreamOptions {
  readonly allowCR?: boolean;
}

export interface LimitedTransformStreamOptions {
  readonly error?: boolean;
}

export class ByteSliceStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(start?: number, end?: number);
}
export class DelimiterStream extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(delimiter: Uint8Array, options?: DelimiterStreamOptions);
}
export class LimitedBytesTransformStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(size: number, options?: LimitedTransformStreamOptions);
}
export class LimitedTransformStream<T> extends TransformStream<T, T> {
  constructor(size: number, options?: LimitedTransformStreamOptions);
}
export class TextDelimiterStream extends TransformStream<string, string> {
  constructor(delimiter: string, options?: DelimiterStreamOptions);
}
export class TextLineStream extends TransformStream<string, string> {
  constructor(options?: TextLineStreamOptions);
}

export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export function earlyZipReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export function zipReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T>;
export function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer>;
export function toBlob(stream: ReadableStream<Uint8Array>): Promise<Blob>;
export function toJson(stream: ReadableStream): Promise<unknown>;
export function toText(stream: ReadableStream): Promise<string>;
export function toTransformStream<I, O>(
  transformer: (source: ReadableStream<I>) => Iterable<O> | AsyncIterable<O>,
  writableStrategy?: QueuingStrategy<I>,
  readableStrategy?: QueuingStrategy<O>,
): TransformStream<I, O>;
