/**
 * A stage as one run sees it.
 *
 * @module
 */

import { StreamingError } from "../errors.ts";
import { codeOf, isRetryable } from "../internal/causes.ts";
import { randomHex } from "../internal/random.ts";
import type { RunScope } from "./scope.ts";
import type {
  FunctionContext,
  ItemFunction,
  ItemStage,
  OpenStage,
  Outcome,
  Stage,
} from "./stage.ts";
import { createState, type PathHolder, type State, type Visible } from "./state.ts";

/** Who a failure is put down to, and who a function's context belongs to: a stage in one run. */
export class StageRun {
  readonly scope: RunScope;
  readonly stage: Pick<Stage, "key" | "name" | "operator">;
  /** The earlier stages that its functions can read the values of. */
  readonly visible: readonly Visible[];
  #spanId: string | undefined;

  constructor(
    scope: RunScope,
    stage: Pick<Stage, "key" | "name" | "operator">,
    visible: readonly Visible[],
  ) {
    this.scope = scope;
    this.stage = stage;
    this.visible = visible;
  }

  /** The stage's span id in this run. */
  get spanId(): string {
    return this.#spanId ??= randomHex(8);
  }

  /** The error for what was thrown while the stage worked on `item`. */
  createError(cause: unknown, item?: unknown, itemIndex?: number): StreamingError {
    const { key, name } = this.stage;
    const at = itemIndex === undefined ? "" : ` at item ${itemIndex}`;
    const said = cause instanceof Error ? cause.message : `threw ${typeof cause}`;
    return new StreamingError(`Stage "${key}" failed${at}: ${said}`, cause, {
      code: codeOf(cause),
      stepName: name,
      key,
      itemIndex,
      item,
      attempts: 1,
      retryable: isRetryable(cause),
      traceId: this.scope.traceId,
      spanId: this.spanId,
    });
  }
}

/**
 * The context of a function: of one item that is worked on beside others, whose `path` is its own,
 * or of all items of a loop, whose path its `holder` has. One class without a parent, because it is
 * made per item.
 */
export class CallContext implements FunctionContext {
  readonly #run: StageRun;
  readonly #path: readonly unknown[] | PathHolder;
  #state: State | undefined;
  #controller: AbortController | undefined;

  constructor(run: StageRun, path: readonly unknown[] | PathHolder) {
    this.#run = run;
    this.#path = path;
  }

  get state(): State {
    return this.#state ??= createState(this.#run.visible, this.#path);
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

  /** Made when it is first read. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}

/** A fused stage as it is planned. */
export interface PlannedOp {
  readonly run: StageRun;
  readonly stage: ItemStage;
  readonly slot: number;
  /** Set where the stage was opened elsewhere, for its calls are made there. */
  readonly open?: OpenStage | undefined;
}

/** A fused stage in one run: what the loop calls, and what becomes of the answer. */
export class Op {
  readonly run: StageRun;
  readonly stage: ItemStage;
  readonly outcome: Outcome;
  /** Where the stage's value goes on the path. */
  readonly slot: number;
  readonly call: ItemFunction;
  readonly decide: ((answer: unknown) => boolean) | undefined;
  readonly flush: (() => unknown) | undefined;
  readonly context: CallContext;
  /** How many items have entered. */
  entered = 0;

  constructor(planned: PlannedOp, holder: PathHolder, end: () => void) {
    const { run, stage, slot } = planned;
    this.run = run;
    this.stage = stage;
    this.outcome = stage.outcome;
    this.slot = slot;
    const { call, decide, flush } = planned.open ?? stage.open({ end });
    this.call = call;
    this.decide = decide;
    this.flush = flush;
    this.context = new CallContext(run, holder);
  }
}
