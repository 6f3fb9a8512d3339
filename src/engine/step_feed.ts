/**
 * Runs a stage that looks at the whole stream: its items are read one at a time, on demand, and so
 * are those that it reads.
 *
 * @module
 */

import { settleWithin } from "../internal/promises.ts";
import { createManyFeed, END, type Feed, WAIT } from "./feed.ts";
import { ItemIterator } from "./items.ts";
import { CallContext, type StageRun } from "./op.ts";
import type { Carrier, Segment } from "./segment.ts";
import type { StreamContext, StreamStage } from "./stage.ts";

/** The feed of the loop behind a whole-stream stage. */
export class StepFeed implements Carrier {
  pending: Promise<unknown> = Promise.resolve();

  readonly #upstream: Segment;
  readonly #run: StageRun;
  readonly #stage: StreamStage;
  readonly #input: ItemIterator;
  readonly #context: StepLoopContext;
  #feed: Feed | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(upstream: Segment, run: StageRun, stage: StreamStage) {
    this.#upstream = upstream;
    this.#run = run;
    this.#stage = stage;
    this.#input = new ItemIterator({
      open: () => upstream,
      ended: () => undefined,
      close: async (reason) => void await upstream.close(reason),
    });
    this.#context = new StepLoopContext(run, upstream, this.#input);
  }

  /** The path of the item that the step read last. */
  get path(): unknown[] {
    return this.#upstream.path;
  }

  next(): unknown {
    if (this.#ended) return END;
    let item: unknown;
    try {
      this.#feed ??= this.#open();
      item = this.#feed.next();
    } catch (error) {
      throw this.#toError(error);
    }
    if (item === WAIT) this.pending = this.#feed.pending;
    if (item !== END) return item;
    this.#ended = true;
    const closing = this.#upstream.close(new DOMException("The step has ended", "AbortError"));
    if (closing === undefined) return END;
    this.pending = closing;
    return WAIT;
  }

  accept(value: unknown): void {
    if (this.#ended) return;
    try {
      this.#feed!.accept(value);
    } catch (error) {
      throw this.#toError(error);
    }
  }

  refuse(error: unknown): unknown {
    return this.#toError(this.#feed!.refuse(error));
  }

  close(reason: unknown): Promise<void> {
    return this.#closing ??= this.#close(reason);
  }

  /** Lets the step go first, so that its clean-up can still rely on what it reads from. */
  async #close(reason: unknown): Promise<void> {
    this.#context.abort(reason);
    this.#input.cancel(reason);
    const closing = this.#feed?.close(reason);
    try {
      if (closing !== undefined) {
        await settleWithin(closing, this.#run.scope.closeTimeoutMs);
        await closing;
      }
    } finally {
      await this.#upstream.close(reason);
    }
  }

  #open(): Feed {
    const { key, operator, open } = this.#stage;
    const items: unknown = open(this.#context);
    const feed = typeof items === "object" ? createManyFeed(items, true) : undefined;
    if (feed !== undefined) return feed;
    throw new TypeError(
      `Cannot ${operator} stage "${key}": its step must return an async iterable, got ${
        items === null ? "null" : typeof items
      }`,
    );
  }

  /** An error of an earlier stage passes as it is; any other is this stage's. */
  #toError(error: unknown): unknown {
    if (error === this.#upstream.failure && error !== undefined) return error;
    const { count, lastItem } = this.#input;
    return this.#run.createError(error, lastItem, count === 0 ? undefined : count - 1);
  }
}

class StepLoopContext extends CallContext implements StreamContext {
  readonly input: ItemIterator;

  constructor(run: StageRun, upstream: Segment, input: ItemIterator) {
    super(run, upstream);
    this.input = input;
  }
}
