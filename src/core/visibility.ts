/**
 * Which earlier stages a stage can see, and where on the path their values are.
 *
 * @module
 */

/** A stage that a function can read the value of, and the slot that has it. */
export interface Visible {
  readonly key: string;
  /** Its place among the stages of the pipeline. */
  readonly index: number;
  readonly slot: number;
  /** Whether its value is that of the whole run, and not on the path of an item. */
  readonly isBarrier: boolean;
}

/** The stages that can be seen so far, while a pipeline is planned. */
export class VisibleStages {
  readonly #stages: Visible[] = [];
  /** Where the values are that are on the path of an item, each slot once. */
  readonly #slots: number[];
  #hasBarrier = false;

  /** `slots` are on the path of every stage, whatever it can read. */
  constructor(slots: readonly number[]) {
    this.#slots = [...slots];
  }

  /** The stage can be seen by all that come after it. */
  add(stage: Visible): void {
    this.#stages.push(stage);
    const { slot, isBarrier } = stage;
    this.#hasBarrier ||= isBarrier;
    if (!isBarrier && this.#slots.at(-1) !== slot) this.#slots.push(slot);
  }

  /** The first slot that can be seen, if there is one. */
  get firstSlot(): number | undefined {
    return this.#slots[0];
  }

  /** What a stage that comes next can see. */
  look(): Visibility {
    return new Visibility(this.#stages, this.#slots, this.#hasBarrier);
  }
}

/**
 * The first of the stages, and of their slots: with lists of its own for each stage, the memory that
 * a long pipeline takes would grow by the square.
 */
export class Visibility {
  /** Whether one of the stages is a barrier. */
  readonly hasBarrier: boolean;

  readonly #all: readonly Visible[];
  readonly #allSlots: readonly number[];
  readonly #count: number;
  readonly #slotCount: number;
  #stages: readonly Visible[] | undefined;

  constructor(all: readonly Visible[], allSlots: readonly number[], hasBarrier: boolean) {
    this.hasBarrier = hasBarrier;
    this.#all = all;
    this.#allSlots = allSlots;
    this.#count = all.length;
    this.#slotCount = allSlots.length;
  }

  /** The stages, in order; the list is made for those that ask. */
  get stages(): readonly Visible[] {
    return this.#stages ??= this.#all.slice(0, this.#count);
  }

  /** Whether it sees anything of an item's path. */
  get hasSlots(): boolean {
    return this.#slotCount > 0;
  }

  /** The values on a path that it sees. */
  read(path: readonly unknown[]): unknown[] {
    const values = new Array(this.#slotCount);
    for (let index = 0; index < values.length; index++) {
      values[index] = path[this.#allSlots[index]!];
    }
    return values;
  }

  /** Puts back what `read` gave. */
  write(values: readonly unknown[], path: unknown[]): void {
    for (let index = 0; index < this.#slotCount; index++) {
      path[this.#allSlots[index]!] = values[index];
    }
  }

  /** Copies what it sees from one path to another. */
  copy(from: readonly unknown[], to: unknown[]): void {
    for (let index = 0; index < this.#slotCount; index++) {
      const slot = this.#allSlots[index]!;
      to[slot] = from[slot];
    }
  }
}

/** Sees nothing. */
export const SEES_NOTHING: Visibility = new Visibility([], [], false);
