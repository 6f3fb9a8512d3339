/**
 * One branch of a stage that passes its items to several pipelines.
 *
 * @module
 */

import type { ItemPath } from "../core/context.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { createCodedError } from "./_coded_error.ts";
import type { Group } from "./_group.ts";

/** What becomes of an item for which a branch has no room. */
export type BranchPolicy = "wait" | "dropNewest" | "dropOldest" | "error";

/** A branch as it was asked for. */
export interface BranchSettings {
  readonly name: string;
  readonly whenFull: BranchPolicy;
  /** The most items that wait for its pipeline. */
  readonly bufferSize: number;
  /** Called with each item that a policy drops. */
  readonly onDrop: (item: unknown) => void;
  /** Takes what its pipeline makes; absent where the stage emits it. */
  readonly to: ((item: unknown) => unknown) | undefined;
}

/** An item on its way into one branch or several. */
export class Parcel {
  readonly item: unknown;
  readonly path: ItemPath;
  /** How many branches have not released it. */
  #openCount: number;
  #isTaken = false;
  readonly #onGone: (parcel: Parcel, isTaken: boolean) => void;

  /** `onGone` is called when the last branch has released it, with whether a pipeline has read it. */
  constructor(
    { item, path }: Pick<Parcel, "item" | "path">,
    branchCount: number,
    onGone: (parcel: Parcel, isTaken: boolean) => void,
  ) {
    this.item = item;
    this.path = path;
    this.#openCount = branchCount;
    this.#onGone = onGone;
  }

  /** A branch releases it: its pipeline has read it, or it was dropped. */
  leave(isTaken: boolean): void {
    this.#isTaken ||= isTaken;
    if (--this.#openCount === 0) this.#onGone(this, this.#isTaken);
  }
}

/** The items of one branch on their way into its pipeline. */
export class Branch {
  readonly settings: BranchSettings;
  readonly group: Group;
  readonly #queue: Ring<Parcel> = new Ring();
  /** The one that its pipeline works on, until it asks for another. */
  #given: Parcel | undefined;
  /** The item for which there is no room yet; `entered` resolves when it is taken. */
  #waiting: { readonly parcel: Parcel; readonly entered: Deferred<void> } | undefined;
  #isEnding = false;
  /** Each pipeline has the item for itself. */
  readonly #retain: (path: ItemPath) => ItemPath;

  constructor(settings: BranchSettings, group: Group, retain: (path: ItemPath) => ItemPath) {
    this.settings = settings;
    this.group = group;
    this.#retain = retain;
  }

  /** Takes an item in, or drops one, as the policy says; a promise must be waited for. */
  offer(parcel: Parcel): Promise<void> | undefined {
    if (this.group.drops) return void parcel.leave(false);
    if (this.group.isHungry) return void this.#give(parcel);
    const { name, whenFull, bufferSize, onDrop } = this.settings;
    if (this.#queue.length < bufferSize) return void this.#queue.push(parcel);
    // Where its pipeline has failed, that comes out soon, and nothing may be dropped before.
    if (whenFull === "wait" || this.group.isFull) {
      const entered = createDeferred<void>();
      this.#waiting = { parcel, entered };
      return entered.promise;
    }
    if (whenFull === "error") {
      const message = `Branch "${name}" has ${bufferSize} items waiting, and no room for another`;
      throw createCodedError("BRANCH_FULL", message);
    }
    const isNewest = whenFull === "dropNewest" || bufferSize === 0;
    const dropped = isNewest ? parcel : this.#queue.peek()!;
    // Where it throws, nothing is dropped: the new item has failed, and is not let in.
    onDrop(dropped.item);
    if (!isNewest) {
      this.#queue.shift();
      this.#queue.push(parcel);
    }
    dropped.leave(false);
  }

  /** Its pipeline asks for an item, or has ended: it is done with the one that it was given. */
  conclude(): void {
    this.#given?.leave(true);
    this.#given = undefined;
    this.#serve();
  }

  /** Passes on the items that wait; releases them where its pipeline reads no more. */
  #serve(): void {
    if (this.group.drops) {
      while (this.#queue.length > 0) this.#queue.shift()!.leave(false);
      this.#waiting?.parcel.leave(false);
      this.release();
      return;
    }
    if (!this.group.isHungry) return;
    if (this.#queue.length > 0) this.#give(this.#queue.shift()!);
    else if (this.#waiting === undefined) return this.#endIfDue();
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.group.isHungry) this.#give(waiting.parcel);
    else this.#queue.push(waiting.parcel);
    this.release();
  }

  /** No more items come: its pipeline ends when it has read those that wait. */
  end(): void {
    this.#isEnding = true;
    this.#serve();
    this.#endIfDue();
  }

  /** Resolves what waits for room. */
  release(): void {
    this.#waiting?.entered.resolve();
    this.#waiting = undefined;
  }

  /** Whether its pipeline has an item that is not released. */
  get isGiven(): boolean {
    return this.#given !== undefined;
  }

  #give(parcel: Parcel): void {
    this.#given = parcel;
    this.group.give(parcel.item, this.#retain(parcel.path));
  }

  #endIfDue(): void {
    if (this.#isEnding && this.#queue.length === 0 && this.#waiting === undefined) {
      this.group.end();
    }
  }
}
