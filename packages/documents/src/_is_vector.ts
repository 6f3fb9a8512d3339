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
