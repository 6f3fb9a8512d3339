// What a process that runs random programs is asked for, and what it says. JSON in both directions:
// the process that asks runs on Deno, the one that answers on any runtime.

/** What to run. */
export interface FuzzRequest {
  /** Decides, with the number of a case, what the case is. */
  readonly seed: number;
  /** The number of the first case. */
  readonly from: number;
  readonly cases: number;
  /** Does not run the cases, but says what the first of them is. */
  readonly isDry?: boolean;
  /** A program of its own, in place of the cases. */
  readonly only?: NamedProgram;
}

/** A program and the family whose laws hold for it. */
export interface NamedProgram {
  readonly family: string;
  readonly program: unknown;
}

/** The first case that was not as it must be. */
export interface FuzzFailure extends NamedProgram {
  /** The number of the case. */
  readonly index: number;
  readonly message: string;
}

/** What came of it. */
export interface FuzzReport {
  readonly cases: number;
  /** How many cases of each family. */
  readonly families: Readonly<Record<string, number>>;
  /** How many stages of each operator. */
  readonly operators: Readonly<Record<string, number>>;
  readonly failure?: FuzzFailure;
  /** What was asked for without being run. */
  readonly dry?: NamedProgram;
}

/** Stands in front of the line with the number of a case that begins. */
export const CASE_MARK = "HEADRACE-CASE ";

/** Stands in front of the line with the report. */
export const REPORT_MARK = "HEADRACE-FUZZ ";
