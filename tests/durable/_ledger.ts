// How many parts of each source item are in a run, and which items were said to be done.

/** Something that was made of the source item of that number. */
export interface Part {
  readonly root: number;
}

/** Counts the parts of each source item, from its entry until the sink has them. */
export class Ledger {
  readonly #open: Map<number, number> = new Map();
  readonly #done: Map<number, number> = new Map();
  /** How many were said to be done while there were parts of them. */
  early = 0;

  /** There are so many parts more of what `part` was made of. */
  add({ root }: Part, count: number): void {
    this.#open.set(root, (this.#open.get(root) ?? 0) + count);
  }

  /** The source item is said to be done. */
  finish(root: number): void {
    this.#done.set(root, (this.#done.get(root) ?? 0) + 1);
    if (this.#open.get(root) !== 0) this.early++;
  }

  /** How many source items were said to be done more than once. */
  get twice(): number {
    return [...this.#done.values()].filter((count) => count > 1).length;
  }

  /** How many source items were said to be done. */
  get finished(): number {
    return this.#done.size;
  }
}
