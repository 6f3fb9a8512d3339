import { Heap } from "./heap.ts";

/** How many removed elements, beyond the number of the others, are kept before they are cleared away. */
const MAX_REMOVED = 64;

/** A heap of objects from which any can be removed: in the heap they stay until they come up. */
export class RemovableHeap<T extends object> {
  readonly #heap: Heap<T>;
  readonly #elements: Set<T> = new Set();

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#heap = new Heap(isBefore);
  }

  /** How many elements it holds. */
  get size(): number {
    return this.#elements.size;
  }

  /** The first element, left in its place. */
  peek(): T | undefined {
    let first = this.#heap.peek();
    while (first !== undefined && !this.#elements.has(first)) {
      this.#heap.pop();
      first = this.#heap.peek();
    }
    return first;
  }

  /** Puts `element` in, which is new. */
  push(element: T): void {
    this.#elements.add(element);
    this.#heap.push(element);
  }

  /** Takes `element` out, unless it was before. */
  remove(element: T): void {
    this.#elements.delete(element);
    if (this.#heap.size > 2 * this.#elements.size + MAX_REMOVED) {
      this.#heap.retain((each) => this.#elements.has(each));
    }
  }
}
