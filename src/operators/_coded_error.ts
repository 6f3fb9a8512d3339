/** An error with a code of its own, which is that of the `StreamingError` around it, too. */
export function createCodedError(code: string, message: string): Error {
  return Object.assign(new RangeError(message), { code });
}
