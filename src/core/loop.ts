/**
 * The fused loop: neighbouring stages run in one loop, depth first, an item going all the way down
 * before the next is pulled.
 *
 * The loop is synchronous. Where it meets a promise it keeps its place and returns
 * {@linkcode WAITING}; its driver waits for `pending`, passes the outcome in with `accept` or
 * `refuse`, and calls `advance` again. So a stage that answers with a plain value costs no
 * microtask, and one loop serves every way of consuming.
 *
 * @module
 */

import { enterLevel, isNestedDeep, leaveLevel, unwound } from "../internal/nesting.ts";
import { isPromiseLike, NOTHING_PENDING, toPromise } from "../internal/promises.ts";
import { descendTimed, type Descent, NOT_CALLED } from "./timed_descent.ts";
import { Ending } from "./ending.ts";
import { Op, type OpLoop, type OpPlace, OWED, type PlannedOp, type Waiting } from "./op.ts";
import { Outcomes } from "./outcomes.ts";
import { OpenFeeds } from "./open_feeds.ts";
import type { Conclusion, TracedLoop } from "./lineage.ts";
import { NO_SLOT } from "./state.ts";
import { Sampler } from "./sampler.ts";
import { ENDED, FAILED, MET, type Progress, WAITING } from "./progress.ts";
import type { Fold, SegmentParts } from "./segment_parts.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { Feed } from "./feed.ts";
import { DROP, EXPAND, GATHER, KEEP_IF, REPLACE } from "./stage.ts";

/** In place of the moment of a call: the item has passed this stage, and is timed from here on. */
const PASSED = -1;

/** One fused loop; `Segment` has the ways in which it is driven, and ends before its time. */
export abstract class Loop implements Descent, OpLoop, TracedLoop {
  /** What {@linkcode WAITING} waits for. */
  pending: Promise<unknown> = NOTHING_PENDING;
  /** The values of the stages on the current item's path, by slot. */
  path: unknown[];
  /** What `fold` has made of the items that came out; the last item where there is no `fold`. */
  value: unknown;
  /** Takes each item that comes out; it may answer with a promise. */
  fold: Fold | undefined;
  /** How many items have come out. */
  emitted = 0;

  protected readonly parts: SegmentParts;
  protected readonly feeds: OpenFeeds;
  protected readonly ops: Op[] = [];
  protected readonly ending: Ending;
  protected waiting: Waiting = "nothing";
  protected position = 0;
  protected item: unknown;
  protected answer: unknown;
  /** Whether it is in the middle of a call of `advance`. */
  isRunning = false;
  protected isClosed = false;
  /** Whether something was asked of it while it ran that it must do on the way out. */
  protected isInterrupted = false;

  readonly #outcomes: Conclusion;
  /** When the call that was waited for last began; absent where its item is not timed. */
  #callStarted: number | undefined;

  constructor(parts: SegmentParts, stages: readonly PlannedOp[]) {
    const { scope, feed, slot, path, owner } = parts;
    this.parts = parts;
    this.path = path;
    const feeds = this.feeds = new OpenFeeds(scope);
    const sampler = new Sampler(scope.metadata);
    feeds.push({ slot, run: owner, sampler }, feed, -1);
    this.ending = new Ending(parts, this.ops, feeds);
    const outcomes = new Outcomes(this.ops, feeds, this.ending);
    this.#outcomes = scope.lineage?.trace(outcomes, this) ?? outcomes;
    for (const planned of stages) this.ops.push(new Op(planned, this, this.ops.length));
  }

  /** Does what was asked of it while it ran. */
  protected abstract leave(): void;

  /** Runs until `demand` items have come out, or something must be waited for. */
  advance(demand: number): Progress {
    if (isNestedDeep() && this.waiting === "nothing") {
      return this.wait("stack", -1, unwound(() => {}));
    }
    this.isRunning = true;
    // Inlined: `nested` would need a closure for each item that is pulled.
    enterLevel();
    try {
      return this.#advance(demand);
    } finally {
      leaveLevel();
      this.isRunning = false;
      if (this.isInterrupted) this.leave();
    }
  }

  /**
   * Takes what `pending` resolved to. Neither this nor `refuse` throws, whatever the outcome is: the
   * driver of the loop would stop.
   */
  accept(value: unknown): void {
    const { waiting } = this;
    this.waiting = "nothing";
    // A source waits at -1, where there is no stage: V8 is slow to read an array there.
    const op = waiting === "call" ? this.ops[this.position] : undefined;
    if (op?.stage.outcome !== EXPAND) op?.stopClock(this.#callStarted);
    if (this.isClosed) return;
    if (waiting === "close") this.parts.scope.endDeadline();
    if (waiting === "call") {
      this.answer = value;
      this.waiting = "answered";
    } else if (waiting === "feed") {
      const refused = this.feeds.accept(value);
      if (refused !== END) this.fail(this.position, refused, undefined);
    }
  }

  /** Takes why `pending` was rejected. */
  refuse(error: unknown): void {
    const { waiting } = this;
    this.waiting = "nothing";
    const op = this.ops[this.position];
    if (waiting === "call") op?.failClock(this.#callStarted);
    if (this.isClosed || waiting === "close" || waiting === "dropped") return;
    if (waiting === "feed") {
      const refused = this.feeds.refuse(error);
      if (refused !== END) this.fail(this.position, refused, undefined);
    } else if (waiting === "call") this.fail(this.position, error, this.item);
    else this.ending.fail(this.position, op!.run.createError(error));
  }

  #advance(demand: number): Progress {
    const ops = this.ops;
    const end = ops.length;
    const feeds = this.feeds;
    const fold = this.fold;
    const { stageFeed, headAlreadyRan } = this.parts;
    const target = this.emitted + demand;
    let path = this.path;
    let position = 0;
    let item: unknown;
    for (;;) {
      try {
        next: for (;;) {
          let isTimed = false;
          const top = feeds.top;
          if (this.waiting !== "nothing") {
            if (this.waiting !== "answered") return WAITING;
            // The call that was waited for has answered.
            this.waiting = "nothing";
            position = this.position;
            if (position === end) {
              this.value = this.answer;
              continue;
            }
            isTimed = this.#callStarted !== undefined;
            item = this.item;
            item = this.conclude(position, item, this.answer, this.#callStarted);
            if (item === DROP) continue;
            position++;
          } else if (this.emitted >= target) return MET;
          else if (this.isClosed) return ENDED;
          else if (top === undefined) {
            // Nothing more comes in: each stage is asked for what it kept back.
            if (this.ending.flushFrom >= end) return this.#finish();
            position = this.ending.flushFrom++;
            item = undefined;
            item = this.#flush(position);
            if (item === DROP) continue;
            position++;
          } else if (top.items !== undefined) {
            // The next item of an array, which may have grown shorter since the last one.
            if (top.index >= top.items.length) {
              feeds.top = top.below;
              continue;
            }
            position = top.start - 1;
            item = top.items[top.index++];
            position++;
            isTimed = top.sampler.isDue();
            if (top.slot !== NO_SLOT) path[top.slot] = item;
          } else {
            // The next item of anything else.
            position = top.start - 1;
            item = top.feed.next();
            if (item === WAIT) return this.wait("feed", position, top.feed.pending);
            if (item === END) {
              feeds.top = top.below;
              continue;
            }
            position++;
            isTimed = top.sampler.isDue();
            if (top.feed === stageFeed) {
              this.path = path = stageFeed.path;
              if (headAlreadyRan) {
                const startedAt = isTimed ? NOT_CALLED : undefined;
                item = this.conclude(0, path[top.slot] = stageFeed.item, item, startedAt);
                if (item === DROP) continue;
                position++;
              }
            }
            if (top.slot !== NO_SLOT) path[top.slot] = item;
          }

          if (isTimed && position < end) {
            item = descendTimed(this, ops, position, item);
            if (item === DROP) continue;
            position = end;
          }
          // Down through the stages, each with what the one before made of the item.
          for (; position < end; position++) {
            const op = ops[position]!;
            const { call, outcome } = op;
            const answer = call(item, op.entered++, op.context);
            if (outcome <= GATHER) {
              if (answer === DROP) {
                if (op.keepsPath) op.keepPath(path);
                continue next;
              }
              if (typeof answer === "object" && isPromiseLike(answer)) {
                this.item = item;
                this.#callStarted = undefined;
                return this.wait("call", position, toPromise(answer));
              }
              path[op.slot] = item = answer;
            } else if (answer === false && (outcome & ~OWED) === KEEP_IF) {
              op.run.dropped++;
              continue next;
            } else if (answer === DROP && outcome === (GATHER | OWED)) {
              if (op.keepsPath) op.keepPath(path);
              continue next;
            } else if (answer !== true || outcome !== KEEP_IF) {
              item = this.conclude(position, item, answer);
              if (item === DROP) continue next;
            }
          }

          this.emitted++;
          if (fold === undefined) this.value = item;
          else {
            const folded = fold(this.value, item, this.emitted - 1);
            if (typeof folded === "object" && isPromiseLike(folded)) {
              this.item = item;
              return this.wait("call", end, toPromise(folded));
            }
            this.value = folded;
          }
        }
      } catch (error) {
        this.fail(position, error, item);
      }
    }
  }

  /** See {@linkcode Descent.conclude}. */
  conclude(position: number, item: unknown, answer: unknown, startedAt?: number): unknown {
    const op = this.ops[position]!;
    // The most frequent case: nothing else needs checking.
    if (typeof answer !== "object" && op.outcome === REPLACE && startedAt === undefined) {
      return this.path[op.slot] = answer;
    }
    if (startedAt === PASSED) return answer;
    if (isPromiseLike(answer)) {
      this.item = item;
      this.#callStarted = startedAt;
      if (startedAt !== undefined) this.feeds.top?.sampler.noteAsync();
      this.wait("call", position, toPromise(answer));
      return DROP;
    }
    const passed = this.#outcomes.apply(this.path, position, item, answer, startedAt);
    if (passed !== DROP && op.settleDebt() && startedAt === undefined) {
      this.answer = passed;
      this.#callStarted = PASSED;
      this.wait("answered", position, this.pending);
      return DROP;
    }
    return passed;
  }

  /** Flushes the op at `position`: returns what it kept back, or `DROP`. */
  #flush(position: number): unknown {
    const op = this.ops[position]!;
    if (op.flush === undefined) return DROP;
    if (op.stage.outcome === GATHER) op.restorePath(this.path);
    return this.conclude(position, undefined, op.flush(this.failure === undefined));
  }

  protected wait(waiting: Waiting, position: number, pending: Promise<unknown>): typeof WAITING {
    this.waiting = waiting;
    this.position = position;
    this.pending = pending;
    return WAITING;
  }

  /** Fails the stage at `position`; -1 is the feed. */
  fail(position: number, error: unknown, item: unknown): void {
    const room = this.ending.settle(position, error, item);
    if (room !== undefined) this.wait("room", position, room);
  }

  /** The reason of {@linkcode FAILED}. */
  get failure(): unknown {
    return this.ending.failure;
  }

  /** Called as soon as it is certain that the loop fails; it may have items to emit before. */
  set onFailure(listener: (failure: unknown) => void) {
    this.ending.onFailure = listener;
  }

  /** What had failed before the current item came. */
  get upstreamError(): unknown {
    return this.ending.upstreamError;
  }

  /** How many items have come out of the op at `position`. */
  emittedBy(position: number): number {
    return this.ops[position + 1]?.entered ?? this.emitted;
  }

  outcomeOf(position: number): number {
    return this.ops[position]!.stage.outcome;
  }

  isFlushed(position: number): boolean {
    return position < this.ending.flushFrom;
  }

  readAnswerThrough(position: number, read: (feed: Feed) => Feed): boolean {
    const { top } = this.feeds;
    if (top?.start !== position + 1) return false;
    top.feed = read(top.feed);
    top.items = undefined;
    return true;
  }

  endHere(position: number): void {
    this.ending.endHere(position);
  }

  placeOf(position: number): OpPlace {
    return {
      emitted: this.emittedBy(position),
      isExpanding: this.feeds.isExpanding(this.ops[position]!.run),
      waiting: this.waiting,
      waitsAfter: this.position - position,
      isRunning: this.isRunning,
      isClosed: this.isClosed || this.isFlushed(position),
    };
  }

  #finish(): Progress {
    this.feeds.closeSource();
    const closing = this.feeds.takeClosing();
    if (closing !== undefined) return this.wait("close", this.position, closing);
    return this.failure === undefined ? ENDED : FAILED;
  }
}
