// What the process that kills workers is asked for, and what it says. JSON in both directions.

/** What is asked for. */
export interface KillsRequest {
  /** How many workers of each job are killed. */
  readonly kills: number;
  /** Of the moments. */
  readonly seed: number;
}

/** How the workers of a job have ended. */
export interface Killed {
  /** Store and mode. */
  readonly name: string;
  readonly kills: number;
  /** How many the API lists, and on how many pages. */
  readonly orders: number;
  readonly pages: number;
  /** How many pages were asked for more than once, each time counted. */
  readonly askedAgain: number;
  readonly rows: number;
  readonly missing: number;
  readonly duplicates: number;
  readonly wrong: number;
}

/** Stands in front of each line with a job. */
export const KILLS_MARK = "HEADRACE-KILLS ";
