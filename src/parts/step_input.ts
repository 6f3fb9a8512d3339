/**
 * What one start of a step reads from.
 *
 * @module
 */

import type { Door } from "../internal/admission.ts";
import { readStart } from "../internal/backoff.ts";
import { OwnIterator } from "../internal/many.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { StepItems } from "./step_items.ts";

type Result = IteratorResult<unknown, void>;

/** The step has asked for its next item. */
export const ASKED: unique symbol = Symbol("asked");

/** An item that a step works on, and its position among those that entered. */
export interface Held {
  readonly item: unknown;
  readonly index: number;
  /** When the first of its attempts began. */
  readonly startMs: number;
}

/** What is between a step and its items. */
export interface InputRules {
  /** Where set, the item after the held one waits for {@linkcode StepInput.proceed}. */
  readonly retry: RetrySettings | undefined;
  /** Where set, lets the step have an item when its policy says so. */
  readonly door: Door | undefined;
  /** Aborted when the run is closed. */
  readonly signal: AbortSignal;
}

/** Emits what an earlier start of the step has left, and knows which item the step holds. */
export class StepInput extends OwnIterator<unknown> {
  /** The item that was emitted last, until the step gets another. */
  held: Held | undefined;

  readonly #source: StepItems;
  readonly #rules: InputRules;
  readonly #replayed: Held | undefined;
  #isReplayDue: boolean;
  #isDone = false;
  #gate: Deferred<void> | undefined;
  #onAsk: () => void = () => {};

  /** `replayed` comes first. */
  constructor(source: StepItems, replayed: Held | undefined, rules: InputRules) {
    super();
    this.#source = source;
    this.#replayed = replayed;
    this.#isReplayDue = replayed !== undefined;
    this.#rules = rules;
  }

  /** Whether the held item is one that an earlier start has failed on. */
  get isReplaying(): boolean {
    return this.held !== undefined && this.held === this.#replayed;
  }

  override async next(): Promise<Result> {
    if (this.#isDone) return { done: true, value: undefined };
    const { retry, door, signal } = this.#rules;
    door?.end();
    if (this.#isReplayDue) {
      this.#isReplayDue = false;
      this.held = this.#replayed;
      if (door !== undefined) await door.begin(this.held!.item, { signal });
      return { done: false, value: this.held!.item };
    }
    if (retry !== undefined && this.held !== undefined) await this.#ask();
    this.held = undefined;
    const result = await this.#source.next();
    if (result.done) return result;
    const startMs = retry === undefined ? 0 : readStart(retry);
    this.held = { item: result.value, index: this.#source.given - 1, startMs };
    if (door !== undefined) await door.begin(result.value, { signal });
    return result;
  }

  /** The step reads no more. What is left is for its next start, so nothing is closed. */
  override stop(): Promise<void> {
    this.#isDone = true;
    return Promise.resolve();
  }

  /** What `answer` resolves to, or that the step asks for its next item, whichever is first. */
  answerOrAsk(answer: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      answer.then(resolve, reject);
      if (this.#gate !== undefined) resolve(ASKED);
      else this.#onAsk = () => resolve(ASKED);
    });
  }

  /** Lets the step have the item that it asked for. */
  proceed(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  #ask(): Promise<void> {
    this.#gate ??= createDeferred();
    this.#onAsk();
    return this.#gate.promise;
  }
}
