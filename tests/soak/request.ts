// What a process that soaks is asked for, and what it says. JSON in both directions.

/** What is asked for. */
export interface SoakRequest {
  /** In sum, over all families. */
  readonly items: number;
  readonly aborts: number;
}

/** The live heap of a part, in bytes, sampled as it went on. */
export interface SoakPart {
  readonly name: string;
  /** How many items have passed, or how many runs were given up. */
  readonly count: number;
  readonly heapBytes: readonly number[];
}

/** Stands in front of the line with the parts. */
export const SOAK_MARK = "HEADRACE-SOAK ";
