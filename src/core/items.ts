/**
 * The items of a loop, one at a time: what `execute` returns, and what a step reads.
 *
 * It is written by hand because an `async function*` around the same loop costs as much again.
 *
 * @module
 */

import { PromptIterator, type Receiver } from "../internal/many.ts";
import { unwound } from "../internal/nesting.ts";
import {
  createDeferred,
  type Deferred,
  ignoreLateOutcome,
  NOTHING_PENDING,
} from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { FAILED, MET, type Progress, WAITING } from "./progress.ts";
import { ORIGIN_SLOT } from "./lineage.ts";
import { UNSET } from "./state.ts";
import type { Cutoff } from "./cutoff.ts";
import type { Upstream } from "./upstream.ts";

type Result = IteratorResult<unknown, void>;

/** What a {@linkcode ItemIterator} needs of the loop's owner. */
export interface ItemIteratorParts {
  /** Called at the first pull; returns nothing where there is nothing to read. */
  open(): Upstream | undefined;
  /** Called once when the last item is out, or the loop has failed: may reject. */
  ended(failure: unknown): Promise<void> | undefined;
  /** Whether a function or a step before it is running. */
  isWorking?(): boolean;
  /** Called with each item before it is emitted. */
  taken(item: unknown): void;
  /** See `RunScope`. */
  readonly isResumable?: boolean | undefined;
  /** Called when the reader stops before the end: may reject. */
  close(reason: unknown): Promise<void>;
}

/** Reads a loop one item at a time; calls that overlap are answered in order. */
export class ItemIterator extends PromptIterator<unknown> {
  readonly #parts: ItemIteratorParts;
  #loop: Upstream | undefined;
  /** The call of `next` that is not answered yet. */
  #asked: Receiver<unknown> | undefined;
  /** The calls after that one; absent while there has been none. */
  #queued: Ring<Deferred<Result>> | undefined;
  #done = false;
  /** Settled when what its reader has left is closed. */
  #closed = NOTHING_PENDING;
  /** Set while an abort or a cut-off closes the loop: nothing is answered before `fail` or `finish`. */
  #isSuspended = false;
  #failure: { readonly reason: unknown } | undefined;
  /** Why sources other than the first must not be read. */
  #stopped: { readonly reason: unknown } | undefined;

  constructor(parts: ItemIteratorParts) {
    super();
    this.#parts = parts;
  }

  /** Whether an item was asked for and has not come. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** See `Upstream.abandon`. */
  abandon(reason: unknown): boolean {
    return this.#loop?.abandon(reason) ?? true;
  }

  /** See `Upstream.endSources`; where nothing was asked for yet, at the first pull. */
  endOthers(reason: unknown): void {
    this.#stopped = { reason };
    this.#loop?.endSources(reason, true);
  }

  /** See `Upstream.giveUp`. */
  giveUp(cutoff: Cutoff): void {
    this.#loop?.giveUp(cutoff);
  }

  /** Whether a function or a step before it is running. */
  get isWorking(): boolean {
    return this.#parts.isWorking?.() ?? false;
  }

  /** What the item that was taken last was made of; absent where that is not traced. */
  get origin(): unknown {
    const origin = this.#loop?.path[ORIGIN_SLOT];
    return origin === UNSET ? undefined : origin;
  }

  get taken(): unknown {
    return this.#loop!.value;
  }

  override ask(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    return this.pull(receiver);
  }

  /** Asks the loop for an item, whatever `ask` does beside that in a subclass; returns as `ask` does. */
  protected pull(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    if (this.#asked !== undefined) return this.#enqueue();
    if (this.#done) return this.#afterEnd();
    if (this.#isSuspended) return (this.#asked = createDeferred()).promise;
    const loop = this.#loop;
    if (loop === undefined) return this.#openAndPull(receiver);
    // A function of the pipeline asks: it gets the item after the one that is on its way.
    if (loop.isRunning) {
      return unwound(() => this.pull() ?? { done: false as const, value: this.taken });
    }
    const progress = this.#advance();
    if (progress === MET) return this.#take();
    if (this.#done) return this.#afterEnd();
    const asked = this.#asked = receiver ?? createDeferred();
    this.#answer(progress);
    return asked.promise;
  }

  /** Until there is an item; one that has come out because of a failure is none that is to be kept. */
  #advance(): Progress {
    const loop = this.#loop!;
    let progress: Progress;
    do progress = loop.advance(1); while (
      progress === MET && this.#parts.isResumable && loop.upstreamError !== undefined
    );
    // A function of the pipeline may have stopped the reading from inside the loop.
    if (this.#done) ignoreLateOutcome(loop.pending);
    return progress;
  }

  #openAndPull(receiver?: Receiver<unknown>): Promise<Result> | undefined {
    try {
      this.#loop = this.#parts.open();
      if (this.#stopped !== undefined) this.#loop?.endSources(this.#stopped.reason, true);
    } catch (error) {
      return this.#failToOpen(error);
    }
    return this.pull(receiver);
  }

  /** Nothing was opened, but what was passed in must be closed before anything is answered. */
  #failToOpen(error: unknown): Promise<Result> {
    this.#done = true;
    const asked = this.#asked = createDeferred<Result>();
    const answer = () => this.#answerEnd({ error });
    this.#parts.close(error).then(answer, answer);
    return asked.promise;
  }

  /**
   * Closes the loop with `reason`; a pending call resolves as done. Later calls wait for the closing,
   * too; if it fails, only this one rejects.
   */
  override stop(reason: unknown): Promise<void> {
    if (this.#done) return this.#closed;
    this.finish();
    const closing = this.#parts.close(reason);
    this.#closed = closing.catch(() => {});
    return closing;
  }

  /** The loop is being closed: nothing is answered until `fail` or `finish` says how it ended. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /** Rejects the call that waits, or else the next one, with `reason`. */
  fail(reason: unknown): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#asked === undefined) this.#failure = { reason };
    this.#answerEnd({ error: reason });
  }

  /** Nothing more comes: pending and later calls resolve as done. */
  finish(): void {
    this.#done = true;
    this.#answerDone();
  }

  #enqueue(): Promise<Result> {
    const queued = createDeferred<Result>();
    (this.#queued ??= new Ring()).push(queued);
    return queued.promise;
  }

  /** The item of the loop is emitted. */
  #take(): undefined {
    this.#parts.taken(this.taken);
  }

  #answer(progress: Progress): void {
    if (this.#done) return;
    if (progress === WAITING) return this.#loop!.whenReady(this.#onReady);
    if (this.#isSuspended) return;
    const asked = this.#asked!;
    if (progress === MET) {
      this.#asked = undefined;
      this.#take();
      asked.resolve({ done: false, value: this.taken });
      while (this.#asked === undefined) {
        const queued = this.#queued?.shift();
        if (queued === undefined) return;
        // A rejected promise that is not the pending one is handled here, or workerd reports it.
        const answer = this.pull(queued);
        if (answer === undefined) queued.resolve({ done: false, value: this.taken });
        else if (answer !== queued.promise) answer.then(queued.resolve, queued.reject);
      }
      return;
    }
    this.#end(progress);
  }

  readonly #onReady = (): void => {
    if (!this.#done && !this.#isSuspended) this.#answer(this.#advance());
  };

  #end(progress: Progress): void {
    this.#done = true;
    const { failure } = this.#loop!;
    const failed = progress === FAILED ? { error: failure } : undefined;
    const ending = this.#parts.ended(failure);
    if (ending === undefined) return this.#answerEnd(failed);
    ending.then(
      () => this.#answerEnd(failed),
      (error) => this.#answerEnd(failed ?? { error }),
    );
  }

  #answerEnd(failed: { readonly error: unknown } | undefined): void {
    if (failed !== undefined) {
      this.#asked?.reject(failed.error);
      this.#asked = undefined;
    }
    this.#answerDone();
  }

  #afterEnd(): Promise<Result> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure.reason);
    return this.#closed.then(() => ({ done: true, value: undefined }));
  }

  #answerDone(): void {
    for (let next = this.#asked ?? this.#queued?.shift(); next; next = this.#queued?.shift()) {
      this.#asked = undefined;
      next.resolve({ done: true, value: undefined });
    }
  }
}
