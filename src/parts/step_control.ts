/**
 * What a stage over the whole stream says of its items, and of the work that it does inside.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import type { ItemPath } from "../core/context.ts";
import type { Cutoff } from "../core/cutoff.ts";
import { ORIGIN_SLOT } from "../core/lineage.ts";
import type { CallContext } from "../core/op.ts";
import { RunControl } from "../core/run_control.ts";
import type { StreamControl } from "../core/stage.ts";
import type { StageRun } from "../core/stage_run.ts";
import type { StepItems } from "./step_items.ts";

/** Keeps what the stage has said for its feed. */
export class StepControl extends RunControl implements StreamControl {
  /** How many items the stage says that it keeps back. */
  countHeld: () => number = () => 0;
  /** Whether what the stage runs inside is working, which only the stage knows. */
  isWorkingInside: () => boolean = () => false;
  /** The path that it says its output is on. */
  followed: unknown[] | undefined;
  /** Whether it has said so of what it emits next. */
  isFollowing = false;
  /** What the stage has failed with: its item is counted. */
  error: StreamingError | undefined;
  /** What it throws when it has emitted what it keeps. */
  thrownLater: unknown;
  /** Aborts what the stage works on, where it knows more of that than the feed does. */
  giveUpInside: ((cutoff: Cutoff) => void) | undefined;

  readonly #input: StepItems;
  readonly #context: CallContext;
  /** Why other sources that the stage reads must end. */
  #stopped: { readonly reason: unknown } | undefined;
  #onStop: ((reason: unknown) => void) | undefined;

  constructor(run: StageRun, input: StepItems, context: CallContext) {
    super(run);
    this.#input = input;
    this.#context = context;
  }

  hold(count: () => number, isWorking: () => boolean): void {
    this.countHeld = count;
    this.isWorkingInside = isWorking;
  }

  settle(): void {
    this.#input.isUnsettled = false;
  }

  createError(thrown: unknown, isOfItem?: boolean): StreamingError {
    const { given, item, isUnsettled } = this.#input;
    const error = this.error = isOfItem || isUnsettled
      ? this.run.createError(thrown, item, given - 1)
      : this.run.createError(thrown);
    if (isUnsettled) this.fail();
    return error;
  }

  fail(): void {
    this.settle();
    this.run.settleFailure(this.error!, this.#input.takeOrigin());
  }

  throwLater(error: unknown): void {
    this.thrownLater = error;
  }

  abort(reason: unknown): void {
    this.#context.abort(reason);
  }

  waitInTime(work: Promise<unknown>): Promise<void> {
    return this.run.scope.waitInTime(work);
  }

  abandon(): void {
    this.run.abandoned++;
    this.settle();
  }

  onStop(listener: (reason: unknown) => void): void {
    this.#onStop = listener;
    if (this.#stopped !== undefined) listener(this.#stopped.reason);
  }

  /** The run is stopped: sources that the stage reads beside its input end. */
  stopOthers(reason: unknown): void {
    this.#stopped = { reason };
    this.#onStop?.(reason);
  }

  onGiveUp(listener: (cutoff: Cutoff) => void): void {
    this.giveUpInside = listener;
  }

  override path(): ItemPath {
    return this.#input.path;
  }

  override follow(path: ItemPath): void {
    // It is one that `path` has given.
    this.followed = path as unknown[] | undefined;
    this.isFollowing = true;
    if (path !== undefined) this.run.scope.lineage?.follow(path);
  }

  release(path: ItemPath): void {
    this.run.scope.lineage?.release(path?.[ORIGIN_SLOT]);
  }
}
