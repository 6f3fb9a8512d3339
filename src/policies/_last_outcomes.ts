/** Records which of the last calls have failed. */
export class LastOutcomes {
  readonly #hasFailed: boolean[] = [];
  readonly #size: number;
  #at = 0;
  #failures = 0;

  /** Of the last `size` calls. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether there have been as many calls. */
  get isFull(): boolean {
    return this.#hasFailed.length === this.#size;
  }

  /** The share of those that have failed; 0 where there was none. */
  get failureRate(): number {
    return this.#failures / Math.max(this.#hasFailed.length, 1);
  }

  /** A call has ended. */
  add(hasFailed: boolean): void {
    if (this.#hasFailed[this.#at]) this.#failures--;
    if (hasFailed) this.#failures++;
    this.#hasFailed[this.#at] = hasFailed;
    this.#at = (this.#at + 1) % this.#size;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#hasFailed.length = 0;
    this.#at = 0;
    this.#failures = 0;
  }
}
