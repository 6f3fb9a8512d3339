/**
 * Counts, for each source item, how much of what was made of it is still in a run.
 *
 * Every item owns a reference to its origin: the source item, or a group of origins where several
 * items were made into one. An item that leaves releases its reference; what makes several items of
 * one retains it for each. With its last reference an origin is done.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import { isObject, readProperty } from "../internal/thrown.ts";
import type { ItemPath } from "../core/context.ts";
import { END, WAIT } from "../internal/pull.ts";
import { type Feed, PushedFeed } from "../core/feed.ts";
import { type Conclusion, type Lineage, ORIGIN_SLOT, type TracedLoop } from "../core/lineage.ts";
import { ArrayFeed } from "../core/source_feed.ts";
import { DROP, EXPAND, GATHER } from "../core/stage.ts";

/** A source item of which something is in the run. */
export class Origin {
  /** What the source said of it. */
  readonly token: unknown;
  references = 1;
  /** The first failure of something that was made of it, and left out. */
  failure: StreamingError | undefined;

  constructor(token: unknown) {
    this.token = token;
  }
}

/** The origins of an item that was made of several. */
class OriginGroup {
  readonly members: unknown[] = [];
  references = 1;
  /** Whether further items may be kept back together with those. */
  isOpen: boolean;

  constructor(isOpen: boolean) {
    this.isOpen = isOpen;
  }
}

/** What a source gives: an item, and what it is known by when it is done. */
export interface SourceRecord {
  readonly item: unknown;
  readonly token: unknown;
}

/** The lineage of a run whose source gives {@linkcode SourceRecord}s. */
export class OriginCounts implements Lineage {
  readonly admit: Lineage["admit"];
  readonly #onDone: (origin: Origin) => void;
  readonly #culprits: WeakMap<object, unknown> = new WeakMap();

  /**
   * `onDone` is called once for each source item, when nothing made of it is left in the run; `admit`
   * with the stages of each run.
   */
  constructor(onDone: (origin: Origin) => void, admit: Lineage["admit"] = () => {}) {
    this.admit = admit;
    this.#onDone = onDone;
  }

  readSource(feed: Feed, path: unknown[]): Feed {
    return PushedFeed.is(feed) ? new GivenFeed(feed, path) : new RootFeed(feed, path);
  }

  trace(conclusion: Conclusion, loop: TracedLoop): Conclusion {
    return new TracedConclusion(this, conclusion, loop);
  }

  retain(origin: unknown): void {
    if (isOrigin(origin)) origin.references++;
  }

  release(origin: unknown): void {
    if (!isOrigin(origin) || --origin.references > 0) return;
    if (origin instanceof Origin) this.#onDone(origin);
    else for (const member of origin.members) this.release(member);
  }

  settle(
    origin: unknown,
    error: StreamingError,
    settled: StreamingError | true | Promise<true>,
  ): void {
    if (settled === true) return this.#leaveOut(origin, error);
    if ("then" in settled) settled.then(() => this.#leaveOut(origin, error), () => {});
    else this.#culprits.set(settled, origin);
  }

  #leaveOut(origin: unknown, error: StreamingError): void {
    for (const each of flatten(origin)) each.failure ??= error;
    this.release(origin);
  }

  gather(path: readonly unknown[], before: ItemPath): readonly unknown[] {
    const kept = path.slice();
    const origin = path[ORIGIN_SLOT];
    this.retain(origin);
    const known = before?.[ORIGIN_SLOT];
    const group = known instanceof OriginGroup && known.isOpen ? known : new OriginGroup(true);
    group.members.push(origin);
    kept[ORIGIN_SLOT] = group;
    return kept;
  }

  follow(path: readonly unknown[]): void {
    const origin = path[ORIGIN_SLOT];
    if (origin instanceof OriginGroup) origin.isOpen = false;
  }

  /** The source items on which a run has failed with `error`; none where that is not known. */
  culpritsOf(error: unknown): Origin[] {
    // The failure of a run inside a stage is the cause of the stage's own, and knows the item.
    const seen = new Set<object>();
    let culprits: Origin[] = [];
    for (let each = error; isObject(each) && !seen.has(each); each = readProperty(each, "cause")) {
      seen.add(each);
      if (this.#culprits.has(each)) culprits = [...new Set(flatten(this.#culprits.get(each)))];
    }
    return culprits;
  }
}

/** The source items of an origin, whose groups may hold groups. */
export function flatten(origin: unknown): Origin[] {
  if (origin instanceof Origin) return [origin];
  return origin instanceof OriginGroup ? origin.members.flatMap(flatten) : [];
}

function isOrigin(value: unknown): value is Origin | OriginGroup {
  return value instanceof Origin || value instanceof OriginGroup;
}

/** What becomes of items, and of their origins. */
class TracedConclusion implements Conclusion {
  readonly #lineage: Lineage;
  readonly #conclusion: Conclusion;
  readonly #loop: TracedLoop;
  /** Of the items that a stage gathers, by its position. */
  readonly #gathered: (OriginGroup | undefined)[] = [];

  constructor(lineage: Lineage, conclusion: Conclusion, loop: TracedLoop) {
    this.#lineage = lineage;
    this.#conclusion = conclusion;
    this.#loop = loop;
  }

  apply(
    path: unknown[],
    position: number,
    item: unknown,
    answer: unknown,
    startedAt: number | undefined,
  ): unknown {
    const isFlushed = this.#loop.isFlushed(position);
    const origin = isFlushed ? undefined : path[ORIGIN_SLOT];
    const next = this.#conclusion.apply(path, position, item, answer, startedAt);
    const outcome = this.#loop.outcomeOf(position);
    if (outcome === GATHER) this.#gather(path, position, origin, next);
    else if (next === DROP) {
      const isRead = outcome === EXPAND && this.#readExpanded(path, position, origin);
      if (!isRead) this.#lineage.release(origin);
    }
    return next;
  }

  /** Has the items that the stage has made of one get its origin; false where there are none. */
  #readExpanded(path: unknown[], position: number, origin: unknown): boolean {
    const lineage = this.#lineage;
    return this.#loop.readAnswerThrough(position, (feed) => {
      if (!(feed instanceof ArrayFeed) || !isOrigin(origin)) {
        return new ExpandedFeed(lineage, feed, path, origin);
      }
      return new ExpandedArray(lineage, feed.items, path, origin);
    });
  }

  /** The origin of what is gathered passes to the group, and that to the item which is made of it. */
  #gather(path: unknown[], position: number, origin: unknown, next: unknown): void {
    if (origin !== undefined) {
      (this.#gathered[position] ??= new OriginGroup(false)).members.push(origin);
    }
    if (next === DROP) return;
    path[ORIGIN_SLOT] = this.#gathered[position];
    this.#gathered[position] = undefined;
  }
}

/** A feed whose items get their origins on the path. */
abstract class TracedFeed implements Feed {
  protected readonly feed: Feed;
  protected readonly path: unknown[];

  constructor(feed: Feed, path: unknown[]) {
    this.feed = feed;
    this.path = path;
  }

  next(): unknown {
    const item = this.feed.next();
    return item === WAIT || item === END ? item : this.take(item);
  }

  /** Puts the origin of an item on the path, and returns the item. */
  protected abstract take(item: unknown): unknown;

  get pending(): Promise<unknown> {
    return this.feed.pending;
  }

  get isSync(): boolean {
    return this.feed.isSync === true;
  }

  get isAnswered(): boolean {
    return this.feed.isAnswered === true;
  }

  accept(value: unknown): void {
    this.feed.accept(value);
  }

  refuse(error: unknown): unknown {
    return this.feed.refuse(error);
  }

  close(reason: unknown): Promise<void> | undefined {
    return this.feed.close(reason);
  }
}

/** The source of a run. */
class RootFeed extends TracedFeed {
  protected override take(record: unknown): unknown {
    const { item, token } = record as SourceRecord;
    this.path[ORIGIN_SLOT] = new Origin(token);
    return item;
  }
}

/** The source of a run inside another one: its items bring their origins along. */
class GivenFeed extends TracedFeed {
  protected override take(item: unknown): unknown {
    this.path[ORIGIN_SLOT] = this.feed.origin;
    return item;
  }
}

/** Items that a stage has made of one, all of which are available. */
class ExpandedArray extends ArrayFeed {
  readonly origin: Origin | OriginGroup;
  readonly #lineage: Lineage;
  readonly #path: unknown[];

  constructor(
    lineage: Lineage,
    items: readonly unknown[],
    path: unknown[],
    origin: Origin | OriginGroup,
  ) {
    super(items);
    this.#lineage = lineage;
    this.#path = path;
    this.origin = origin;
  }

  override next(): unknown {
    const item = super.next();
    if (item === END) this.#lineage.release(this.origin);
    else {
      this.#path[ORIGIN_SLOT] = this.origin;
      this.origin.references++;
    }
    return item;
  }
}

/** What a stage has made of one item, or emits of what it has kept. */
class ExpandedFeed extends TracedFeed {
  readonly origin: unknown;
  readonly #lineage: Lineage;

  constructor(lineage: Lineage, feed: Feed, path: unknown[], origin: unknown) {
    super(feed, path);
    this.#lineage = lineage;
    this.origin = origin;
  }

  override next(): unknown {
    // Later stages have put theirs there.
    this.path[ORIGIN_SLOT] = this.origin;
    const item = super.next();
    if (item === END) this.#lineage.release(this.origin);
    return item;
  }

  protected override take(item: unknown): unknown {
    // A stage that emits what it has kept has followed the path of that.
    if (this.path[ORIGIN_SLOT] === this.origin) this.#lineage.retain(this.origin);
    return item;
  }
}
