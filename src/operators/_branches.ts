/**
 * Hands the items of a stream to several pipelines, and brings what they make together again.
 *
 * @module
 */

import type { StageHost } from "../core/operator.ts";
import type { CheckedBranch } from "./_branch_options.ts";
import { createInnerRunner } from "./_inner.ts";
import type { ItemFunction, StreamContext, StreamControl } from "../engine/stage.ts";
import { andThen } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { Branch, type BranchSettings, Parcel } from "./_branch.ts";
import type { Gathered } from "./_gather.ts";
import { Group, type GroupOwner } from "./_group.ts";
import type { GroupRunner } from "./_groups.ts";
import { NONE, TimedStream } from "./_timed_stream.ts";

/** What a stage with branches is made from. */
export interface BranchesSettings {
  readonly branches: readonly BranchSettings[];
  /** Names the branch of an item; absent where each item goes to all. */
  readonly choose: ItemFunction | undefined;
  /** Runs the pipeline of a branch, whose key is its name. */
  readonly run: GroupRunner;
}

/** The branches of one run. */
export class Branches extends TimedStream implements GroupOwner {
  readonly #settings: BranchesSettings;
  readonly #context: StreamContext;
  readonly #byName = new Map<unknown, Branch>();
  readonly #alive = new Set<Group>();
  readonly #made: Ring<Gathered> = new Ring();
  /** Those that have made something and were not asked for more. */
  #resting: Group[] = [];
  /** What sinks do at the moment. */
  readonly #sinking = new Set<Promise<unknown>>();
  #index = 0;
  #failure: { readonly error: unknown; readonly isOfItem: boolean } | undefined;
  #held = 0;
  #isOver = false;

  constructor(settings: BranchesSettings, context: StreamContext, control: StreamControl) {
    super({ input: context.input, control });
    this.#settings = settings;
    this.#context = context;
  }

  asked(group: Group): void {
    this.#byName.get(group.key)?.conclude();
    this.wake();
  }

  made(group: Group, item: unknown): void {
    const { to } = this.#byName.get(group.key)!.settings;
    if (to === undefined) {
      this.#made.push({ value: item, path: group.path });
      this.#resting.push(group);
      return this.wake();
    }
    this.#sink(group, to, item);
  }

  ended(group: Group, failure: { readonly error: unknown } | undefined): void {
    if (this.#isOver) return;
    const branch = this.#byName.get(group.key)!;
    if (failure !== undefined) this.#failure ??= { ...failure, isOfItem: branch.fail() };
    this.#alive.delete(group);
    // It asks for nothing any more, whether or not it has said so.
    group.isFull = true;
    branch.conclude();
    this.wake();
  }

  protected override nextAsked(): void {
    if (this.#byName.size > 0) return;
    for (const settings of this.#settings.branches) {
      const group = new Group(settings.name, this);
      this.#byName.set(settings.name, new Branch(settings, group));
      this.#alive.add(group);
      group.start(this.#settings.run(settings.name, group, this.#context));
    }
  }

  protected override held(): number {
    return this.#held;
  }

  protected override accept(item: unknown): void | PromiseLike<void> {
    const { choose } = this.#settings;
    if (choose === undefined) return this.#offer(item, [...this.#byName.values()]);
    const name = choose(item, this.#index++, this.#context);
    return andThen(name, (name) => this.#offer(item, [this.#find(name)]));
  }

  protected override take(): unknown {
    const made = this.#made.shift();
    if (made !== undefined) {
      this.control.follow(made.path);
      return made.value;
    }
    if (this.#failure !== undefined) this.#fail(this.#failure);
    const resting = this.#resting;
    this.#resting = [];
    for (const group of resting) group.pull();
    return NONE;
  }

  protected override looksAtClock(): boolean {
    return false;
  }

  protected override dueMs(): undefined {}

  protected override finish(): void {
    for (const branch of this.#byName.values()) branch.end();
  }

  protected override isDrained(): boolean {
    return this.#alive.size === 0 && this.#made.length === 0 && this.#failure === undefined;
  }

  protected override over(): Promise<unknown> | undefined {
    this.#isOver = true;
    for (const branch of this.#byName.values()) branch.release();
    const open = [...this.#alive].map((group) => group.close());
    this.#alive.clear();
    if (open.length > 0 || this.#sinking.size > 0) return Promise.all([...open, ...this.#sinking]);
  }

  #offer(item: unknown, branches: readonly Branch[]): void | Promise<void> {
    const arrival = { item, path: this.control.path() };
    const parcel = new Parcel(arrival, branches.length, this.#onGone);
    this.#held++;
    let waits: Promise<void>[];
    try {
      waits = branches.map((branch) => branch.offer(parcel)).filter((wait) => wait !== undefined);
    } catch (error) {
      // The branch that has no room for it does not let it go: it fails.
      this.#held--;
      throw error;
    }
    this.control.settle();
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  readonly #onGone = (isTaken: boolean): void => {
    this.#held--;
    if (!isTaken) this.control.drop();
  };

  #fail({ error, isOfItem }: { readonly error: unknown; readonly isOfItem: boolean }): never {
    if (isOfItem) {
      this.#failure = { error, isOfItem: false };
      this.#held--;
      this.control.fail();
    }
    throw error;
  }

  #find(name: unknown): Branch {
    const branch = this.#byName.get(name);
    if (branch !== undefined) return branch;
    const names = this.#settings.branches.map(({ name }) => `"${name}"`).join(", ");
    throw new TypeError(`There is no branch of the name that was chosen; there are ${names}`);
  }

  /** The pipeline of a branch with a sink goes on by itself, when the sink has taken the item. */
  #sink(group: Group, to: (item: unknown) => unknown, item: unknown): void {
    const sinking: Promise<void> = (async () => {
      await to(item);
    })().then(
      () => {
        this.#sinking.delete(sinking);
        if (this.#alive.has(group)) group.pull();
      },
      (error) => {
        this.#sinking.delete(sinking);
        this.#failure ??= { error, isOfItem: false };
        this.wake();
      },
    );
    this.#sinking.add(sinking);
  }
}

/** Runs the pipelines of the branches; `key` is that of their stage. */
export function createBranchRunner(
  key: string,
  host: StageHost,
  branches: readonly CheckedBranch[],
): GroupRunner {
  const byName = new Map(branches.map(({ name, build }) => [name as unknown, build]));
  const describe = (name: unknown) => `branch "${name}" of stage "${key}"`;
  return createInnerRunner(host, describe, (start, name) => byName.get(name)!(start));
}
