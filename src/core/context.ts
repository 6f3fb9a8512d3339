/**
 * What a stage's function is given beside the item, and what it may say of its items.
 *
 * @module
 */

import type { RunObserver } from "../base/observer.ts";

/** What a stage calls for each item. */
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
  /** Whether that is aborted, where it is known without a signal, which takes time to make. */
  readonly isAborted?: boolean;
  readonly traceId: string;
  readonly spanId: string;
  /** How long the run waits for work in flight when it is closed: for runs inside this one. */
  readonly closeTimeoutMs: number;
  /** Observes runs inside this one; absent where this one is not observed. */
  readonly observer?: RunObserver | undefined;
  /** What `open` returns, called once per run, and closed with it. */
  readonly perRun: <T>(open: () => T) => T;
}

/** What a whole-stream stage is given; `StreamingStepContext` with its types removed. */
export interface StreamContext extends FunctionContext {
  /** What a step keeps from item to item. */
  kept?: unknown;
  /** All that was made of what it has read so far is emitted; see `StreamStage.lineage`. */
  readonly ack: () => void;
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

  get observer(): RunObserver | undefined {
    return this.#outer.observer;
  }

  get perRun(): FunctionContext["perRun"] {
    return this.#outer.perRun;
  }
}

/** The context of a function, for a step that reads from `input`. */
export class InputContext extends DerivedContext implements StreamContext {
  readonly input: StreamContext["input"];
  kept: unknown;
  readonly ack: () => void;

  constructor(
    outer: FunctionContext,
    input: StreamContext["input"],
    ack: () => void = () => {},
  ) {
    super(outer);
    this.input = input;
    this.ack = ack;
  }
}

/** The path that an item came on, for the engine alone; absent where no later stage can read it. */
export type ItemPath = readonly unknown[] | undefined;

/** What a stage may say of its items. */
export interface FlowControl {
  /** Its own rule drops one of the items that have entered. */
  drop(): void;
  /** The path of the item that it was given last. */
  path(): ItemPath;
  /** What it emits next continues on `path`, which is that of another item. */
  follow(path: ItemPath): void;
  /**
   * It keeps something from item to item, with which a durable run continues. Returns what is in use:
   * of a step that starts again, that of its first start.
   */
  keep(memory: StageMemory): StageMemory;
  /**
   * Keeps back the item of `path`, to be emitted together with what was kept in `before`; returns
   * the path to follow then, once.
   */
  retain(path: ItemPath, before?: ItemPath): ItemPath;
}

/** What a stage keeps from item to item: taken, and put back, while nothing is in progress. */
export interface StageMemory {
  /** The form of what `snapshot` returns: of another version it is refused. */
  readonly version: number;
  /** What it keeps; `saveRun` returns what to save of the stages of an inner run. */
  snapshot(saveRun: (stages: readonly object[]) => unknown): unknown;
  /** Puts back what `snapshot` has returned, before the first item. */
  restore(saved: never, restoreRun: (stages: readonly object[], saved: unknown) => void): void;
  /** Set by a durable run: called with the stages of an inner run that has nothing to restore. */
  onRun?: ((stages: readonly object[]) => void) | undefined;
}
