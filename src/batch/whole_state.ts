/**
 * The state of a batch pipeline: whole values by key, for steps of either kind.
 *
 * @module
 */

import { DEFAULT_CLOSE_TIMEOUT_MS } from "../base/defaults.ts";
import { DerivedContext, type FunctionContext } from "../core/context.ts";
import { StateNotRecordedError } from "../base/errors.ts";
import { createEmptyContext } from "../internal/context_builder.ts";
import type { StepContext } from "../base/step_types.ts";

/** A state with one value per key: the whole output of its stage. */
export class WholeState {
  readonly accumulated: object;

  constructor(accumulated: unknown) {
    this.accumulated = accumulated as object;
  }

  hasSnapshot(key: string): boolean {
    return typeof this.accumulated === "object" && Object.hasOwn(this.accumulated, key);
  }

  async *stream(key: string): AsyncGenerator<unknown, void, undefined> {
    yield this.#read(key);
  }

  async materialize(key: string): Promise<unknown[]> {
    return await [this.#read(key)];
  }

  #read(key: string): unknown {
    if (!this.hasSnapshot(key)) {
      throw new StateNotRecordedError(key, "no stage of that key is earlier");
    }
    return (this.accumulated as Record<string, unknown>)[key];
  }
}

/** A context with the state of the batch pipeline, for a stage or an item of its list. */
export class WholeContext extends DerivedContext {
  readonly #state: FunctionContext["state"];

  constructor(outer: FunctionContext, state: FunctionContext["state"]) {
    super(outer);
    this.#state = state;
  }

  override get state(): FunctionContext["state"] {
    return this.#state;
  }
}

/** The context of a function, from that of a step, which may have been called by hand. */
export function toFunctionContext(given: StepContext<unknown, unknown, unknown>): FunctionContext {
  const { state, context = createEmptyContext(), signal, traceId = "", spanId = "" } = given;
  const { closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS, perRun = refuseToOpen } = given;
  return {
    state: new WholeState(state ?? {}),
    context,
    signal: signal ?? new AbortController().signal,
    traceId,
    spanId,
    closeTimeoutMs,
    observer: given.observer,
    perRun,
  };
}

function refuseToOpen(): never {
  throw new TypeError(
    "Cannot open anything per run: the step was called by hand, outside of a run",
  );
}
