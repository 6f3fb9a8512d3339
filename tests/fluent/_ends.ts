/** The two ends of a run. */
export interface Ends<T> {
  readonly reader: ReadableStreamDefaultReader<T>;
  readonly writer: WritableStreamDefaultWriter<number>;
}

/** Locks both sides of a transform. */
export function openEnds<T>({ readable, writable }: ReadableWritablePair<T, number>): Ends<T> {
  return { reader: readable.getReader(), writer: writable.getWriter() };
}
