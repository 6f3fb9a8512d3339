/**
 * Where operators and engine meet: an operator builds a {@linkcode Stage}, the engine runs it. No
 * operator is named below this line, no engine part above it.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import type { Admission, Paces } from "../internal/admission.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { Cutoff } from "./cutoff.ts";
import type { OpenStage } from "./open_stage.ts";
import type { FlowControl, ItemFunction, ItemPath, StreamContext } from "./context.ts";
import type { HeadParts, OpenedHead } from "./head.ts";
import type { StageIdentity, StageRun } from "./stage_run.ts";

/** What becomes of an item once a stage's function has answered. */
export type Outcome =
  | typeof REPLACE
  | typeof KEEP
  | typeof KEEP_IF
  | typeof KEEP_WHILE
  | typeof DECIDE
  | typeof EXPAND
  | typeof GATHER;

/** The answer replaces the item. */
export const REPLACE = 0;
/** The answer replaces the item, unless it is {@linkcode DROP}. */
export const GATHER = 1;
/** The item passes, whatever the answer. */
export const KEEP = 2;
/** The item passes if the answer is truthy. */
export const KEEP_IF = 3;
/** As {@linkcode KEEP_IF}; the first falsy answer ends the stream. */
export const KEEP_WHILE = 4;
/** As {@linkcode KEEP_IF} for what {@linkcode OpenStage.decide} makes of the answer. */
export const DECIDE = 5;
/** Each item of the answer is emitted: an iterable, an async iterable or a web stream. */
export const EXPAND = 6;

/** The answer of a stage that emits nothing. */
export const DROP: unique symbol = Symbol("drop");

/** What an {@linkcode ItemStage} may do to the run it is in. */
export interface StageControl extends FlowControl {
  /** The stage in its run. */
  readonly run: StageRun;
  /** Ends the stream after the current item: everything before this stage is closed. */
  end(): void;
}

/** What a {@linkcode StreamStage} may say of its items; a user's step says nothing. */
export interface StreamControl extends FlowControl {
  /** The stage in its run, for runs inside. */
  readonly run: StageRun;
  /**
   * `count` says how many items it keeps back, but for the one that it has not settled; `isWorking`
   * whether pipelines that it runs inside are working.
   */
  hold(count: () => number, isWorking: () => boolean): void;
  /** The item that it has read last is kept back, dropped or taken on, and not worked on any more. */
  settle(): void;
  /**
   * The error for what it has failed with: the failure of the item that it has read last, where it has
   * not settled that, or says `isOfItem`; of no item otherwise.
   */
  createError(thrown: unknown, isOfItem?: boolean): StreamingError;
  /** That error is the failure of an item that it has kept back. */
  fail(): void;
  /**
   * It throws `error` when it has emitted what it keeps back: what fails because of that goes with
   * it.
   */
  throwLater(error: unknown): void;
  /** Aborts the signal of its functions. */
  abort(reason: unknown): void;
  /** Resolves when `work`, which was aborted, is settled, or the run waits no longer for it. */
  waitInTime(work: Promise<unknown>): Promise<void>;
  /** The item that it works on is given up. */
  abandon(): void;
  /** The item that was kept in `path` is dropped. */
  release(path: ItemPath): void;
  /**
   * Has `listener` called when the run is stopped: sources that it reads beside its input must end.
   */
  onStop(listener: (reason: unknown) => void): void;
  /** Has `listener` called at the deadline of a stop, in place of aborting the stage as a whole. */
  onGiveUp(listener: (cutoff: Cutoff) => void): void;
}

/** What is asked for of a call; absent where it is not. The answers of `EXPAND` are read as well. */
export type GuardSettings =
  & Pick<ItemStage, "retry" | "timeoutMs" | "policy">
  & Partial<Pick<ItemStage, "outcome">>;

/** Puts a time limit, a policy and further attempts around a call. */
type Guard = (call: ItemFunction, settings: GuardSettings, run: StageRun) => ItemFunction;

interface StageBase extends Omit<StageIdentity, "parallel"> {
  /** How often, and when, an item is tried again; absent where it is not. */
  readonly retry?: RetrySettings | undefined;
  /** What lets each attempt begin; absent where all may. */
  readonly policy?: Admission | undefined;
  /** Whether it is a part of a piped operator, whose value state does not show. */
  readonly isInner?: boolean;
  /**
   * Whether a durable run can continue with what it keeps: it declares all of that by `keep`, or keeps
   * nothing. Where absent, stages of one item can, and those of the whole stream cannot.
   */
  readonly isResumable?: boolean;
  /** Whether what it does with an item depends on earlier ones; see {@linkcode StreamStage.lineage}. */
  readonly remembers?: true;
  /** How long it may keep an item back while it works on none, in milliseconds. */
  readonly maxWaitMs?: number;
  /** Whether its function makes the same of an item whenever it is called, and changes nothing. */
  readonly isPure?: boolean;
  /** Whether a pure function reads the index. */
  readonly usesIndex?: boolean;
  /** The keys of the stages whose values it reads, where it reads nothing else. */
  readonly reads?: readonly string[];
}

/** Looks at one item at a time: fused with its neighbours into one loop. */
export interface ItemStage extends StageBase {
  readonly kind: "item";
  readonly outcome: Outcome;
  /** Makes what belongs to one run; called once per run, so that runs share no state. */
  open(control: StageControl): OpenStage;
  /** Whether the iterables that {@linkcode EXPAND} reads are a step's work, not live sources. */
  readonly isWork?: boolean;
  /** Whether it may call {@linkcode StageControl.end}. */
  readonly mayEnd?: boolean;
  /** How long a call may take, in milliseconds; absent where it may take for ever. */
  readonly timeoutMs?: number | undefined;
  /** What `retry`, `timeoutMs` and `policy` are done by; absent where there is none. */
  readonly guard?: Guard | undefined;
  /** Set where items are worked on side by side. */
  readonly parallel?: ParallelSettings | undefined;
  /** What metadata and the plan say instead, where it takes in items before it works on them. */
  readonly paces?: ParallelSettings;
  /** Opens the feed of the loop after the stage; absent where the stage runs inside a loop. */
  readonly openHead?: ((stage: ItemStage, parts: HeadParts) => OpenedHead) | undefined;
}

/** How an {@linkcode ItemStage} works on items side by side. */
export interface ParallelSettings extends Paces {
  /** How many items one call is for, at most; absent where it is one. */
  readonly batchSize?: number;
}

/** The pipelines that a stage runs inside, one for each key. */
export interface InnerPipelines {
  /** Those keys whose pipelines are known before there are items. */
  readonly keys: readonly unknown[];
  /** Names what builds the pipeline of a key, for messages. */
  nameBuild(key: unknown): string;
  /** Builds the pipeline of a key, and runs nothing. */
  build(key: unknown): unknown;
}

/** Looks at the whole stream and goes at its own pace. */
export interface StreamStage extends StageBase {
  readonly kind: "stream";
  /** Whether a function of the user's gets its context, and so can read what stages have made. */
  readonly readsStreams?: boolean;
  /**
   * What each of its outputs was made of; absent where that is not known. `item`: of the item that it
   * read last. `hold`: of all that it has read since its last `ack`. `follow`: of what it had retained
   * where it follows a path, and else of the item that it read last.
   */
  readonly lineage?: "item" | "hold" | "follow" | undefined;
  /** What it was given to read beside the stream: closed with a run in which it never starts. */
  readonly given?: unknown;
  /** The pipelines that it runs inside; absent where it runs none. */
  readonly inner?: InnerPipelines;
  /** Starts it, once per run; what it returns is read one item at a time, on demand. */
  open(context: StreamContext, control: StreamControl): AsyncIterable<unknown>;
  /** Opens the feed of the loop after the stage. */
  readonly openHead: (stage: StreamStage, parts: HeadParts) => OpenedHead;
}

/** Reads everything before it, then lets it flow on; its value is the array of all items. */
export interface BarrierStage extends StageBase {
  readonly kind: "barrier";
  /** Opens the feed of the loop after the stage. */
  readonly openHead: (stage: BarrierStage, parts: HeadParts) => OpenedHead;
}

/** One keyed entry of a pipeline. */
export type Stage = ItemStage | StreamStage | BarrierStage;
