/**
 * Where operators and engine meet: an operator builds a {@linkcode Stage}, the engine runs it. No
 * operator is named below this line, no engine part above it.
 *
 * @module
 */

import type { StreamingError, StreamingErrorStrategy } from "../errors.ts";
import type { RetrySettings } from "../internal/retry_options.ts";

/** What becomes of an item once a stage's function has answered. */
export type Outcome =
  | typeof REPLACE
  | typeof KEEP
  | typeof KEEP_IF
  | typeof KEEP_WHILE
  | typeof DECIDE
  | typeof EXPAND
  | typeof GATHER;

/** The answer goes on in the item's place. */
export const REPLACE = 0;
/** The answer goes on in the item's place, unless it is {@linkcode DROP}. */
export const GATHER = 1;
/** The item goes on, whatever the answer. */
export const KEEP = 2;
/** The item goes on if the answer is truthy. */
export const KEEP_IF = 3;
/** As {@linkcode KEEP_IF}; the first falsy answer ends the stream. */
export const KEEP_WHILE = 4;
/** As {@linkcode KEEP_IF} for what {@linkcode OpenStage.decide} makes of the answer. */
export const DECIDE = 5;
/** Each item of the answer goes on: an iterable, an async iterable or a web stream. */
export const EXPAND = 6;

/** The answer of a stage that hands nothing on. */
export const DROP: unique symbol = Symbol("drop");

/** What an {@linkcode ItemStage} calls for each item. */
export type ItemFunction = (item: unknown, index: number, context: FunctionContext) => unknown;

/** What a stage's function is given beside the item; `StageContext` with its types removed. */
export interface FunctionContext {
  readonly state: {
    readonly accumulated: unknown;
    hasSnapshot(key: string): boolean;
    stream(key: string): AsyncGenerator<unknown, void, undefined>;
    materialize(key: string): Promise<unknown[]>;
  };
  readonly context: unknown;
  readonly signal: AbortSignal;
  readonly traceId: string;
  readonly spanId: string;
  /** How long the run waits for work in flight when it is closed: for runs inside this one. */
  readonly closeTimeoutMs: number;
}

/** What a whole-stream stage is given; `StreamingStepContext` with its types removed. */
export interface StreamContext extends FunctionContext {
  readonly input: AsyncGenerator<unknown, void, undefined>;
}

/** A context that is `outer` but for what it overrides. */
export class DerivedContext implements FunctionContext {
  readonly #outer: FunctionContext;

  constructor(outer: FunctionContext) {
    this.#outer = outer;
  }

  get state(): FunctionContext["state"] {
    return this.#outer.state;
  }

  get context(): unknown {
    return this.#outer.context;
  }

  get signal(): AbortSignal {
    return this.#outer.signal;
  }

  get traceId(): string {
    return this.#outer.traceId;
  }

  get spanId(): string {
    return this.#outer.spanId;
  }

  get closeTimeoutMs(): number {
    return this.#outer.closeTimeoutMs;
  }
}

/** The context of a function, for a step that reads from `input`. */
export class InputContext extends DerivedContext implements StreamContext {
  readonly input: StreamContext["input"];

  constructor(outer: FunctionContext, input: StreamContext["input"]) {
    super(outer);
    this.input = input;
  }
}

/** The path that an item came on, for the engine alone; absent where no later stage can read it. */
export type ItemPath = readonly unknown[] | undefined;

/** What a stage may say of its items. */
export interface FlowControl {
  /** Its own rule leaves out so many of the items that have entered: 1, unless it is said. */
  drop(count?: number): void;
  /** The path of the item that it was given last. */
  path(): ItemPath;
  /** What it hands out next goes on along `path`, which is that of another item. */
  follow(path: ItemPath): void;
}

/** What an {@linkcode ItemStage} may do to the run it is in. */
export interface StageControl extends FlowControl {
  /** Ends the stream after the item at hand: everything before this stage is closed. */
  end(): void;
  /** `call` with a time limit and another try, as a stage's own call gets them. */
  guard(call: ItemFunction, settings: GuardSettings): ItemFunction;
}

/** What a {@linkcode StreamStage} may say of its items; a user's step says nothing. */
export interface StreamControl extends FlowControl {
  /**
   * `count` says how many items it keeps back, but for the one that it has not settled; `isWorking`
   * whether pipelines that it runs inside are at work.
   */
  hold(count: () => number, isWorking?: () => boolean): void;
  /** The item that it has read last is kept back, dropped or taken on, and not worked on any more. */
  settle(): void;
  /** What it throws next is the failure of an item that it has kept back. */
  fail(): void;
  /** The error for what it has failed with: it comes out as it is where it is thrown later. */
  createError(thrown: unknown): StreamingError;
  /** Resolves when `work`, which was told to stop, is settled, or the run waits no longer for it. */
  waitInTime(work: Promise<unknown>): Promise<void>;
}

/** What is asked for of a call; absent where it is not. */
export type GuardSettings = Pick<ItemStage, "outcome" | "retry" | "timeoutMs">;

/** The part of an {@linkcode ItemStage} that belongs to one run. */
export interface OpenStage {
  readonly call: ItemFunction;
  /** For {@linkcode DECIDE}: sees the answers in the order in which their items come out. */
  readonly decide?: (answer: unknown) => boolean;
  /**
   * For {@linkcode DECIDE}: whether items go on by now, whatever is answered. Side by side, calls
   * are made before it is known whether they are needed: one that was not needed fails nothing.
   */
  readonly isPassing?: () => boolean;
  /** Called when no further item will come; its answer is handled as one of `call`'s. */
  readonly flush?: () => unknown;
  /** How many items the stage keeps back, where it keeps any. */
  readonly held?: () => number;
}

interface StageBase {
  /** The stage's key, unique in its pipeline. */
  readonly key: string;
  /** The name for errors and metadata: a step's own, else the key. */
  readonly name: string;
  /** The builder method that made it, for messages. */
  readonly operator: string;
  /** What becomes of items on which it fails; absent where the run fails. */
  readonly errorStrategy?: StreamingErrorStrategy;
  /** How often, and when, an item is tried again; absent where it is not. */
  readonly retry?: RetrySettings | undefined;
  /** Whether it is a part of a piped operator, whose value state does not show. */
  readonly isInner?: boolean;
  /** Whether its item is the whole value of a batch pipeline. */
  readonly isBatch?: boolean;
}

/** Looks at one item at a time: fused with its neighbours into one loop. */
export interface ItemStage extends StageBase {
  readonly kind: "item";
  readonly outcome: Outcome;
  /** Makes what belongs to one run; called once per run, so that runs share no state. */
  open(control: StageControl): OpenStage;
  /** Whether the iterables that {@linkcode EXPAND} reads are a step's work, not live sources. */
  readonly isWork?: boolean;
  /** How long a call may take, in milliseconds; absent where it may take for ever. */
  readonly timeoutMs?: number | undefined;
  /** Set where items are worked on side by side. */
  readonly parallel?: ParallelSettings;
}

/** How an {@linkcode ItemStage} works on items side by side. */
export interface ParallelSettings {
  /** The most calls that run at a time. */
  readonly concurrencyLimit: number;
  /** The most finished results that wait while nobody asks. */
  readonly highWaterMark: number;
  /** Whether results come out in the order of their items. */
  readonly ordered: boolean;
}

/** Looks at the whole stream and goes at its own pace. */
export interface StreamStage extends StageBase {
  readonly kind: "stream";
  /** What it was given to read beside the stream: closed with a run in which it never starts. */
  readonly given?: unknown;
  /** Starts it, once per run; what it returns is read one item at a time, on demand. */
  open(context: StreamContext, control: StreamControl): AsyncIterable<unknown>;
}

/** Reads everything before it, then lets it flow on; its value is the array of all items. */
export interface BarrierStage extends StageBase {
  readonly kind: "barrier";
}

/** One keyed entry of a pipeline. */
export type Stage = ItemStage | StreamStage | BarrierStage;
