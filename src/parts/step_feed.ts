/**
 * Runs a stage over the whole stream: its items are read one at a time, on demand, and so
 * are those that it reads.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import { clock } from "../internal/clock.ts";
import { closeUnread } from "../internal/many.ts";
import { NOTHING_PENDING } from "../internal/promises.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import { refuseItems } from "../internal/validation.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { Feed, StageFeed } from "../core/feed.ts";
import { ArrayFeed, createManyFeed } from "../core/source_feed.ts";
import { StepControl } from "./step_control.ts";
import { StepItems } from "./step_items.ts";
import { CallContext } from "../core/op.ts";
import { restartOnFailure } from "./restarts.ts";
import { Sampler } from "../core/sampler.ts";
import type { HeadParts, OpenedHead } from "../core/head.ts";
import type { Upstream } from "../core/upstream.ts";
import type { StreamStage } from "../core/stage.ts";
import { InputContext, type StreamContext } from "../core/context.ts";
import type { StageRun } from "../core/stage_run.ts";
import { StepStreams } from "./state_streams.ts";

/** Opens a stage over the whole stream. */
export function openStep(stage: StreamStage, parts: HeadParts): OpenedHead {
  return { stageFeed: new StepFeed(stage, parts) };
}

/** The feed of the loop after a whole-stream stage. */
export class StepFeed implements StageFeed {
  pending: Promise<unknown> = NOTHING_PENDING;
  /** How many items were emitted. */
  emitted = 0;

  readonly #upstream: Upstream;
  readonly #run: StageRun;
  readonly #stage: StreamStage;
  readonly #input: StepItems;
  readonly #streams: StepStreams;
  readonly #context: CallContext;
  readonly #control: StepControl;
  #feed: Feed | undefined;
  /** What the step's latest start gives, where it may be started again. */
  #started: Feed | undefined;
  #ended = false;
  /** Whether an item of the step is pending. */
  #isAsked = false;
  #closing: Promise<void> | undefined;
  /** Whether the step is aborted at the deadline of a stop, and may end by itself. */
  #isGivenUp = false;
  isAbandoned = false;
  /** Whether what was waited for has arrived. */
  #isAnswered = false;
  /** When the answer that is waited for was asked for; absent where it is not timed. */
  #startedAt: number | undefined;
  readonly #sampler: Sampler;
  /** Whether the step starts only when its first item has arrived. */
  #awaitsFirst: boolean;

  constructor(stage: StreamStage, { upstream, run, sharedPath }: HeadParts) {
    this.#upstream = upstream;
    this.#run = run;
    this.#stage = stage;
    run.restarts = stage.retry !== undefined || run.skipsFailures;
    run.door = stage.policy?.openDoor(() => run.endBudget());
    this.#awaitsFirst = run.visible.hasBarrier;
    this.#sampler = new Sampler(run.scope.metadata);
    this.#input = new StepItems({
      upstream,
      sharedPath,
      lineage: run.scope.lineage,
      acksItself: stage.lineage === "hold",
    });
    this.#streams = new StepStreams(run, this.#input);
    this.#context = new CallContext(run, this.#input, this.#streams);
    this.#control = new StepControl(run, this.#input, this.#context);
  }

  tap(listener: (item: unknown) => void): void {
    this.#input.tap(listener);
  }

  resume(entered: number, emitted: number): void {
    this.#input.given = entered;
    this.emitted = emitted;
  }

  /** The path of what came out last: that of the item read last, unless the stage has said so. */
  get path(): unknown[] {
    return this.#control.followed ?? this.#input.path;
  }

  /** A step that has received the failure before it has dealt with it, unless it says that it throws. */
  get upstreamError(): unknown {
    const { thrownLater } = this.#control;
    if (this.#input.isOutcomeRead) return thrownLater;
    return this.#input.upstreamError ?? this.#upstream.upstreamError ?? thrownLater;
  }

  /** How many items the step has read. */
  get entered(): number {
    return this.#input.given + this.#input.aheadCount;
  }

  /** What was read ahead, the item that the step works on, and what it says that it keeps back. */
  get inFlight(): number {
    const { isUnsettled, aheadCount } = this.#input;
    return aheadCount + (isUnsettled && !this.#ended ? 1 : 0) + this.waiting;
  }

  /** A user's step keeps what it keeps to itself. */
  get waiting(): number {
    return this.#control.countHeld();
  }

  get isWorking(): boolean {
    return (this.#isAsked && !this.#input.isAsked) || this.#control.isWorkingInside();
  }

  get stalledOn(): "upstream" | "downstream" | undefined {
    if (this.#input.isAsked) return "upstream";
    return this.#isAsked ? undefined : "downstream";
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  next(): unknown {
    if (this.#ended) return END;
    if (this.#awaitsFirst) return this.#awaitFirst();
    let item: unknown;
    // What was waited for is emitted without further work.
    if (!this.#isAnswered && this.#sampler.isDue()) this.#startClock();
    this.#isAnswered = false;
    try {
      this.#feed ??= this.#open();
      item = this.#feed.next();
    } catch (error) {
      item = this.#toError(error);
      if (item !== END) throw item;
    }
    if (item === WAIT) {
      this.pending = this.#feed!.pending;
      this.#isAsked = true;
      return WAIT;
    }
    if (item !== END) {
      this.#stopClock();
      this.emitted++;
      this.#input.traceOutput(this.path, this.#control.isFollowing);
      this.#control.isFollowing = false;
      return item;
    }
    // The wait for the end is no work on an item.
    this.#startedAt = undefined;
    this.#ended = true;
    this.#input.ack();
    const closing = this.#upstream.close(NOT_WANTED);
    if (closing === undefined) return END;
    const { scope } = this.#run;
    this.pending = scope.waitInTime(closing).then(() => scope.endDeadline());
    return WAIT;
  }

  accept(value: unknown): void {
    this.#isAsked = false;
    if (this.#ended || this.#feed === undefined) return;
    this.#isAnswered = true;
    try {
      this.#feed.accept(value);
    } catch (error) {
      throw this.#toError(error);
    }
  }

  refuse(error: unknown): unknown {
    return this.#toError(this.#feed!.refuse(error));
  }

  endSources(reason: unknown, keepsFirst: boolean): void {
    this.#upstream.endSources(reason, keepsFirst);
    this.#control.stopOthers(reason);
  }

  giveUp(cutoff: Cutoff): void {
    this.#upstream.giveUp(cutoff);
    if (this.isClosed || this.#ended) return;
    const { giveUpInside } = this.#control;
    if (giveUpInside !== undefined) return giveUpInside(cutoff);
    if (!this.#isAsked || this.#input.isAsked) return;
    this.#isGivenUp = true;
    cutoff.onAbandon(() => this.#abandon(cutoff));
    this.#context.abort(cutoff.reason);
  }

  /** Nothing more comes of a step that does not heed its signal. */
  #abandon(cutoff: Cutoff): void {
    if (this.isClosed || this.#ended || !this.#isAsked || this.#input.isAsked) return;
    this.isAbandoned = this.#ended = true;
    if (this.#input.isUnsettled) this.#control.abandon();
    const report = (error: unknown) => this.#run.scope.cleanupFailed(this.#run.createError(error));
    // A run inside a stage is over before it has ended.
    const ending = this.#feed!.close(cutoff.reason)?.catch(report);
    cutoff.waitFor(Promise.all([ending, this.close(cutoff.reason)]));
  }

  /** A step that waits for an item gets the failure from its input; others are closed. */
  abandon(reason: unknown): boolean {
    return this.#input.isAsked && this.#upstream.abandon(reason);
  }

  close(reason: unknown): Promise<void> {
    return this.#closing ??= this.#close(reason);
  }

  /** Closes the step first, so that its clean-up can still rely on what it reads from. */
  async #close(reason: unknown): Promise<void> {
    this.#context.abort(reason);
    // A start of the step whose answer is pending is closed at once, not when it has answered.
    const closings = this.#feed === undefined
      ? [closeUnread(this.#stage.given, reason)]
      : [this.#started?.close(reason), this.#feed.close(reason)];
    this.#input.fail(reason);
    const failures: unknown[] = [];
    const waits = closings.flatMap((closing) =>
      closing?.catch((error) => void failures.push(error)) ?? []
    );
    if (waits.length > 0) await this.#run.scope.waitInTime(Promise.all(waits));
    await this.#upstream.close(reason);
    if (failures.length > 0) throw failures[0];
  }

  /** A step can read a checkpoint's array before it reads its input. */
  #awaitFirst(): typeof WAIT {
    this.#awaitsFirst = false;
    // A step that asks before it reads still gets what has gone by with that item.
    this.#streams.keepAll();
    // A failure is what the step gets at its first read.
    this.pending = this.#input.readAhead().catch(() => {});
    return WAIT;
  }

  #open(): Feed {
    if (!this.#isWatched) return this.#openStep(this.#input);
    const outputs = restartOnFailure({
      source: this.#input,
      run: this.#run,
      retry: this.#stage.retry,
      door: this.#run.door,
      isUpstreamFailure: (error) => this.#isUpstreamFailure(error),
      signal: this.#context.signal,
      open: (input) => {
        this.#streams.closeReaders();
        return this.#started = this.#openStep(input);
      },
    });
    return createManyFeed(outputs, true)!;
  }

  /** Whether it is known which item the step holds, and what has failed is settled there. */
  get #isWatched(): boolean {
    return this.#run.restarts || this.#run.door !== undefined;
  }

  #openStep(input: StreamContext["input"]): Feed {
    const { hooks } = this.#run;
    const context = new InputContext(this.#context, input, () => this.#input.ack());
    const start = () => this.#stage.open(context, this.#control);
    const items = hooks?.call === undefined ? start() : hooks.call(start, 0);
    const feed = createManyFeed(items, true);
    if (feed !== undefined) return feed;
    refuseItems(this.#stage, items);
  }

  #startClock(): void {
    this.#sampler.noteAsync();
    this.#startedAt = clock.now();
    this.#input.startClock();
  }

  /** The step's own time is what it took less what it waited for its input. */
  #stopClock(): void {
    if (this.#startedAt === undefined) return;
    this.#run.time(clock.now() - this.#startedAt - this.#input.stopClock());
    this.#startedAt = undefined;
  }

  #isUpstreamFailure(error: unknown): boolean {
    return error !== undefined && error === this.#upstream.failure;
  }

  /** An error of an earlier stage passes as it is; any other is this stage's, unless it is aborted. */
  #toError(thrown: unknown): unknown {
    this.#stopClock();
    if (this.#isGivenUp && !this.#isUpstreamFailure(thrown)) {
      if (this.#input.isUnsettled) this.#control.abandon();
      this.#feed = new ArrayFeed([]);
      return END;
    }
    if (this.#isWatched || this.#isUpstreamFailure(thrown)) return thrown;
    const control = this.#control;
    return thrown === control.error && thrown !== undefined ? thrown : control.createError(thrown);
  }
}
