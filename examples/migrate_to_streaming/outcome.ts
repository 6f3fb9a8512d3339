import type { FailedItem, StepError } from "@headrace/pipeline";
import type { LiveItems } from "./live_items.ts";
import type { Summary } from "./summary.ts";

/** A note that cannot be read. */
export interface Failure {
  /** Its position among the notes of the folder, from 0. */
  readonly index: number;
  readonly code: string;
}

/** A folder is summed up whole; where notes cannot be read, all of these are listed instead. */
export type Outcome = { readonly summary: Summary } | { readonly failures: readonly Failure[] };

/** What each of the five programs exports. It is rejected with what else goes wrong. */
export type SumUp = (folder: string, live: LiveItems) => Promise<Outcome>;

/** The outcome of a batch pipeline that has failed. */
export function outcomeOfError({ code, cause }: Pick<StepError, "code" | "cause">): Outcome {
  if (code !== "LIST_PROCESSING_ERRORS") throw cause;
  const failed = cause as readonly { readonly index: number; readonly error: StepError }[];
  return { failures: failed.map(({ index, error }) => ({ index, code: error.code })) };
}

/** The outcome of a stream that has left out the notes that it cannot read. */
export function outcomeOf(summary: Summary, failed: readonly FailedItem[]): Outcome {
  if (failed.length === 0) return { summary };
  return {
    failures: failed.map(({ itemIndex, error }) => ({ index: itemIndex, code: error.code })),
  };
}
