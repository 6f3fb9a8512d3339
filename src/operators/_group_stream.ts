/**
 * Runs pipelines inside a stage, emits what they make as it comes, and ends them together.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import type { InnerRun } from "../core/operator.ts";
import { type StreamingError, suppress } from "../base/errors.ts";
import type { StreamControl } from "../core/stage.ts";
import type { ItemFunction, ItemPath, StageMemory, StreamContext } from "../core/context.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import type { Gathered } from "./_gather.ts";
import type { PushedFeed } from "../core/feed.ts";
import type { Group, GroupOwner } from "./_group.ts";
import { NONE, type StreamOutcome, TimedStream } from "./_timed_stream.ts";

/** Runs a pipeline over the items of one key. */
export type GroupRunner = (
  key: unknown,
  items: PushedFeed,
  onOpen: (stages: readonly object[]) => void,
) => InnerRun;

/** Returns what to save of the stages of a group, and puts it back. */
export type SaveRun = Parameters<StageMemory["snapshot"]>[0];
export type RestoreRun = Parameters<StageMemory["restore"]>[1];

/** An item on its way into a group. */
export interface Arrival {
  readonly key: unknown;
  readonly item: unknown;
  readonly path: ItemPath;
}

/** What the stage itself fails with. */
interface GroupFailure {
  readonly error: StreamingError;
  /** Whether the groups were closed for it; otherwise it comes out after what they keep. */
  readonly isAbrupt: boolean;
}

/** The groups of one run. The first failure in time is the stage's, wherever it comes from. */
export abstract class GroupStream extends TimedStream implements GroupOwner {
  /** See {@linkcode StageMemory.onRun}. */
  onRun?: StageMemory["onRun"];
  protected readonly context: StreamContext;
  readonly #run: GroupRunner;
  readonly #keyOf: ItemFunction;
  /** The groups whose pipelines have not ended, also those that take no more items. */
  readonly #alive = new Map<unknown, Group>();
  readonly #made: Ring<Gathered> = new Ring();
  /** The groups that have made something and were not asked for more. */
  #resting: Group[] = [];
  /** How many items were asked for their key. */
  protected index = 0;
  /** Whether an item was read that is in no group yet. */
  #isEntering = false;
  #failure: GroupFailure | undefined;
  /** What has failed first: the stage, or what is before it. Later failures go with it. */
  #root: { readonly error: unknown } | undefined;
  /** The groups that have work to be aborted, and must be asked for what they have made before. */
  readonly #toAbandon = new Set<Group>();
  /** Why groups could not be closed, if nothing else has failed. */
  readonly #closeErrors: unknown[] = [];
  readonly #closing: Promise<unknown>[] = [];
  #isOver = false;
  /** Why the run was stopped, once it was. */
  #stopped: { readonly reason: unknown } | undefined;

  constructor(
    { run, keyOf }: { readonly run: GroupRunner; readonly keyOf: ItemFunction },
    context: StreamContext,
    control: StreamControl,
  ) {
    super({ input: context.input, control });
    this.#run = run;
    this.#keyOf = keyOf;
    this.context = context;
    // Pipelines may read sources of their own.
    control.onStop((reason) => {
      this.#stopped = { reason };
      for (const group of this.#alive.values()) group.run.endOthers(reason);
    });
  }

  /** Lets an item into its group, or drops it; a promise resolves when that is done. */
  protected abstract enter(arrival: Arrival): void | Promise<void>;
  /** How many of the items that have entered are kept back. */
  protected abstract kept(): number;
  /** A group has ended. */
  protected abstract left(group: Group): void;
  /** Counts the item that the group works on as kept back no longer; absent where there is none. */
  protected abstract releaseOf(group: Group): (() => void) | undefined;
  /** No more items come for a group. */
  protected abstract endGroup(group: Group): void;
  /** The groups in the order in which they are ended, and so emit what they keep. */
  protected endOrder(): Iterable<Group> {
    return this.#alive.values();
  }
  /**
   * What runs alongside the pipelines, and is waited for when the stage is over; it never rejects.
   */
  protected pendingWork(): Iterable<Promise<unknown>> {
    return [];
  }
  /** Resolves what waits for room in a group: there will be none. */
  protected abstract stopWaiting(): void;
  abstract asked(group: Group): void;

  made(group: Group, item: unknown): void {
    this.#made.push({ value: item, path: group.madePath });
    this.#resting.push(group);
    this.wake();
  }

  ended(group: Group, failure: { readonly error: unknown } | undefined): void {
    if (!this.#bury(group)) return;
    const isOwn = !group.hasFailedInput || failure?.error !== this.#root?.error;
    this.#conclude(group, isOwn ? failure : undefined);
  }

  #conclude(group: Group, failure: { readonly error: unknown } | undefined): void {
    if (failure !== undefined) this.fail(failure.error, this.releaseOf(group));
    else this.left(group);
    this.wake();
  }

  /** What a group has made cannot be delivered: the group is closed, and the stage has failed. */
  protected failGroup(group: Group, error: unknown): void {
    if (!this.#bury(group)) return;
    this.#close(group, error);
    this.#conclude(group, { error });
  }

  /** Whether it was alive until now. A group that is closed says that it has ended at once. */
  #bury(group: Group): boolean {
    return this.isAlive(group) && this.#alive.delete(group.key);
  }

  /** Begins to run a group's pipeline; `restore` puts back the state that it continues with. */
  protected start(group: Group, restore?: (stages: readonly object[]) => void): void {
    group.run = this.#run(group.key, group, (stages) => {
      group.stages = stages;
      (restore ?? this.onRun)?.(stages);
    });
    this.#alive.set(group.key, group);
    if (this.#stopped !== undefined) group.run.endOthers(this.#stopped.reason);
    group.pull();
  }

  protected isAlive(group: Group): boolean {
    return this.#alive.get(group.key) === group;
  }

  /** Whether a group of the key has not ended, though it may take no more items. */
  protected hasAlive(key: unknown): boolean {
    return this.#alive.has(key);
  }

  protected get aliveCount(): number {
    return this.#alive.size;
  }

  /** The item that was read last is in its group, or dropped. */
  protected noteEntered(): void {
    this.#isEntering = false;
  }

  /**
   * The stage has failed: the groups are closed at once. `release` counts the item that has failed as
   * kept back no longer; absent where it is none of them.
   */
  protected fail(thrown: unknown, release?: () => void): void {
    if (this.isFailing) return this.#noteLater(thrown);
    this.#closeAll(this.#setFailure(thrown, release, true));
  }

  /** The stage has failed on the item that it has read: what the groups keep comes out before. */
  protected failEntering(
    thrown: unknown,
    release: () => void = () => this.noteEntered(),
  ): void {
    if (this.isFailing) return this.#noteLater(thrown);
    this.#abandonAll(this.#setFailure(thrown, release, false));
  }

  /** Whether no more items are let in. */
  protected get isFailing(): boolean {
    return this.#root !== undefined || this.#isOver;
  }

  protected override accept(item: unknown): void | PromiseLike<void> {
    this.#isEntering = true;
    const path = this.control.retain(this.control.path());
    this.control.settle();
    if (this.isFailing) return;
    const enter = (key: unknown) => this.isFailing ? undefined : this.enter({ key, item, path });
    try {
      const key = this.#keyOf(item, this.index++, this.context);
      const entered = this.whenAnswered(key, enter);
      if (isPromiseLike(entered)) {
        return entered.then(undefined, (error) => this.failEntering(error));
      }
    } catch (error) {
      this.failEntering(error);
    }
  }

  protected override abandoned(): void {
    super.abandoned();
    this.noteEntered();
  }

  protected override giveUp(cutoff: Cutoff): void {
    super.giveUp(cutoff);
    for (const group of this.#alive.values()) group.run.giveUp(cutoff);
  }

  protected override bufferedCount(): number {
    return this.kept() + (this.#isEntering ? 1 : 0);
  }

  protected override isWorking(): boolean {
    return this.#isOver || [...this.#alive.values()].some((group) => group.isWorking);
  }

  protected override canRead(): boolean {
    return !this.isFailing;
  }

  protected override take(): unknown {
    const made = this.#made.shift();
    if (made !== undefined) {
      this.control.follow(made.path);
      return made.value;
    }
    const failure = this.#failure;
    if (failure?.isAbrupt || (failure !== undefined && this.#alive.size === 0)) {
      throw failure.error;
    }
    const resting = this.#resting;
    this.#resting = [];
    for (const group of resting) {
      group.pull();
      if (this.#toAbandon.delete(group)) this.#abandon(group);
    }
    return NONE;
  }

  protected override isDrained(): boolean {
    return this.#alive.size === 0 && this.#made.length === 0 && this.#failure === undefined;
  }

  protected override finish({ isFailed, error }: StreamOutcome): void {
    if (isFailed && !this.isFailing) return this.#abandonAll(error);
    if (isFailed) this.#noteLater(error);
    for (const group of [...this.endOrder()]) this.endGroup(group);
  }

  protected override over(): Promise<unknown> | undefined {
    this.#isOver = true;
    this.stopWaiting();
    if (this.#alive.size > 0) this.#closeAll(this.#root?.error ?? this.context.signal.reason);
    const works = [...this.#closing, ...this.pendingWork()];
    if (works.length > 0) return this.control.waitInTime(Promise.all(works)).then(this.#onClosed);
  }

  /** Groups without running work fail when they read on; that of the others is aborted. */
  #abandonAll(reason: unknown): void {
    this.#root = { error: reason };
    for (const group of new Set([...this.endOrder(), ...this.#alive.values()])) {
      group.failInput(reason);
      if (this.isAlive(group) && group.isWorking) this.#abandon(group);
      else this.endGroup(group);
    }
  }

  #abandon(group: Group): void {
    if (!group.abandonWork(this.#root!.error)) this.#toAbandon.add(group);
  }

  #closeAll(reason: unknown): void {
    const groups = [...this.#alive.values()];
    this.#alive.clear();
    for (const group of groups) this.#close(group, reason);
  }

  #close(group: Group, reason: unknown): void {
    this.#closing.push(
      group.run.stop(reason).catch((error) => {
        if (this.#root === undefined) this.#closeErrors.push(error);
        else this.#noteLater(error);
      }),
    );
  }

  /** What fails because its work was aborted is not reported again. */
  #noteLater(error: unknown): void {
    suppress(this.#root?.error, error);
  }

  #setFailure(thrown: unknown, release: (() => void) | undefined, isAbrupt: boolean): unknown {
    const error = this.control.createError(thrown, !isAbrupt);
    this.control.throwLater(error);
    if (release !== undefined) {
      release();
      this.control.fail();
    }
    this.#root = { error };
    this.#failure = { error, isAbrupt };
    return error;
  }

  readonly #onClosed = (): void => {
    const [first, ...rest] = this.#closeErrors;
    for (const error of rest) suppress(first, error);
    if (first !== undefined) throw first;
  };
}
