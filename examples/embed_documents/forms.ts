import type { CallOptions } from "./calls.ts";
import type { Failures } from "./failures.ts";
import { embedAsLists } from "./pipeline_batch.ts";
import { embedAsStream } from "./pipeline_streaming.ts";
import type { RunEvents } from "./report.ts";
import type { EmbedRequest, EmbedSteps } from "./steps.ts";

/** What one run of either form is made from. */
export interface FormParts {
  readonly request: EmbedRequest;
  readonly steps: EmbedSteps;
  /** How the embedder is called. */
  readonly calls: CallOptions;
  /** Takes the items on which a step fails. */
  readonly failures: Failures;
  readonly events: RunEvents;
  /** Ends the run: it is rejected with the reason. */
  readonly signal: AbortSignal;
}

/** Brings the stored chunks of all matching files up to date. */
export type FormFunction = (parts: FormParts) => Promise<void>;

/** Both forms of the program, by the name that `--form` has for them. */
export const FORMS: Readonly<Record<"streaming" | "batch", FormFunction>> = {
  streaming: embedAsStream,
  batch: embedAsLists,
};

/** As one stream from disk to database, or list by list. */
export type Form = keyof typeof FORMS;

export function isForm(name: string): name is Form {
  return Object.hasOwn(FORMS, name);
}
