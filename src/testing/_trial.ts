/**
 * One check of a law: what it opens, waits for, and says where the law is broken.
 *
 * @module
 */

import type { PipelineOf } from "../base/types.ts";
import { AnyOperator } from "../core/operator.ts";
import { StreamingPipeline } from "../fluent/streaming_pipeline.ts";
import { plural, show } from "./_same.ts";
import { waitFor } from "./_waiting.ts";
import { type Law, LawError, type LawOptions, type LawSubject } from "./law_options.ts";
import { type SourceKind, type SourceOptions, SourceProbe } from "./source_probe.ts";
import { TestClock } from "./test_clock.ts";
import { settle, watch, type Watched } from "./turns.ts";

/** The reason of every abort, and what readers and sources of a check throw. */
export const REASON: Error = new Error("the check has seen enough");

/** What a check reads: an iterator that can be closed. */
export type Items = AsyncIterator<unknown, unknown, undefined>;

/** A pipeline of any types. */
export type AnyPipeline = StreamingPipeline<unknown, unknown>;

/** The options of laws, without their types and with all defaults. */
export interface LawSettings extends LawOptions<unknown, unknown> {
  readonly ahead: number;
  readonly ordered: boolean;
  readonly isEqual: (found: unknown, expected: unknown) => boolean;
  readonly waitMs: number;
}

/** What the laws are run against, and what was said of it. */
export interface Candidate {
  /** Its name in titles. */
  readonly name: string;
  readonly createSubject: () => LawSubject<unknown, unknown>;
  readonly options: LawSettings;
  /** The items as they were when the laws were listed; `undefined` where they cannot be copied. */
  readonly copies: readonly unknown[] | undefined;
  /** Whether it is a function, and no part of a pipeline. */
  readonly isFunction: boolean;
  /** How many outputs there are before the end. */
  readonly flowing: number;
}

/** Whether outputs come before the end. */
export const isFlowing = ({ flowing }: Candidate): boolean => flowing > 0;

/** A check, before it has a candidate. */
export interface Check {
  readonly law: Law;
  /** What the candidate does, for the title. */
  readonly says: string;
  /** Whether it can be run; always by default. */
  readonly isFor?: (candidate: Candidate) => boolean;
  readonly run: (trial: Trial) => Promise<void>;
}

/** The pipeline of a candidate's operator or pipeline; absent for a function. */
export function toPipeline(subject: LawSubject<unknown, unknown>): AnyPipeline | undefined {
  if (typeof subject === "function") return undefined;
  const start = StreamingPipeline.start<unknown>();
  if (AnyOperator.is(subject)) return start.use("operator", subject as never);
  return start.compose(subject as PipelineOf<unknown, unknown, unknown, unknown>);
}

/** Closes an iterator that may not know how. */
export function close(items: Items): Promise<unknown> {
  return Promise.resolve(items.return?.());
}

/** One check while it runs. */
export class Trial {
  readonly candidate: Candidate;
  readonly clock: TestClock = new TestClock();
  readonly #law: Law;
  readonly #opened: Items[] = [];

  constructor(candidate: Candidate, law: Law) {
    this.candidate = candidate;
    this.#law = law;
  }

  /** Says that the law is broken. */
  fail(message: string, cause?: unknown): never {
    throw this.createError(message, cause);
  }

  /** Says that the law is broken, unless `condition` holds. */
  expect(condition: boolean, message: string): void {
    if (!condition) this.fail(message);
  }

  createError(message: string, cause?: unknown): LawError {
    return new LawError(this.#law, message, cause === undefined ? undefined : { cause });
  }

  /** A source of the candidate's items. */
  probe(
    options: SourceOptions<unknown> = {},
    kind: SourceKind = "an async iterable",
  ): SourceProbe<unknown> {
    return new SourceProbe<unknown>(kind, { items: this.candidate.options.items, ...options });
  }

  /** A source that gives the candidate's items and is silent then: it never ends. */
  probeSilent(
    silentAfter: number = this.candidate.options.items.length,
    kind?: SourceKind,
  ): SourceProbe<unknown> {
    return this.probe({ silentAfter }, kind);
  }

  /** A source of the candidate's items, with the bad one after `at` of them. */
  probeBad(at: number, kind?: SourceKind): SourceProbe<unknown> {
    const { items, badItem } = this.candidate.options;
    return this.probe({ items: [...items.slice(0, at), badItem!.item, ...items.slice(at)] }, kind);
  }

  /** Begins to read `source` through a new subject. */
  open(source: unknown, signal: AbortSignal = new AbortController().signal): Items {
    return this.openWith(this.candidate.createSubject(), source, signal);
  }

  /** Begins to read `source` through that subject. */
  openWith(
    subject: LawSubject<unknown, unknown>,
    source: unknown,
    signal: AbortSignal = new AbortController().signal,
  ): Items {
    const items = typeof subject === "function"
      ? subject(source as AsyncIterable<unknown>, { signal })[Symbol.asyncIterator]()
      : toPipeline(subject)!.execute(source as AsyncIterable<unknown>, { signal });
    this.#opened.push(items);
    return items;
  }

  /** Waits for what must happen; where it does not, the message names it by `what`. */
  wait<T>(work: PromiseLike<T>, what: string, mayFire?: () => boolean): Promise<T> {
    const { clock, candidate: { options: { waitMs } } } = this;
    return waitFor(work, { clock, waitMs, mayFire }, () => this.createError(what));
  }

  /**
   * Whether `work` is settled in time, also with a rejection: without a timer of the library, unless
   * `mayFire`, so that no deadline helps what is closed.
   */
  async completes(work: PromiseLike<unknown>, mayFire: boolean = false): Promise<boolean> {
    const settled = Promise.resolve(work).then(() => {}, () => {});
    return await this.wait(settled, "", () => mayFire).then(() => true, () => false);
  }

  /** The next `count` items, or fewer where it ends. */
  async pull(items: Items, count: number): Promise<unknown[]> {
    const pulled: unknown[] = [];
    while (pulled.length < count) {
      const what = `item ${pulled.length} did not come out, though ${count} must`;
      const result = await this.wait(items.next(), what);
      if (result.done) break;
      pulled.push(result.value);
    }
    return pulled;
  }

  /** All items, and the failure where there is one. */
  async readAll(items: Items): Promise<{ readonly all: unknown[]; readonly failure?: unknown }> {
    const all: unknown[] = [];
    for (;;) {
      const next = items.next();
      const made = plural(all.length);
      const outcome = await this.wait(
        next.then((result) => ({ result }), (failure: unknown) => ({ failure })),
        `the source is not silent, and neither an item nor the end came after ${made}`,
      );
      if ("failure" in outcome) return { all, failure: outcome.failure };
      if (outcome.result.done) return { all };
      all.push(outcome.result.value);
    }
  }

  /** Pulls until a pull waits, and gives that one; `undefined` where the run has ended by itself. */
  async pullUntilWaiting(
    items: Items,
  ): Promise<Watched<IteratorResult<unknown, unknown>> | undefined> {
    for (;;) {
      const pull = watch(items.next());
      for (let turns = 0; turns < 3; turns++) await settle();
      if (pull.state === "pending") return pull;
      if (pull.state === "rejected") throw pull.error;
      if (pull.value?.done) return undefined;
    }
  }

  /** Fails unless a further pull answers with the end; `after` is what has ended the run. */
  async expectEnd(items: Items, after: string): Promise<void> {
    const next = watch(items.next());
    await settle();
    const isEnd = next.value?.done === true;
    this.expect(isEnd, `after ${after}, a pull does not answer with the end`);
  }

  /** How many items must be read before `count` outputs can come. */
  neededFor(count: number): number {
    const { items, model } = this.candidate.options;
    let needed = 0;
    while (needed < items.length && model(items.slice(0, needed), false).length < count) needed++;
    return needed;
  }

  /** Runs the check with the library on its clock, then closes what the check has opened. */
  async run(check: Check): Promise<void> {
    await this.clock.use(async () => {
      try {
        await check.run(this);
      } catch (error) {
        if (error instanceof LawError) throw error;
        this.fail(`it has failed with ${show(error)}`, error);
      } finally {
        for (const items of this.#opened) watch(close(items));
        await settle();
      }
    });
  }
}
