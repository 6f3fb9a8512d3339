/** A binary heap: what is first by `isBefore` is taken out first, in O(log n). */
export class Heap<T> {
  readonly #isBefore: (a: T, b: T) => boolean;
  #elements: T[] = [];

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  /** How many elements it holds. */
  get size(): number {
    return this.#elements.length;
  }

  /** The first element, left in its place. */
  peek(): T | undefined {
    return this.#elements[0];
  }

  /** Puts `element` in. */
  push(element: T): void {
    const elements = this.#elements;
    let at = elements.push(element) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(element, elements[parent]!)) break;
      elements[at] = elements[parent]!;
      at = parent;
    }
    elements[at] = element;
  }

  /** Takes the first element out. */
  pop(): T | undefined {
    const elements = this.#elements;
    const first = elements[0];
    const last = elements.pop();
    if (elements.length > 0) this.#sink(last!);
    return first;
  }

  /** Takes out all elements but those that `isKept` says, in O(n log n). */
  retain(isKept: (element: T) => boolean): void {
    const kept = this.#elements.filter(isKept);
    this.#elements = [];
    for (const element of kept) this.push(element);
  }

  /** Puts `element` in from the top. */
  #sink(element: T): void {
    const elements = this.#elements;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= elements.length) break;
      const right = child + 1;
      if (right < elements.length && this.#isBefore(elements[right]!, elements[child]!)) {
        child = right;
      }
      if (!this.#isBefore(elements[child]!, element)) break;
      elements[at] = elements[child]!;
      at = child;
    }
    elements[at] = element;
  }
}
