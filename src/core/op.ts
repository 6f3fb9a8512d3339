/**
 * A stage as one run sees it.
 *
 * @module
 */

import { abortWith } from "../internal/signals.ts";
import { EXPAND, type ItemStage, REPLACE } from "./stage.ts";
import type { RunObserver } from "../base/observer.ts";
import type { OpenStage } from "./open_stage.ts";
import type { FunctionContext, ItemFunction, ItemPath } from "./context.ts";
import { clock } from "../internal/clock.ts";
import { handling } from "../internal/promises.ts";
import { RunControl } from "./run_control.ts";
import { Sampler } from "./sampler.ts";
import type { StageFlow, StageRun, StageWorker } from "./stage_run.ts";
import {
  createPath,
  createState,
  type PathHolder,
  type State,
  type StateStreams,
} from "./state.ts";
import type { Visibility } from "./visibility.ts";

/**
 * The context of a function: of one item that is worked on beside others, whose `path` is its own,
 * or of all items of a loop, whose path its `holder` has. One class without a parent, because it is
 * made per item.
 */
export class CallContext implements FunctionContext {
  readonly #run: StageRun;
  readonly #path: readonly unknown[] | PathHolder;
  readonly #streams: StateStreams | undefined;
  #state: State | undefined;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(
    run: StageRun,
    path: readonly unknown[] | PathHolder,
    streams?: StateStreams,
  ) {
    this.#run = run;
    this.#path = path;
    this.#streams = streams;
  }

  get state(): State {
    return this.#state ??= createState(this.#run, this.#path, this.#streams);
  }

  get context(): unknown {
    return this.#run.scope.context;
  }

  get traceId(): string {
    return this.#run.scope.traceId;
  }

  get spanId(): string {
    return this.#run.spanId;
  }

  get closeTimeoutMs(): number {
    return this.#run.scope.closeTimeoutMs;
  }

  get observer(): RunObserver | undefined {
    const { hooks } = this.#run;
    return hooks?.inner?.bind(hooks);
  }

  /** A function of its own, so that it may be taken out of the context. */
  get perRun(): FunctionContext["perRun"] {
    return (open) => this.#run.scope.perRun(open);
  }

  /** Made when it is first read, which may be when it is aborted already. */
  get signal(): AbortSignal {
    const controller = this.#controller ??= new AbortController();
    if (this.#aborted !== undefined) abortWith(controller, this.#aborted.reason);
    return controller.signal;
  }

  get isAborted(): boolean {
    return this.#aborted !== undefined;
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    if (this.#controller !== undefined) abortWith(this.#controller, reason);
  }
}

/** A fused stage as it is planned. */
export interface PlannedOp {
  readonly run: StageRun;
  readonly stage: ItemStage;
  readonly slot: number;
  /** What later stages can read of those before it. */
  readonly kept: Visibility;
  /** Set where the stage was opened elsewhere, for its calls are made there. */
  readonly open?: OpenStage | undefined;
}

/** A loop, as one of its ops sees it. */
export interface OpLoop extends PathHolder {
  /** The path of its current item. */
  readonly path: unknown[];
  /** How many items have come out of it. */
  emitted: number;
  /** The stage at `position` wants no more items. */
  endHere(position: number): void;
  /** What the op at `position` is doing. */
  placeOf(position: number): OpPlace;
}

/**
 * What a loop waits for; `answered`: a call has answered, and the loop has not gone on yet;
 * `dropped`: aborted work whose answer is not used.
 */
export type Waiting =
  | "nothing"
  | "feed"
  | "call"
  | "answered"
  | "dropped"
  | "room"
  | "close"
  | "stack";

/**
 * Added to the outcome of a stage whose timing is pending: so the next item that passes is
 * concluded, and other items pay nothing.
 */
export const OWED = 16;

/**
 * In place of the outcome of a stage in a traced run, so that its answers are concluded. Stages
 * whose answer replaces the item keep theirs.
 */
const TRACED = 15;

/** What an op of a loop is doing. */
export interface OpPlace {
  /** How many items have come out of the op. */
  readonly emitted: number;
  /** Whether an iterable that it has answered with is being read. */
  readonly isExpanding: boolean;
  readonly waiting: Waiting;
  /** How many ops after this one the loop waits: 0 for this one, less for one before it. */
  readonly waitsAfter: number;
  readonly isRunning: boolean;
  /** Whether the loop takes no more from before the op, nor from the op itself. */
  readonly isClosed: boolean;
}

/** A fused stage in one run: what the loop calls, and what becomes of the answer. */
export class Op extends RunControl implements StageWorker {
  readonly stage: ItemStage;
  /** The stage's or {@linkcode TRACED}, and {@linkcode OWED} where a timing is pending. */
  outcome: number;
  /** Where the stage's value goes on the path. */
  readonly slot: number;
  /** Replaced where what enters is recorded. */
  call: ItemFunction;
  readonly decide: ((answer: unknown) => boolean) | undefined;
  readonly flush: OpenStage["flush"];
  readonly bufferedCount: (() => number) | undefined;
  /** Replaced where it is aborted, and other calls are made later. */
  context: CallContext;
  /** How many items have entered. */
  entered = 0;
  /** Whether the path of an item that is kept back can be read by others. */
  readonly keepsPath: boolean;
  readonly #loop: OpLoop;
  readonly #position: number;
  readonly #kept: Visibility;
  /** The path of the item that was kept back last; absent where none can be read: nothing is copied. */
  readonly #keptPath: unknown[] | undefined;
  #sampler: Sampler | undefined;

  constructor(planned: PlannedOp, loop: OpLoop, position: number) {
    const { run, stage, slot, kept } = planned;
    super(run);
    this.#loop = loop;
    this.#position = position;
    this.#kept = kept;
    this.keepsPath = kept.hasSlots;
    if (this.keepsPath) this.#keptPath = createPath(loop.path.length);
    this.stage = stage;
    const isTraced = stage.outcome !== REPLACE && run.scope.lineage !== undefined;
    this.outcome = isTraced ? TRACED : stage.outcome;
    this.slot = slot;
    const { call, decide, flush, bufferedCount } = planned.open ?? openStage(stage, this);
    this.call = call;
    this.decide = decide;
    this.flush = flush;
    this.bufferedCount = bufferedCount;
    this.context = new CallContext(run, loop);
    // What makes the calls knows the items.
    if (planned.open === undefined) run.worker = this;
  }

  override end(): void {
    this.#loop.endHere(this.#position);
  }

  override path(): ItemPath {
    return this.keepsPath ? this.#kept.read(this.#loop.path) : undefined;
  }

  override follow(path: ItemPath): void {
    if (path === undefined) return this.restorePath(this.#loop.path);
    this.#kept.write(path, this.#loop.path);
    this.run.scope.lineage?.follow(path);
  }

  /** Decides which of the items that it makes of one are timed downstream. */
  get sampler(): Sampler {
    return this.#sampler ??= new Sampler(this.run.scope.metadata);
  }

  tap(listener: (item: unknown) => void): void {
    this.call = tapped(this.call, listener);
  }

  /** What comes out of an op that is not the last is what enters the next one. */
  resume(entered: number, emitted: number): void {
    this.entered = entered;
    this.#loop.emitted = emitted;
  }

  /** Gives later calls a context of their own; returns that of the earlier ones. */
  renewContext(): CallContext {
    const { context } = this;
    this.context = new CallContext(this.run, this.#loop);
    return context;
  }

  /** Keeps the path of an item that the stage keeps back, where others can be read on it. */
  keepPath(path: readonly unknown[]): void {
    this.#kept.copy(path, this.#keptPath!);
  }

  /**
   * Restores the path of the item that was kept back last: later items have not come this far. Where
   * none was, nothing is on the path.
   */
  restorePath(path: unknown[]): void {
    this.#kept.copy(this.#keptPath!, path);
  }

  /** The call that began then is over; absent where it is not timed. */
  stopClock(startedAt: number | undefined): void {
    if (startedAt !== undefined) this.run.time(clock.now() - startedAt);
  }

  /** The same for a call that has failed: its item goes no further. */
  failClock(startedAt: number | undefined): void {
    this.stopClock(startedAt);
    if (startedAt !== undefined) this.owe();
  }

  /**
   * An item that was timed goes no further than this stage: the next one that does is timed in its
   * place from here on. What comes after a stage that drops or gathers is called for few of the
   * items that are due, or for none. An iterable has a sampler of its own.
   */
  owe(): void {
    if (this.stage.outcome !== EXPAND) this.outcome |= OWED;
  }

  /** Whether it owed a timing until now. */
  settleDebt(): boolean {
    return this.outcome !== (this.outcome &= ~OWED);
  }

  /** What is known of its items. */
  readFlow(): StageFlow {
    const { entered, bufferedCount, run } = this;
    const place = this.#loop.placeOf(this.#position);
    const { emitted } = place;
    const isWaiting = place.waiting === "call" && place.waitsAfter === 0;
    const waiting = bufferedCount?.() ?? 0;
    // An item may be kept back a moment before the loop takes the answer of its call.
    const most = entered - run.dropped - run.failed - run.abandoned;
    let inFlight = Math.min(waiting + (isWaiting ? 1 : 0), most);
    if (bufferedCount === undefined && !isWaiting) {
      inFlight = this.stage.outcome === EXPAND ? (place.isExpanding ? 1 : 0) : most - emitted;
    }
    const isReading = place.waiting === "feed" && place.waitsAfter === 0;
    const isWorking = isWaiting || isReading || place.isRunning;
    const isClosed = place.isClosed && !isWaiting;
    const stalledOn = findStall(place);
    return { entered, emitted, inFlight, waiting, isWorking, stalledOn, isClosed };
  }
}

function findStall({ waiting, waitsAfter, isRunning }: OpPlace): StageFlow["stalledOn"] {
  if (waiting !== "call" && waiting !== "feed") return isRunning ? undefined : "downstream";
  if (waitsAfter === 0) return undefined;
  return waitsAfter > 0 ? "downstream" : "upstream";
}

/** `call`, with `listener` called with each item before. */
export function tapped(call: ItemFunction, listener: (item: unknown) => void): ItemFunction {
  return (item, index, context) => {
    listener(item);
    return call(item, index, context);
  };
}

/** Opens a stage, its call wrapped in what its options and an observer ask for. */
export function openStage(stage: ItemStage, control: RunControl): OpenStage {
  const open = stage.open(control);
  const { run } = control;
  open.call = observed(stage.guard?.(open.call, stage, run) ?? open.call, run);
  return open;
}

function observed(call: ItemFunction, { hooks }: StageRun): ItemFunction {
  if (hooks?.call === undefined) return call;
  // A hook that throws drops the promise of the call, which may still be rejected.
  return (item, index, context) => hooks.call!(handling(() => call(item, index, context)), index);
}
