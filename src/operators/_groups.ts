/**
 * Parts a stream by key, with a pipeline for each, and brings what they make together again.
 *
 * @module
 */

import type { ItemFunction, ItemPath, StreamContext, StreamControl } from "../engine/stage.ts";
import { clock } from "../internal/clock.ts";
import { andThen, createDeferred, type Deferred } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { createCodedError } from "./_coded_error.ts";
import type { Gathered } from "./_gather.ts";
import { Group, type GroupOwner } from "./_group.ts";
import { NONE, TimedStream } from "./_timed_stream.ts";

/** How groups are made and bounded. */
export interface GroupSettings {
  readonly keyOf: ItemFunction;
  /** Runs the pipeline of a key. */
  readonly run: GroupRunner;
  readonly maxKeys: number;
  readonly whenFull: "error" | "evict";
  /** `Infinity` where groups are not ended for being idle. */
  readonly idleMs: number;
  readonly concurrencyLimit: number;
}

/** Runs a pipeline over the items of one key. */
export type GroupRunner = (
  key: unknown,
  items: AsyncIterable<unknown>,
  context: StreamContext,
) => AsyncIterator<unknown>;

/** An item on its way into its group. */
interface Arrival {
  readonly key: unknown;
  readonly item: unknown;
  readonly path: ItemPath;
}

/** One that has to wait for that. */
interface Waiting {
  readonly arrival: Arrival;
  readonly entered: Deferred<void>;
}

/** Why the first of them has failed, and whether it was on an item. */
interface GroupFailure {
  readonly error: unknown;
  readonly isOfItem: boolean;
}

/** The groups of one run. */
export class Groups extends TimedStream implements GroupOwner {
  readonly #settings: GroupSettings;
  readonly #context: StreamContext;
  /** Those that take items, the one that had its last item longest ago first. */
  readonly #byKey = new Map<unknown, Group>();
  /** Those, and the ones that are ending. */
  readonly #alive = new Set<Group>();
  readonly #made: Ring<Gathered> = new Ring();
  /** The groups that have made something and were not asked for more. */
  #resting: Group[] = [];
  #waiting: Waiting | undefined;
  #busyCount = 0;
  #index = 0;
  #failure: GroupFailure | undefined;
  #isOver = false;

  constructor(settings: GroupSettings, context: StreamContext, control: StreamControl) {
    super({ input: context.input, control });
    this.#settings = settings;
    this.#context = context;
  }

  asked(group: Group): void {
    this.#rest(group);
    this.#enter();
    this.wake();
  }

  made(group: Group, item: unknown): void {
    this.#made.push({ value: item, path: group.path });
    this.#resting.push(group);
    this.wake();
  }

  ended(group: Group, failure: { readonly error: unknown } | undefined): void {
    if (this.#isOver) return;
    if (failure !== undefined) this.#failure ??= { ...failure, isOfItem: group.isBusy };
    this.#rest(group);
    // One that reads no more stands for its key until it is let go, so that no other takes its place.
    if (!group.isFull) this.#forget(group);
    this.#alive.delete(group);
    this.#enter();
    this.wake();
  }

  /** An item is kept back until its group asks for another, and a failed one until it is told. */
  protected override held(): number {
    return this.#busyCount + (this.#failure?.isOfItem ? 1 : 0);
  }

  protected override accept(item: unknown): void | PromiseLike<void> {
    const key = this.#settings.keyOf(item, this.#index++, this.#context);
    const path = this.control.path();
    return andThen(key, (key) => this.#admit({ key, item, path }));
  }

  protected override take(nowMs: number): unknown {
    const made = this.#made.shift();
    if (made !== undefined) {
      this.control.follow(made.path);
      return made.value;
    }
    if (this.#failure !== undefined) this.#fail(this.#failure);
    this.#endIdle(nowMs);
    const resting = this.#resting;
    this.#resting = [];
    for (const group of resting) group.pull();
    return NONE;
  }

  protected override looksAtClock(): boolean {
    return this.#settings.idleMs !== Infinity;
  }

  protected override dueMs(): number | undefined {
    const { idleMs } = this.#settings;
    if (idleMs === Infinity) return undefined;
    for (const group of this.#byKey.values()) return group.usedAtMs + idleMs;
    return undefined;
  }

  protected override finish(): void {
    for (const group of [...this.#byKey.values()]) this.#end(group);
  }

  protected override canRead(): boolean {
    return this.#busyCount < this.#settings.concurrencyLimit;
  }

  protected override isDrained(): boolean {
    return this.#alive.size === 0 && this.#made.length === 0 && this.#failure === undefined;
  }

  protected override over(): Promise<unknown> | undefined {
    this.#isOver = true;
    this.#waiting?.entered.resolve();
    this.#waiting = undefined;
    const open = [...this.#alive];
    this.#alive.clear();
    this.#byKey.clear();
    if (open.length > 0) return Promise.all(open.map((group) => group.close()));
  }

  #admit(arrival: Arrival): void | Promise<void> {
    if (this.#tryEnter(arrival)) return;
    const entered = createDeferred<void>();
    this.#waiting = { arrival, entered };
    return entered.promise;
  }

  /** Lets the item that waits into its group, if that can be. */
  #enter(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      if (!this.#tryEnter(waiting.arrival)) return;
      this.#waiting = undefined;
      waiting.entered.resolve();
    } catch (error) {
      this.#waiting = undefined;
      waiting.entered.reject(error);
    }
  }

  #tryEnter({ key, item, path }: Arrival): boolean {
    const group = this.#byKey.get(key) ?? this.#open(key);
    if (group === undefined) return false;
    if (group.isFull) this.control.drop();
    else {
      if (!group.isHungry || this.#busyCount >= this.#settings.concurrencyLimit) return false;
      this.#busyCount++;
      group.give(item, path);
    }
    this.control.settle();
    this.#noteUse(group);
    return true;
  }

  /** The one that was used last stands at the end of the line. */
  #noteUse(group: Group): void {
    if (this.looksAtClock()) group.usedAtMs = clock.now();
    this.#byKey.delete(group.key);
    this.#byKey.set(group.key, group);
  }

  /** A group for a new key, as soon as there is room for one. */
  #open(key: unknown): Group | undefined {
    const { maxKeys, whenFull, run } = this.#settings;
    if (this.#byKey.size >= maxKeys) {
      if (whenFull === "error") {
        throw createCodedError("TOO_MANY_KEYS", `More than ${maxKeys} keys have a group at a time`);
      }
      for (const oldest of this.#byKey.values()) {
        this.#end(oldest);
        break;
      }
    }
    // Those that are ending count as well: what they hand out is to be taken first.
    if (this.#alive.size >= maxKeys) return undefined;
    const group = new Group(key, this);
    const outputs = run(key, group, this.#context);
    this.#noteUse(group);
    this.#alive.add(group);
    group.start(outputs);
    return group;
  }

  #fail({ error, isOfItem }: GroupFailure): never {
    if (isOfItem) {
      this.#failure = { error, isOfItem: false };
      this.control.fail();
    }
    throw error;
  }

  #endIdle(nowMs: number): void {
    const { idleMs } = this.#settings;
    if (idleMs === Infinity) return;
    for (const group of this.#byKey.values()) {
      if (group.usedAtMs + idleMs > nowMs) break;
      this.#end(group);
    }
  }

  #end(group: Group): void {
    this.#forget(group);
    group.end();
  }

  #forget(group: Group): void {
    if (this.#byKey.get(group.key) === group) this.#byKey.delete(group.key);
  }

  #rest(group: Group): void {
    if (!group.isBusy) return;
    group.isBusy = false;
    this.#busyCount--;
  }
}
