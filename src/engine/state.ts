/**
 * What a stage's function sees of the item's path.
 *
 * A path is an array of values, one slot per stage that makes a value; a stage that only lets items
 * pass shares the slot of the stage before it.
 *
 * @module
 */

import type { FunctionContext } from "./stage.ts";
import { NO_STREAMS, type StateStreams } from "./state_streams.ts";

/** What a slot holds before an item has passed its stage. */
export const UNSET: unique symbol = Symbol("unset");

/** The slot of the item as the source gave it. */
export const SOURCE_SLOT = 0;
/** In place of a slot that nobody reads: a store per item saved is a tenth of the loop. */
export const NO_SLOT: number = -1;

/** A stage that a function can read the value of, and the slot that has it. */
export interface Visible {
  readonly key: string;
  readonly slot: number;
  /** Whether its value is there before the first item. */
  readonly isBarrier: boolean;
}

/** Whoever has the path of the current item. */
export interface PathHolder {
  readonly path: readonly unknown[];
}

/** A path on which nothing has passed yet. */
export function createPath(slots: number): unknown[] {
  return new Array(slots).fill(UNSET);
}

/** Anything with a {@linkcode FunctionContext}'s `state`. */
export type State = FunctionContext["state"];

/** The state of one item, from its own path, or of a loop's current item, from the path's holder. */
export function createState(
  visible: readonly Visible[],
  path: readonly unknown[] | PathHolder,
  streams: StateStreams = NO_STREAMS,
): State {
  return "path" in path ? new LiveState(visible, path, streams) : new ItemState(visible, path);
}

/** The state of the current item of a loop, which has one item at a time: a live view. */
class LiveState implements State {
  readonly #visible: readonly Visible[];
  readonly #holder: PathHolder;
  readonly #streams: StateStreams;
  #accumulated: object | undefined;

  constructor(visible: readonly Visible[], holder: PathHolder, streams: StateStreams) {
    this.#visible = visible;
    this.#holder = holder;
    this.#streams = streams;
  }

  stream(key: string): AsyncGenerator<unknown, void, undefined> {
    return this.#streams.stream(key);
  }

  materialize(key: string): Promise<unknown[]> {
    return this.#streams.materialize(key);
  }

  get accumulated(): object {
    return this.#accumulated ??= this.#createView();
  }

  hasSnapshot(key: string): boolean {
    return isSet(this.#visible, this.#holder.path, key);
  }

  #createView(): object {
    const view = {};
    const holder = this.#holder;
    for (const { key, slot } of this.#visible) {
      Object.defineProperty(view, key, { enumerable: true, get: () => read(holder.path, slot) });
    }
    return Object.freeze(view);
  }
}

/** The state of one item that waits beside others: its path is its own. */
class ItemState implements State {
  readonly #visible: readonly Visible[];
  readonly #path: readonly unknown[];
  #accumulated: object | undefined;

  constructor(visible: readonly Visible[], path: readonly unknown[]) {
    this.#visible = visible;
    this.#path = path;
  }

  readonly stream: StateStreams["stream"] = NO_STREAMS.stream;
  readonly materialize: StateStreams["materialize"] = NO_STREAMS.materialize;

  get accumulated(): object {
    return this.#accumulated ??= Object.freeze(Object.fromEntries(
      this.#visible.map(({ key, slot }) => [key, read(this.#path, slot)]),
    ));
  }

  hasSnapshot(key: string): boolean {
    return isSet(this.#visible, this.#path, key);
  }
}

function read(path: readonly unknown[], slot: number): unknown {
  const value = path[slot];
  return value === UNSET ? undefined : value;
}

function isSet(visible: readonly Visible[], path: readonly unknown[], key: string): boolean {
  const found = visible.find((candidate) => candidate.key === key);
  return found !== undefined && path[found.slot] !== UNSET;
}
