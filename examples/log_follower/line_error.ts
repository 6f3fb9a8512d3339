/** A line that cannot be used. It says why, and nothing of what is in the line. */
export class LineError extends Error {
  override readonly name = "LineError";
  /** A stable name of the failure. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
