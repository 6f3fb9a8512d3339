import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const CALLS_BETWEEN = 100;

/** Counts the items that are in memory: those that can still be reached. */
export class LiveItems {
  #items: WeakRef<object>[] = [];
  #calls = 0;
  #peak = 0;
  #count = 0;

  /** The most that were in memory at a time, as far as was measured. */
  get peak(): number {
    return this.#peak;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  /** Counts `item` for as long as it is in memory. */
  add<TItem extends object>(item: TItem): TItem {
    this.#count++;
    this.#items.push(new WeakRef(item));
    return item;
  }

  /** Looks at the first and every hundredth call how many there are. */
  async measureNowAndThen(): Promise<void> {
    const call = ++this.#calls;
    if (call > 1 && call % CALLS_BETWEEN !== 0) return;
    // A weak reference holds its item until the task in which it was made or read is over.
    await setImmediate();
    collectGarbage();
    this.#items = this.#items.filter((item) => item.deref() !== undefined);
    this.#peak = Math.max(this.#peak, this.#items.length);
  }
}
