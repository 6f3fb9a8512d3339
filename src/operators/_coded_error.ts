/** An error with a code of its own, which the `StreamingError` around it takes over. */
export function createCodedError(code: string, message: string): Error {
  return Object.assign(new RangeError(message), { code });
}
