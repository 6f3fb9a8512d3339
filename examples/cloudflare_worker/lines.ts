/** Why a line got no result. */
export interface LineError {
  /** A stable name of the failure. */
  readonly code: string;
  /** The failure in words. */
  readonly message: string;
}

/** A line that could not be used. */
export interface FailedLine {
  /** Its number in the upload, from 1. */
  readonly line: number;
  readonly error: LineError;
}

/** A line as it was uploaded. */
export type Line = { readonly line: number; readonly text: string } | FailedLine;

/** A line that was checked: one record, in the text that was uploaded. */
export type Entry = { readonly line: number; readonly recordJson: string } | FailedLine;

/** A line's way out: what the service made of it, in its own text, or why there is no result. */
export type Answer = { readonly line: number; readonly resultJson: string } | FailedLine;
