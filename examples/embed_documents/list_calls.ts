import { isHopeless, MAX_FAILED_BATCHES_IN_A_ROW } from "./failures.ts";
import type { BatchItem, Call, EmbedSteps } from "./steps.ts";

/**
 * The calls for the batches of a list. A list that leaves out what fails goes on to its end, even
 * where all will fail, and does not say how often it tried an item: this ends it, and counts.
 */
export class ListCalls {
  readonly #call: EmbedSteps["embed"];
  readonly #end: AbortController = new AbortController();
  readonly #attempts: number[] = [];
  #unanswered = 0;
  #isHopeless = false;

  constructor(call: EmbedSteps["embed"]) {
    this.#call = call;
  }

  /** Aborted when there is no use in another call. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** How often a batch was tried. */
  attemptsAt(index: number): number {
    return this.#attempts[index] ?? 1;
  }

  readonly embed: EmbedSteps["embed"] = async (batch: BatchItem[], index: number, call: Call) => {
    const attempt = (this.#attempts[index] ?? 0) + 1;
    // Only now is it sure that the batch before will not be tried again.
    if (attempt === 1) this.#beginBatch();
    this.#attempts[index] = attempt;
    try {
      const embedded = await this.#call(batch, index, call);
      // What comes after its time limit is too late.
      if (!call.signal.aborted) this.#unanswered = 0;
      return embedded;
    } catch (error) {
      if (!call.signal.aborted) this.#isHopeless = isHopeless(error);
      throw error;
    }
  };

  #beginBatch(): void {
    if (this.#isHopeless || this.#unanswered === MAX_FAILED_BATCHES_IN_A_ROW) this.#end.abort();
    this.signal.throwIfAborted();
    this.#unanswered++;
  }
}
