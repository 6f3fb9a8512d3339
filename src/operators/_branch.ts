/**
 * One branch of a stage that hands its items to several pipelines.
 *
 * @module
 */

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
  /** Told of each item that a policy drops. */
  readonly onDrop: (item: unknown) => void;
  /** Takes what its pipeline makes; absent where that goes on. */
  readonly to: ((item: unknown) => unknown) | undefined;
}

/** The items of one branch on their way into its pipeline. */
export class Branch {
  readonly settings: BranchSettings;
  readonly #group: Group;
  readonly #queue: Ring<unknown> = new Ring();
  /** The item for which there is no room yet, and who waits for it to be taken. */
  #waiting: { readonly item: unknown; readonly entered: Deferred<void> } | undefined;
  #isEnding = false;

  constructor(settings: BranchSettings, group: Group) {
    this.settings = settings;
    this.#group = group;
  }

  /** Takes an item in, or drops one, as the policy says; a promise is to be waited for. */
  offer(item: unknown): Promise<void> | undefined {
    if (this.#group.isFull) return undefined;
    if (this.#group.isHungry) {
      this.#group.give(item);
      return undefined;
    }
    const { name, whenFull, bufferSize, onDrop } = this.settings;
    if (this.#queue.length < bufferSize) {
      this.#queue.push(item);
      return undefined;
    }
    if (whenFull === "error") {
      const message = `Branch "${name}" has ${bufferSize} items waiting, and no room for another`;
      throw createCodedError("BRANCH_FULL", message);
    }
    if (whenFull === "wait") {
      const entered = createDeferred<void>();
      this.#waiting = { item, entered };
      return entered.promise;
    }
    if (whenFull === "dropNewest" || bufferSize === 0) onDrop(item);
    else {
      onDrop(this.#queue.shift());
      this.#queue.push(item);
    }
    return undefined;
  }

  /** Its pipeline asks for an item, or reads no more: then what is left is let go of. */
  serve(): void {
    if (this.#group.isFull) {
      while (this.#queue.length > 0) this.#queue.shift();
      this.release();
      return;
    }
    if (!this.#group.isHungry) return;
    if (this.#queue.length > 0) this.#group.give(this.#queue.shift());
    else if (this.#waiting === undefined) return this.#endIfDue();
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#group.isHungry) this.#group.give(waiting.item);
    else this.#queue.push(waiting.item);
    this.release();
  }

  /** No more items come; its pipeline is told when it has had those that wait. */
  end(): void {
    this.#isEnding = true;
    this.serve();
    this.#endIfDue();
  }

  /** Nobody waits for room any more. */
  release(): void {
    this.#waiting?.entered.resolve();
    this.#waiting = undefined;
  }

  #endIfDue(): void {
    if (this.#isEnding && this.#queue.length === 0 && this.#waiting === undefined) {
      this.#group.end();
    }
  }
}
