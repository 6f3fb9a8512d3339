/**
 * What a stage's function sees of the item's path.
 *
 * A path is an array of values, one slot per stage that makes a value; a stage that only lets items
 * pass shares the slot of the stage before it.
 *
 * @module
 */

import type { FunctionContext } from "./context.ts";
import { StateNotRecordedError } from "../base/errors.ts";
import type { Visibility, Visible } from "./visibility.ts";

/** What a slot holds before an item has passed its stage. */
export const UNSET: unique symbol = Symbol("unset");

/** The slot of the item as the source gave it; before it is that of {@linkcode ORIGIN_SLOT}. */
export const SOURCE_SLOT = 1;
/** In place of a slot that is never read: a store per item saved is a tenth of the loop. */
export const NO_SLOT: number = -1;

/** What a function can see of a run. */
interface Viewer {
  readonly visible: Visibility;
  /** All stages of the run, with what barriers have gathered. */
  readonly stages: readonly { readonly gathered: readonly unknown[] | undefined }[];
}

/** Has the path of the current item. */
export interface PathHolder {
  readonly path: readonly unknown[];
}

/** A path on which nothing has passed yet. */
export function createPath(slots: number): unknown[] {
  return new Array(slots).fill(UNSET);
}

/**
 * The prototype of all views: it has nothing, so that a key that no stage has shows nothing either.
 * Objects without any prototype are slower to read.
 */
const NOTHING: object = Object.freeze(Object.create(null));

/** The `stream` and `materialize` of a step's state. */
export interface StateStreams {
  stream(key: string): AsyncGenerator<unknown, void, undefined>;
  materialize(key: string): Promise<unknown[]>;
}

/** For functions of one item: what they would wait for cannot flow before they have answered. */
const NO_STREAMS: StateStreams = {
  stream(key) {
    throw new StateNotRecordedError(
      key,
      "a function sees one item at a time. Read it in a step (add), or put .checkpoint() before",
    );
  },
  materialize: async (key) => await (NO_STREAMS.stream(key) as never),
};

/** Anything with a {@linkcode FunctionContext}'s `state`. */
export type State = FunctionContext["state"];

/** The state of one item, from its own path, or of a loop's current item, from the path's holder. */
export function createState(
  viewer: Viewer,
  path: readonly unknown[] | PathHolder,
  streams: StateStreams = NO_STREAMS,
): State {
  return "path" in path ? new LiveState(viewer, path, streams) : new ItemState(viewer, path);
}

/** The state of the current item of a loop, which has one item at a time: a live view. */
class LiveState implements State {
  readonly #viewer: Viewer;
  readonly #holder: PathHolder;
  readonly #streams: StateStreams;
  #accumulated: object | undefined;

  constructor(viewer: Viewer, holder: PathHolder, streams: StateStreams) {
    this.#viewer = viewer;
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
    return isSet(this.#viewer, this.#holder.path, key);
  }

  #createView(): object {
    const view = Object.create(NOTHING);
    const viewer = this.#viewer;
    const holder = this.#holder;
    for (const each of viewer.visible.stages) {
      const get = () => read(viewer, each, holder.path);
      Object.defineProperty(view, each.key, { enumerable: true, get });
    }
    return Object.freeze(view);
  }
}

/** The state of one item that waits beside others: its path is its own. */
class ItemState implements State {
  readonly #viewer: Viewer;
  readonly #path: readonly unknown[];
  #accumulated: object | undefined;

  constructor(viewer: Viewer, path: readonly unknown[]) {
    this.#viewer = viewer;
    this.#path = path;
  }

  readonly stream: StateStreams["stream"] = NO_STREAMS.stream;
  readonly materialize: StateStreams["materialize"] = NO_STREAMS.materialize;

  get accumulated(): object {
    return this.#accumulated ??= this.#createView();
  }

  hasSnapshot(key: string): boolean {
    return isSet(this.#viewer, this.#path, key);
  }

  #createView(): object {
    const view = Object.create(NOTHING);
    const viewer = this.#viewer;
    for (const each of viewer.visible.stages) view[each.key] = read(viewer, each, this.#path);
    return Object.freeze(view);
  }
}

function read({ stages }: Viewer, visible: Visible, path: readonly unknown[]): unknown {
  if (visible.isBarrier) return stages[visible.index]!.gathered;
  const value = path[visible.slot];
  return value === UNSET ? undefined : value;
}

function isSet({ visible }: Viewer, path: readonly unknown[], key: string): boolean {
  return visible.stages.some((each) =>
    each.key === key && (each.isBarrier || path[each.slot] !== UNSET)
  );
}
