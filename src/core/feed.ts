/**
 * What a fused loop reads from: a source, or a stage that goes at its own pace.
 *
 * @module
 */

import { isObject } from "../internal/thrown.ts";
import type { Cutoff } from "./cutoff.ts";

/** Emits items one by one, synchronously where it can. */
export interface Feed {
  /** The next item, `END` or `WAIT`. Throws what the source threw, once. */
  next(): unknown;
  /** After `WAIT`: what to wait for. */
  readonly pending: Promise<unknown>;
  /** Whether it never answers with `WAIT`. */
  readonly isSync?: boolean | undefined;
  /** What the items were made of that it holds; absent where that is not traced. */
  readonly origin?: unknown;
  /** Whether it has an answer that was waited for, and not emitted yet. */
  readonly isAnswered?: boolean;
  /** Takes what `pending` resolved to. */
  accept(value: unknown): void;
  /** Takes why `pending` was rejected; returns the error to report, or `END`. */
  refuse(error: unknown): unknown;
  /**
   * Closes what is open, and what was passed in and never opened, once; the caller waits for what
   * it returns. It never waits for a pending answer of the source, and never throws.
   */
  close(reason: unknown): Promise<void> | undefined;
  /**
   * Aborts what is in progress in earlier loops: what they keep comes out, then `reason`. False
   * where its reader must do that instead.
   */
  abandon?(reason: unknown): boolean;
}

/** A feed that is a source itself: its owner pushes items into it, one at a time. */
export abstract class PushedFeed implements Feed {
  readonly #isPushed: boolean = true;

  /** It calls back by `then`, and is no promise otherwise: a wait costs none. */
  readonly pending: Promise<unknown> = {
    then: (tell: () => void) => this.whenReady(tell),
  } as never;

  /** Whether a source is one: it may be anything, and is not looked into. */
  static is(source: unknown): source is PushedFeed {
    return isObject(source) && #isPushed in source;
  }

  /** What the item that `next` gave last was made of; absent where that is not traced. */
  abstract readonly origin: unknown;
  abstract next(): unknown;
  /** Calls `listener` once, as soon as it has something. */
  abstract whenReady(listener: () => void): void;
  abstract accept(value: unknown): void;
  abstract refuse(error: unknown): unknown;
  abstract close(reason: unknown): Promise<void> | undefined;
}

/** A root feed whose items bring their own path, and possibly the answer of the first op. */
export interface StageFeed extends Feed {
  /** The path of the item that `next` returned last. */
  readonly path: unknown[];
  /** Set where `next` returns the first op's answer: the item that the answer is for. */
  readonly item?: unknown;
  /**
   * What had failed before the item entered, or before the stage itself failed: its item is one that
   * was kept back, as by a batch, and came out because of that. Absent where nothing had.
   */
  readonly upstreamError: unknown;
  /** The item's index in the first op. */
  readonly index?: number;
  /** How many items have entered the stage. */
  readonly entered: number;
  /** How many items have entered and not been concluded. */
  readonly inFlight: number;
  /** How many items were emitted. */
  readonly emitted: number;
  /** How many items wait to be asked for. */
  readonly waiting: number;
  /** Whether the stage is working; where absent, it is when not all items in flight wait. */
  readonly isWorking?: boolean;
  /** What the stage waits for; absent while it works. */
  readonly stalledOn: "upstream" | "downstream" | undefined;
  /** Whether it was closed before its end. */
  readonly isClosed: boolean;
  /** Closes the sources that are read up to there; see `Segment.endSources`. */
  endSources(reason: unknown, keepsFirst: boolean): void;
  /** Aborts what is in progress in the stage and upstream; see `Segment.giveUp`. */
  giveUp(cutoff: Cutoff): void;
  /** Whether it has ended because its work was abandoned, however `pending` is settled. */
  readonly isAbandoned?: boolean;
  /** Has `listener` called with each item that enters from now on. */
  tap(listener: (item: unknown) => void): void;
  /** Counts on from there. */
  resume?(entered: number, emitted: number): void;
  /** Called as soon as a failure before the stage is certain, which can be long before `next` throws it. */
  onFailure?: ((failure: unknown) => void) | undefined;
}
