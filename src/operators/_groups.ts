/**
 * Partitions a stream by key, with a pipeline for each, and merges what they make.
 *
 * @module
 */

import type { StreamControl } from "../core/stage.ts";
import type { ItemFunction, StageMemory, StreamContext } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { RecencySet } from "../internal/recency.ts";
import { createCodedError } from "./_coded_error.ts";
import { Group } from "./_group.ts";
import {
  type Arrival,
  type GroupRunner,
  GroupStream,
  type RestoreRun,
  type SaveRun,
} from "./_group_stream.ts";
import { requireSavable } from "./_keys.ts";
import { NONE } from "./_timed_stream.ts";

/** How groups are made and bounded. */
export interface GroupSettings {
  readonly keyOf: ItemFunction;
  /** Runs the pipeline of a key. */
  readonly run: GroupRunner;
  readonly maxKeys: number;
  /** Whether there are no more keys than `maxKeys`: where none of them reads any more, the stage has ended. */
  readonly isComplete?: true;
  readonly whenFull: "error" | "evict";
  /** `Infinity` where groups are not ended for being idle. */
  readonly idleMs: number;
  readonly concurrencyLimit: number;
}

/** An item that waits for its group. */
interface Waiting {
  readonly arrival: Arrival;
  readonly entered: Deferred<void>;
}

/** What is saved of the groups, the least recently used first; one that reads no more has no run. */
interface SavedGroups {
  readonly index: number;
  readonly groups: readonly {
    readonly key: unknown;
    readonly run: unknown;
    readonly idleMs: number;
  }[];
}

/** The groups of one run, one per key at a time. */
export class Groups extends GroupStream implements StageMemory {
  readonly version = 1;
  readonly #settings: GroupSettings;
  /** The groups that take items, or drop them. */
  readonly #byKey = new Map<unknown, Group>();
  readonly #used = new RecencySet<Group>();
  /** Those that may have nothing to do, idle longest first; empty where none is ended for that. */
  readonly #idle = new RecencySet<Group>();
  #waiting: Waiting | undefined;
  #busyCount = 0;

  constructor(settings: GroupSettings, context: StreamContext, control: StreamControl) {
    super(settings, context, control);
    this.#settings = settings;
    control.keep(this);
  }

  snapshot(saveRun: SaveRun): SavedGroups {
    const nowMs = this.#endsIdle ? clock.now() : 0;
    const groups = Array.from(this.#used, (group) => {
      const { key, isFull, stages, idleSinceMs } = group;
      requireSavable(key);
      return { key, run: isFull ? undefined : saveRun(stages), idleMs: nowMs - idleSinceMs };
    });
    return { index: this.index, groups };
  }

  restore({ index, groups }: SavedGroups, restoreRun: RestoreRun): void {
    this.index = index;
    const nowMs = clock.now();
    const restored = groups.map(({ key, run, idleMs }) => {
      const group = this.#add(key);
      if (run === undefined) group.isFull = true;
      else this.start(group, (stages) => restoreRun(stages, run));
      group.idleSinceMs = nowMs - idleMs;
      return group;
    });
    if (!this.#endsIdle) return;
    restored.sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const group of restored) this.#idle.use(group);
  }

  override asked(group: Group): void {
    this.#rest(group);
    this.#noteIdle(group);
    this.#enterWaiting();
    this.wake();
  }

  protected override left(group: Group): void {
    this.#rest(group);
    // It keeps its key until it is released, so that no other is made for it.
    if (this.#byKey.get(group.key) === group) this.#noteIdle(group);
    this.#enterWaiting();
    const isOver = this.#settings.isComplete && this.aliveCount === 0 && this.#areAllFull();
    if (isOver) this.end({});
  }

  /** An item is kept back until its group asks for another. */
  protected override kept(): number {
    return this.#busyCount;
  }

  protected override releaseOf(group: Group): (() => void) | undefined {
    return group.isBusy ? () => this.#rest(group) : undefined;
  }

  protected override enter(arrival: Arrival): void | Promise<void> {
    if (this.#tryEnter(arrival)) return;
    const entered = createDeferred<void>();
    this.#waiting = { arrival, entered };
    return entered.promise;
  }

  protected override take(): unknown {
    const item = super.take();
    if (item === NONE) this.#endIdle();
    return item;
  }

  protected override dueMs(): number | undefined {
    const { oldest } = this.#idle;
    return oldest && oldest.idleSinceMs + this.#settings.idleMs;
  }

  protected override canRead(): boolean {
    if (!super.canRead() || this.#busyCount >= this.#settings.concurrencyLimit) return false;
    return !this.#settings.isComplete || !this.#areAllFull();
  }

  protected override endGroup(group: Group): void {
    if (this.#byKey.get(group.key) === group) this.#byKey.delete(group.key);
    this.#used.delete(group);
    this.#idle.delete(group);
    group.end();
  }

  protected override endOrder(): Iterable<Group> {
    return this.#used;
  }

  protected override stopWaiting(): void {
    this.#waiting?.entered.resolve();
    this.#waiting = undefined;
  }

  /** Lets the item that waits into its group, if that can be. */
  #enterWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.isFailing) return;
    // The group may ask for it while it is tried.
    this.#waiting = undefined;
    try {
      if (this.#tryEnter(waiting.arrival)) waiting.entered.resolve();
      else this.#waiting = waiting;
    } catch (error) {
      this.#waiting = waiting;
      this.failEntering(error);
    }
  }

  #tryEnter({ key, item, path }: Arrival): boolean {
    const group = this.#byKey.get(key) ?? this.#open(key);
    if (group === undefined) return false;
    if (group.drops) {
      this.#used.use(group);
      this.control.drop();
      this.control.release(path);
      this.#noteIdle(group);
      this.noteEntered();
    } else {
      // It has something to do, also while others keep the item from it.
      this.#idle.delete(group);
      if (!group.isHungry || this.#busyCount >= this.#settings.concurrencyLimit) return false;
      this.#used.use(group);
      this.#busyCount++;
      this.noteEntered();
      group.give(item, path);
    }
    return true;
  }

  /** A group for a new key, as soon as there is room for one. */
  #open(key: unknown): Group | undefined {
    const { maxKeys, whenFull } = this.#settings;
    // One that is ending emits what it has first, so that the key's items stay in order.
    if (this.hasAlive(key)) return undefined;
    if (this.#byKey.size >= maxKeys) {
      if (whenFull === "error") {
        const rule = "raise maxKeys, or end groups with idleMs or whenFull";
        throw createCodedError(
          "TOO_MANY_KEYS",
          `More than ${maxKeys} keys have a group at a time: ${rule}`,
        );
      }
      this.endGroup(this.#used.oldest!);
    }
    // Those that are ending count as well: what they emit must be taken first.
    if (this.aliveCount >= maxKeys) return undefined;
    const group = this.#add(key);
    this.start(group);
    return group;
  }

  #add(key: unknown): Group {
    const group = new Group(key, this);
    this.#byKey.set(key, group);
    this.#used.use(group);
    return group;
  }

  get #endsIdle(): boolean {
    return this.#settings.idleMs !== Infinity;
  }

  /** It has nothing to do, unless its pipeline is running nevertheless. */
  #noteIdle(group: Group): void {
    if (!this.#endsIdle) return;
    group.idleSinceMs = clock.now();
    this.#idle.use(group);
  }

  #endIdle(): void {
    for (;;) {
      const group = this.#idle.oldest;
      if (group === undefined || group.idleSinceMs + this.#settings.idleMs > this.nowMs) return;
      if (this.isAlive(group) && group.isWorking) this.#noteIdle(group);
      else this.endGroup(group);
    }
  }

  /** Whether each key has a pipeline, and none of them reads any more. */
  #areAllFull(): boolean {
    if (this.#byKey.size < this.#settings.maxKeys) return false;
    for (const { isFull } of this.#byKey.values()) if (!isFull) return false;
    return true;
  }

  #rest(group: Group): void {
    if (!group.isBusy) return;
    group.isBusy = false;
    this.#busyCount--;
  }
}
