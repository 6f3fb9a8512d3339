/**
 * One group of a stage that has a pipeline for each key.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import type { InnerRun } from "../core/operator.ts";
import type { ItemPath } from "../core/context.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";

type Result = IteratorResult<unknown, undefined>;

const DONE: Result = { done: true, value: undefined };

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
export class Group implements AsyncIterableIterator<unknown> {
  readonly key: unknown;
  /** Whether an item was handed to it and the next not asked for. */
  isBusy = false;
  /** Whether it reads no more: what is left of its items is dropped. */
  isFull = false;
  /** Since when it has had nothing to do. */
  idleSinceMs = 0;
  /** Of the item that it was handed last. */
  path: ItemPath;

  readonly #owner: GroupOwner;
  #outputs: InnerRun | undefined;
  #asked: Deferred<Result> | undefined;
  #isEnding = false;

  constructor(key: unknown, owner: GroupOwner) {
    this.key = key;
    this.#owner = owner;
  }

  /** Whether it waits for an item. */
  get isHungry(): boolean {
    return this.#asked !== undefined;
  }

  /** Whether its pipeline is at work, which it may be while it waits for an item. */
  get isWorking(): boolean {
    return this.#outputs!.isWorking;
  }

  /** Begins to run the pipeline that reads this group. */
  start(outputs: InnerRun): void {
    this.#outputs = outputs;
    this.pull();
  }

  /** Asks the pipeline for its next item. */
  pull(): void {
    this.#outputs!.next().then(this.#onResult, this.#onFailure);
  }

  /** Hands it an item; it must be hungry. */
  give(item: unknown, path: ItemPath): void {
    this.path = path;
    const asked = this.#asked!;
    this.#asked = undefined;
    this.isBusy = true;
    asked.resolve({ done: false, value: item });
  }

  /** No more items come: its pipeline emits what it keeps, and ends. */
  end(): void {
    this.#isEnding = true;
    this.#asked?.resolve(DONE);
    this.#asked = undefined;
  }

  /** See {@linkcode InnerRun.abandon}. */
  abandon(reason: unknown): boolean {
    const isDone = this.#outputs!.abandon(reason);
    this.end();
    return isDone;
  }

  /** See {@linkcode InnerRun.giveUp}. */
  giveUp(cutoff: Cutoff): void {
    this.#outputs!.giveUp(cutoff);
  }

  /** See {@linkcode InnerRun.endOthers}. */
  endOthers(reason: unknown): void {
    this.#outputs!.endOthers(reason);
  }

  /** Closes its pipeline. */
  close(reason: unknown): Promise<void> {
    return this.#outputs!.stop(reason);
  }

  /** Its pipeline asks for an item. */
  next(): Promise<Result> {
    if (this.#isEnding) return Promise.resolve(DONE);
    const { promise } = this.#asked = createDeferred<Result>();
    this.#owner.asked(this);
    return promise;
  }

  /** Its pipeline reads no more; whether it has failed shows when it ends. */
  return(): Promise<Result> {
    this.isFull = true;
    this.end();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #onResult = (result: IteratorResult<unknown>): void => {
    if (result.done) this.#finish(undefined);
    else this.#owner.made(this, result.value);
  };

  readonly #onFailure = (error: unknown): void => this.#finish({ error });

  /** Its pipeline asks for nothing any more, whether or not it has ever read and said so. */
  #finish(failure: { readonly error: unknown } | undefined): void {
    this.isFull = true;
    this.#owner.ended(this, failure);
  }
}
