import type { Paces, PacesGiven } from "../internal/admission.ts";

/** How many attempts run at a time where a policy says the limit, which may change. */
export class LimitPaces implements Paces {
  readonly ordered: boolean;
  readonly #readLimit: () => number;
  readonly #highWaterMark: number | undefined;

  constructor(readLimit: () => number, { highWaterMark, ordered = true }: PacesGiven) {
    this.#readLimit = readLimit;
    this.#highWaterMark = highWaterMark;
    this.ordered = ordered;
  }

  get concurrencyLimit(): number {
    return this.#readLimit();
  }

  get highWaterMark(): number {
    return this.#highWaterMark ?? this.concurrencyLimit;
  }
}
