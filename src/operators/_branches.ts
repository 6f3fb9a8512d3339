/**
 * Passes the items of a stream to several pipelines, and merges what they make.
 *
 * @module
 */

import type { StageHost, StagePlace } from "../core/operator.ts";
import type { StreamControl, StreamStage } from "../core/stage.ts";
import type { ItemFunction, ItemPath, StageMemory, StreamContext } from "../core/context.ts";
import { Branch, type BranchSettings, Parcel } from "./_branch.ts";
import { describeKind } from "../internal/validation.ts";
import { resolveBranches } from "./_branch_options.ts";
import { Group } from "./_group.ts";
import {
  type Arrival,
  type GroupRunner,
  GroupStream,
  type RestoreRun,
  type SaveRun,
} from "./_group_stream.ts";
import { createInnerStage } from "./_inner.ts";

/** What a stage with branches is made from. */
export interface BranchesSettings {
  readonly branches: readonly BranchSettings[];
  /** Names the branch of an item; absent where each item goes to all. */
  readonly choose: ItemFunction | undefined;
  /** Runs the pipeline of a branch, whose key is its name. */
  readonly run: GroupRunner;
}

/** What is saved of the branches, by their names; one that reads no more has no run. */
interface SavedBranches {
  readonly index: number;
  readonly branches: ReadonlyMap<unknown, unknown>;
}

/** The branches of one run. */
export class Branches extends GroupStream implements StageMemory {
  readonly version = 1;
  readonly #settings: BranchesSettings;
  readonly #byName = new Map<unknown, Branch>();
  /** What sinks do at the moment. */
  readonly #sinking = new Set<Promise<unknown>>();
  #bufferedCount = 0;
  /** The saved state that the branches continue with, by their names. */
  #saved: SavedBranches["branches"] | undefined;
  #restoreRun: RestoreRun | undefined;

  constructor(settings: BranchesSettings, context: StreamContext, control: StreamControl) {
    super({ run: settings.run, keyOf: settings.choose ?? (() => undefined) }, context, control);
    this.#settings = settings;
    control.keep(this);
  }

  snapshot(saveRun: SaveRun): SavedBranches {
    const branches = Array.from(this.#byName, ([name, { group: { isFull, stages } }]) => {
      return [name, isFull ? undefined : saveRun(stages)] as const;
    });
    return { index: this.index, branches: new Map(branches) };
  }

  restore({ index, branches }: SavedBranches, restoreRun: RestoreRun): void {
    this.index = index;
    this.#saved = branches;
    this.#restoreRun = restoreRun;
  }

  override asked(group: Group): void {
    this.#byName.get(group.key)?.conclude();
    this.wake();
  }

  override made(group: Group, item: unknown): void {
    const { to } = this.#byName.get(group.key)!.settings;
    if (to === undefined) super.made(group, item);
    else this.#sink(group, to, item);
  }

  /** Where none is left to read, and none is still to be started, the stage has ended. */
  protected override left(group: Group): void {
    this.#byName.get(group.key)!.conclude();
    this.#endIfNoneReads();
  }

  #endIfNoneReads(): void {
    const areAllStarted = this.#byName.size === this.#settings.branches.length;
    if (areAllStarted && this.aliveCount === 0) this.end({});
  }

  protected override nextAsked(): void {
    if (this.#byName.size > 0) return;
    try {
      for (const settings of this.#settings.branches) {
        const group = new Group(settings.name, this);
        const retain = (path: ItemPath) => this.control.retain(path);
        this.#byName.set(settings.name, new Branch(settings, group, retain));
        this.#startBranch(group);
      }
      this.#endIfNoneReads();
    } catch (error) {
      this.fail(error);
    }
  }

  #startBranch(group: Group): void {
    const saved = this.#saved;
    if (!saved?.has(group.key)) return this.start(group);
    const run = saved.get(group.key);
    if (run === undefined) group.isFull = true;
    else this.start(group, (stages) => this.#restoreRun!(stages, run));
  }

  protected override kept(): number {
    return this.#bufferedCount;
  }

  protected override isWorking(): boolean {
    return this.#sinking.size > 0 || super.isWorking();
  }

  protected override canRead(): boolean {
    return super.canRead() && !this.#areAllFull();
  }

  protected override releaseOf(group: Group): (() => void) | undefined {
    return this.#byName.get(group.key)!.isGiven ? () => void this.#bufferedCount-- : undefined;
  }

  protected override enter({ key, item, path }: Arrival): void | Promise<void> {
    const branches = this.#settings.choose === undefined
      ? [...this.#byName.values()]
      : [this.#find(key)];
    const parcel = new Parcel({ item, path }, branches.length, this.#onGone);
    this.#bufferedCount++;
    this.noteEntered();
    const waits: Promise<void>[] = [];
    try {
      for (const branch of branches) {
        const wait = branch.offer(parcel);
        if (wait !== undefined) waits.push(wait);
      }
    } catch (error) {
      // The branch that has no room for it does not release it: it fails.
      return this.failEntering(error, () => void this.#bufferedCount--);
    }
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  protected override endGroup(group: Group): void {
    this.#byName.get(group.key)!.end();
  }

  protected override stopWaiting(): void {
    for (const branch of this.#byName.values()) branch.release();
  }

  protected override pendingWork(): Iterable<Promise<unknown>> {
    return this.#sinking;
  }

  readonly #onGone = ({ path }: Parcel, isTaken: boolean): void => {
    this.#bufferedCount--;
    this.control.release(path);
    if (!isTaken) this.control.drop();
  };

  /** Whether no pipeline reads any more, though some may have work to end. */
  #areAllFull(): boolean {
    for (const { group } of this.#byName.values()) if (!group.isFull) return false;
    return true;
  }

  #find(name: unknown): Branch {
    const branch = this.#byName.get(name);
    if (branch !== undefined) return branch;
    const names = this.#settings.branches.map(({ name }) => `"${name}"`).join(", ");
    throw new TypeError(
      `choose must return the name of a branch: ${names}, got ${describeKind(name)}`,
    );
  }

  /** The pipeline of a branch with a sink continues by itself, when the sink has taken the item. */
  #sink(group: Group, to: (item: unknown) => unknown, item: unknown): void {
    const path = group.madePath;
    const sinking: Promise<void> = (async () => {
      await to(item);
    })().then(
      () => {
        this.#sinking.delete(sinking);
        this.control.release(path);
        if (this.isAlive(group)) group.pull();
      },
      (error) => {
        this.#sinking.delete(sinking);
        this.failGroup(group, error);
      },
    );
    this.#sinking.add(sinking);
  }
}

/**
 * The stage that passes its items to the branches `given`, by name: to the one that `choose` names, or
 * to all.
 */
export function createBranchStage(
  host: StageHost,
  place: StagePlace,
  given: unknown,
  choose?: ItemFunction,
): StreamStage {
  const branches = resolveBranches(place, given);
  const keys = branches.map(({ name }) => name);
  const stage = createInnerStage(host, place, {
    keys,
    nameBuild: (name) => `its branch "${name}"`,
    add: (start, name) => branches.find((branch) => branch.name === name)!.build(start),
    open: (run, context, control) => new Branches({ branches, choose, run }, context, control),
  });
  return { ...stage, shape: keys };
}
