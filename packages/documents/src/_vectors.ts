// What an embedder answers with, checked.

/** Whether a value is a vector: a list of finite numbers, and of at least one. */
export function isVector(value: unknown): value is Float32Array {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return false;
  // The cast: a view of bytes without numbers has no length.
  const { length } = value as ArrayLike<unknown>;
  for (let at = 0; at < length; at++) {
    if (!Number.isFinite((value as ArrayLike<unknown>)[at])) return false;
  }
  return length > 0;
}

/** The length of an embedder's vectors, which its first answer sets, unless it is of several lengths. */
export class Dimensions {
  readonly #embedder: string;
  #length: number | undefined;

  /** @param embedder What an error calls it. */
  constructor(embedder: string) {
    this.#embedder = embedder;
  }

  /** @throws {DimensionsError} A vector has another length. */
  require(vectors: readonly Float32Array[]): void {
    if (vectors.length === 0) return;
    const expected = this.#length ?? vectors[0]!.length;
    const other = vectors.find(({ length }) => length !== expected);
    if (other !== undefined) throw new DimensionsError(this.#embedder, other.length, expected);
    this.#length = expected;
  }
}

/**
 * A vector has another length than those before. It says of a text that it cannot be taken where others
 * still have the length, and otherwise that the model has changed.
 */
export class DimensionsError extends Error {
  constructor(embedder: string, got: number, before: number) {
    super(`${embedder} answered with ${got} dimensions, before with ${before}`);
  }
}
