/**
 * A first-in-first-out queue in a circular buffer.
 *
 * @module
 */

const INITIAL_CAPACITY = 16;

/** A queue whose every operation is O(1); its buffer grows to the most it ever held. */
export class Ring<T> {
  #buffer: (T | undefined)[] = new Array(INITIAL_CAPACITY);
  #mask: number = INITIAL_CAPACITY - 1;
  #head = 0;
  #length = 0;

  /** How many elements wait in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Puts `element` at the end. */
  push(element: T): void {
    if (this.#length > this.#mask) this.#grow();
    this.#buffer[(this.#head + this.#length) & this.#mask] = element;
    this.#length++;
  }

  /** The first element, left in its place. */
  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#buffer[this.#head];
  }

  /** Takes the first element out. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const element = this.#buffer[this.#head];
    this.#buffer[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#length--;
    return element;
  }

  /** The last element, left in its place. */
  peekLast(): T | undefined {
    if (this.#length === 0) return undefined;
    return this.#buffer[(this.#head + this.#length - 1) & this.#mask];
  }

  /** Takes the last element out. */
  pop(): T | undefined {
    const element = this.peekLast();
    if (element === undefined) return undefined;
    this.#buffer[(this.#head + --this.#length) & this.#mask] = undefined;
    return element;
  }

  /** The elements, first to last. */
  *[Symbol.iterator](): Generator<T> {
    for (let offset = 0; offset < this.#length; offset++) {
      yield this.#buffer[(this.#head + offset) & this.#mask] as T;
    }
  }

  #grow(): void {
    const elements = [...this];
    elements.length = (this.#mask + 1) * 2;
    this.#buffer = elements;
    this.#mask = elements.length - 1;
    this.#head = 0;
  }
}
