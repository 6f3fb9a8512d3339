/**
 * One group of a stage that has a pipeline for each key.
 *
 * @module
 */

import { isStreamingError } from "../base/errors.ts";
import type { InnerRun } from "../core/operator.ts";
import type { ItemPath } from "../core/context.ts";
import { ORIGIN_SLOT } from "../core/lineage.ts";
import { END, WAIT } from "../internal/pull.ts";
import { PushedFeed } from "../core/feed.ts";
import { CALLBACKS_ONLY, type Receiver } from "../internal/many.ts";
import { isNestedDeep, nested, unwound } from "../internal/nesting.ts";

/** What the owner of groups is called with. */
export interface GroupOwner {
  /** The group has asked for its next item. */
  asked(group: Group): void;
  /** The group has made an item. */
  made(group: Group, item: unknown): void;
  /** The group's pipeline has ended, or failed. */
  ended(group: Group, failure: { readonly error: unknown } | undefined): void;
}

/** The items of one key on their way into a pipeline of their own, one at a time. */
export class Group extends PushedFeed {
  readonly key: unknown;
  /** Whether it waits for an item. */
  isHungry = false;
  /** Whether it was given an item and has not asked for the next. */
  isBusy = false;
  /** Whether it reads no more. */
  isFull = false;
  /** Whether its pipeline was told that no more items come because of a failure. */
  hasFailedInput = false;
  /** Since when it has had nothing to do. */
  idleSinceMs = 0;
  /** The stages of its pipeline, once they are open. */
  stages: readonly object[] = [];
  /** The path of the item that it was given last. */
  path: ItemPath;
  /** The run of its pipeline; set before it is asked for anything. */
  run!: InnerRun;

  readonly #owner: GroupOwner;
  /** Whether it reads no more because of a failure, which may come out of it much later. */
  #isFailing = false;
  /** The item that it was given and has not read. */
  #item: unknown = WAIT;
  #isEnding = false;
  #inputFailure: { readonly error: unknown } | undefined;
  /** Notifies the reader that waits for an item. */
  #notify: (() => void) | undefined;

  constructor(key: unknown, owner: GroupOwner) {
    super();
    this.key = key;
    this.#owner = owner;
  }

  /** Whether what is left of its items is dropped. What a failure keeps it from reading is not done. */
  get drops(): boolean {
    return this.isFull && !this.#isFailing;
  }

  /** Whether its pipeline is running, which it may be while it waits for an item. */
  get isWorking(): boolean {
    return this.run.isWorking;
  }

  /** What the item that it was given last was made of. */
  override get origin(): unknown {
    return this.path?.[ORIGIN_SLOT];
  }

  /** The path of what its pipeline has made last: that item's, but for what it was made of. */
  get madePath(): ItemPath {
    const { origin } = this.run;
    if (origin === undefined || this.path === undefined) return this.path;
    const path = this.path.slice();
    path[ORIGIN_SLOT] = origin;
    return path;
  }

  /** Asks the pipeline for its next item. */
  pull(): void {
    const asked = this.run.ask(this.#receiver);
    if (asked === undefined) this.#owner.made(this, this.run.taken);
    else if (asked !== CALLBACKS_ONLY) asked.then(this.#onResult, this.#onFailure);
  }

  /** Gives it an item; it must be hungry. */
  give(item: unknown, path: ItemPath): void {
    this.path = path;
    this.#item = item;
    this.isBusy = true;
    this.isHungry = false;
    this.#wake();
  }

  /** No more items come: its pipeline emits what it keeps, and ends. */
  end(): void {
    this.#isEnding = true;
    this.isHungry = false;
    this.#wake();
  }

  /** No more items will come because of `error`, unless no more were to come: its pipeline fails, too. */
  failInput(error: unknown): void {
    if (!this.#isEnding) this.#inputFailure = { error };
  }

  /** See {@linkcode InnerRun.abandon}. */
  abandonWork(reason: unknown): boolean {
    const isDone = this.run.abandon(reason);
    this.end();
    return isDone;
  }

  /** Its pipeline asks for an item; it may be given one at once. */
  override next(): unknown {
    if (!this.#isEnding && this.#item === WAIT && !this.isHungry) {
      this.isHungry = true;
      this.#owner.asked(this);
    }
    const item = this.#item;
    this.#item = WAIT;
    if (item !== WAIT || !this.#isEnding) return item;
    if (this.#inputFailure === undefined) return END;
    this.hasFailedInput = true;
    throw this.#inputFailure.error;
  }

  /** Continues within the call that gives it an item, where a promise would take a turn. */
  override whenReady(listener: () => void): void {
    this.#notify = listener;
  }

  override accept(): void {}

  override refuse(error: unknown): unknown {
    return error;
  }

  /** Its pipeline reads no more. */
  override close(reason: unknown): undefined {
    this.#isFailing = isStreamingError(reason);
    this.isFull = this.#isEnding = true;
    this.isHungry = false;
    this.#notify = undefined;
  }

  /** Each group inside another one is a level. */
  #wake(): void {
    const notify = this.#notify;
    this.#notify = undefined;
    if (notify === undefined) return;
    if (isNestedDeep()) unwound(notify);
    else nested(notify);
  }

  readonly #onResult = (result: IteratorResult<unknown>): void => {
    if (result.done) this.#finish(undefined);
    else this.#owner.made(this, result.value);
  };

  readonly #onFailure = (error: unknown): void => this.#finish({ error });

  readonly #receiver: Receiver<unknown> = {
    promise: CALLBACKS_ONLY,
    resolve: this.#onResult,
    reject: this.#onFailure,
  };

  /** Its pipeline asks for nothing any more, whether or not it has ever read. */
  #finish(failure: { readonly error: unknown } | undefined): void {
    this.isFull = true;
    this.#isFailing = failure !== undefined;
    this.#owner.ended(this, failure);
  }
}
