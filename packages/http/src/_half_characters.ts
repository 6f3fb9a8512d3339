/** Ends in the first half of a surrogate pair. */
const FIRST_HALF = /[\ud800-\udbff]$/;

/** Holds the first half of a character back until the second one comes: an item may end with it. */
export class HalfCharacters {
  #half = "";

  /** What was held back, and `text`, without half a character at its end. */
  join(text: string): string {
    const all = this.#half + text;
    const end = FIRST_HALF.test(all) ? all.length - 1 : all.length;
    this.#half = all.slice(end);
    return all.slice(0, end);
  }

  /** What is held back, from now on no more. */
  end(): string {
    const half = this.#half;
    this.#half = "";
    return half;
  }
}
