/**
 * Which items of a source are done: up to a position, and some after it.
 *
 * @module
 */

import { createDeferred, type Deferred } from "../internal/promises.ts";
import type { Delivery } from "./ack_source.ts";
import { createUnreadable } from "./_errors.ts";
import { isCount, writeSaved } from "./saved.ts";

/** The most items that may be done while one before them is not: then the source waits. */
export const MAX_SPARSE = 10_000;

/** An item of the source, from when it is read until it and all before it are done. */
export interface Entry {
  /** Absent where it is done. */
  item: unknown;
  readonly position: unknown;
  /** Acknowledges the item; absent for sources with positions. */
  readonly delivery: Delivery<unknown> | undefined;
  /** The key and hash of an item that may be unchanged. */
  readonly known: { readonly key: string; readonly hash: string } | undefined;
  readonly readAtMs: number;
  isDone: boolean;
  /** How often it has failed. */
  attempts: number;
}

/** What is saved of the entries. Items are numbered from `position` on, the first one being 0. */
export interface SavedEntries {
  /** All items up to here are done; `undefined` where not even the first is. */
  readonly position: unknown;
  /** Those after it that are done as well: where they begin, and how many they are. */
  readonly done: readonly (readonly [start: number, count: number])[];
  /** Those that have failed, and how often. */
  readonly attempts: readonly (readonly [index: number, count: number])[];
}

/** The entries of a run of a job. */
export class Entries {
  /** All items up to here are done. */
  position: unknown;
  /** How many items are done. */
  doneCount = 0;
  /** How many are done before an earlier one is. */
  sparseCount = 0;
  /** From the first that is not done; those before `#first` have left. */
  #entries: Entry[] = [];
  #first = 0;
  /** The position before `position`; this object while there is none. */
  #before: unknown = this;
  /** How many were read. */
  #read = 0;
  /** The ranges that an earlier run has done, and the first of them that is not read to its end. */
  readonly #done: SavedEntries["done"];
  #range = 0;
  readonly #attempts: ReadonlyMap<number, number>;
  #room: Deferred<void> | undefined;

  constructor(before: SavedEntries) {
    this.#done = before.done;
    this.position = before.position;
    this.#attempts = new Map(before.attempts);
  }

  /** How many items are not done. */
  get openCount(): number {
    return this.#entries.length - this.#first - this.sparseCount;
  }

  /** The first that is not done. */
  get oldest(): Entry | undefined {
    return this.#entries[this.#first];
  }

  /** Those that are not done, in the order of the source. */
  open(): Entry[] {
    return this.#entries.slice(this.#first).filter(({ isDone }) => !isDone);
  }

  /** Adds the next item of the source; where an earlier run has done it, it is done at once. */
  add(entry: Entry): void {
    const index = this.#read++;
    entry.attempts = this.#attempts.get(index) ?? entry.attempts;
    this.#entries.push(entry);
    if (this.#wasDone(index)) this.#finish(entry);
  }

  #wasDone(index: number): boolean {
    const range = this.#done[this.#range];
    if (range === undefined || index < range[0]) return false;
    if (index === range[0] + range[1] - 1) this.#range++;
    return true;
  }

  /** All that was made of the item has left the run. */
  finish(entry: Entry): void {
    this.doneCount++;
    this.#finish(entry);
  }

  #finish(entry: Entry): void {
    entry.isDone = true;
    entry.item = undefined;
    this.sparseCount++;
    for (let first = this.oldest; first?.isDone; first = this.oldest) {
      this.#before = this.position;
      this.position = first.position;
      this.sparseCount--;
      this.#first++;
    }
    // The list is made anew when half of it has left, so each entry is copied once at most.
    if (2 * this.#first > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    if (this.hasRoom) this.giveRoom();
  }

  /** Whether another item may be read. */
  get hasRoom(): boolean {
    return this.sparseCount < MAX_SPARSE;
  }

  /** Resolves when there is room, or nothing more will be read. */
  whenRoom(): Promise<void> {
    return (this.#room ??= createDeferred()).promise;
  }

  giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /**
   * What to save; `isOver` where the source has ended. After a position that several items share,
   * the source may begin with any of them, so that numbers say nothing: all items after the first
   * come again.
   */
  save(isOver: boolean): SavedEntries {
    const done: [number, number][] = [];
    const attempts: [number, number][] = [];
    const saved = { position: this.position, done, attempts };
    if (this.#before !== this && toText(this.#before) === toText(this.position)) return saved;
    const add = (start: number, count: number) => {
      const range = done.at(-1);
      if (range !== undefined && range[0] + range[1] === start) range[1] += count;
      else done.push([start, count]);
    };
    const open = this.#entries.slice(this.#first);
    open.forEach((entry, index) => {
      if (entry.isDone) add(index, 1);
      else if (entry.attempts > 0) attempts.push([index, entry.attempts]);
    });
    if (isOver) return saved;
    // What an earlier run knew of items that this one has not read yet.
    const left = this.#read - open.length;
    for (const [start, count] of this.#done.slice(this.#range)) {
      const from = Math.max(start - left, open.length);
      add(from, start - left + count - from);
    }
    for (const [index, count] of this.#attempts) {
      if (index >= this.#read) attempts.push([index - left, count]);
    }
    return saved;
  }
}

/** The text of a position; the beginning, `undefined`, has that of null. */
function toText(position: unknown): string {
  return writeSaved("", position ?? null);
}

/** Reads what was saved; throws where it is not what is saved of entries. */
export function requireEntries(id: string, saved: object | undefined): SavedEntries {
  if (saved === undefined) return { position: undefined, done: [], attempts: [] };
  const { position, done, attempts } = saved as Partial<SavedEntries>;
  if (areRanges(done) && arePairs(attempts)) return { position, done, attempts };
  throw createUnreadable(id, "it does not say which items are done");
}

/** Whether they are in order, and none is empty: others would leave out items that are not done. */
function areRanges(value: unknown): value is SavedEntries["done"] {
  let end = -1;
  return arePairs(value) && value.every(([start, count]) => {
    const isNext = start > end && count > 0;
    end = start + count;
    return isNext;
  });
}

function arePairs(value: unknown): value is readonly (readonly [number, number])[] {
  return Array.isArray(value) &&
    value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount));
}
