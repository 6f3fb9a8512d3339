/**
 * Laws on ends before the end: what is closed, and what is waited for.
 *
 * @module
 */

import { StreamingPipeline } from "../fluent/streaming_pipeline.ts";
import { type Check, close, isFlowing, type Items, REASON, type Trial } from "./_trial.ts";
import { plural, show } from "./_same.ts";
import type { SourceProbe } from "./source_probe.ts";
import { settle } from "./turns.ts";

/** A way to stop after the first item; resolves when the reader's statement has completed. */
interface Stop {
  readonly name: string;
  readonly run: (items: Items, controller: AbortController) => Promise<unknown>;
}

const STOPS: readonly Stop[] = [
  {
    name: "the reader breaks",
    async run(items) {
      for await (const _ of toIterable(items)) break;
    },
  },
  {
    name: "the reader throws",
    async run(items) {
      const read = async () => {
        for await (const _ of toIterable(items)) throw REASON;
      };
      await read().catch(() => {});
    },
  },
  {
    name: "the reader calls return()",
    async run(items) {
      await items.next();
      await items.return?.();
    },
  },
  {
    name: "a take after it is full",
    run: (items) => start().take("one", 1).executeToArray(toIterable(items)),
  },
  {
    name: "a later stage fails",
    run: (items) =>
      start().map("fails", () => Promise.reject(REASON)).executeToArray(toIterable(items))
        .catch(() => {}),
  },
  {
    name: "its signal is aborted",
    async run(items, controller) {
      await items.next();
      controller.abort(REASON);
      const error = await items.next().then(() => undefined, (error) => error);
      // Law L13 has what does not reject.
      if (error !== REASON) await items.return?.();
    },
  },
];

/** The laws L4 and L5. */
export const LAWS_OF_CLOSING: readonly Check[] = [
  ...STOPS.map((stop): Check => ({
    law: "L4",
    says: `closes its source when ${stop.name}`,
    isFor: isFlowing,
    async run(trial) {
      const controller = new AbortController();
      const probe = trial.probeSilent(undefined, "an async generator");
      const items = trial.open(probe.source, controller.signal);
      const isOut = () => probe.closed === 0;
      const what = `it never completed when ${stop.name}`;
      const stopped = stop.run(items, controller).then(() => probe.cleaned);
      const cleaned = await trial.wait(stopped, what, isOut);
      expectClosed(trial, probe, stop.name, cleaned);
    },
  })),
  {
    law: "L4",
    says: "closes its source when it is left while the source is silent",
    async run(trial) {
      const probe = trial.probeSilent(1, "an async generator");
      const items = trial.open(probe.source);
      await trial.pullUntilWaiting(items);
      // Law L5 has what does not complete.
      if (!await trial.completes(close(items))) return;
      expectClosed(trial, probe, "it was left while the source was silent");
    },
  },
  {
    law: "L4",
    says: "reads no more once it was left",
    async run(trial) {
      for (const count of new Set([0, Math.min(1, trial.candidate.flowing)])) {
        let late = 0;
        const probe = trial.probe({
          meet(point) {
            if (point === "next" && probe.closed > 0) late++;
            return undefined;
          },
        });
        const items = trial.open(probe.source);
        await trial.pull(items, count);
        await settle();
        const before = { opened: probe.opened, pulls: probe.pulls };
        // Law L5 has what does not complete.
        if (!await trial.completes(close(items))) return;
        const { opened } = probe;
        const isLeftOpen = opened > before.opened && probe.closed === 0;
        trial.expect(!isLeftOpen, "the source was opened by return(), and is left open");
        await trial.expectEnd(items, "return()");
        trial.expect(probe.opened === opened, "the source was opened after return()");
        trial.expect(late === 0, "the source was read when it had been closed");
        trial.expect(probe.pulls === before.pulls, "the source was read by return()");
      }
    },
  },
  {
    law: "L4",
    says: "can be left where its source cannot be closed",
    isFor: isFlowing,
    async run(trial) {
      const items = trial.open(withoutReturn(trial.probeSilent().source));
      await trial.pull(items, 1);
      const what = "over a source that has no return()";
      const closed = close(items).then(() => {}, (error) => {
        trial.fail(`return() has failed ${what}: ${show(error)}`, error);
      });
      await trial.wait(closed, `return() never completed ${what}`);
    },
  },
  {
    law: "L4",
    says: "does not close a source that has ended or failed",
    async run(trial) {
      const { length } = trial.candidate.options.items;
      for (const options of [{}, { failAfter: length, failure: REASON }]) {
        const probe = trial.probe(options);
        await trial.readAll(trial.open(probe.source));
        expectClosed(trial, probe, "the source was over");
      }
    },
  },
  {
    law: "L4",
    says: "closes its source when it fails itself",
    isFor: ({ options }) => options.badItem !== undefined,
    async run(trial) {
      const at = trial.candidate.options.items.length >> 1;
      const probe = trial.probeBad(at, "an async generator");
      await trial.readAll(trial.open(probe.source));
      expectClosed(trial, probe, "it had failed");
    },
  },
  {
    law: "L5",
    says: "can be left while its source is silent",
    async run(trial) {
      for (const silentAfter of [0, trial.candidate.options.items.length]) {
        const items = trial.open(trial.probeSilent(silentAfter).source);
        const waiting = await trial.pullUntilWaiting(items);
        if (waiting === undefined) continue;
        const isDone = await trial.completes(close(items));
        trial.expect(
          isDone,
          `return() waits for a source that is silent after ${plural(silentAfter)}`,
        );
        await settle();
        trial.expect(
          waiting.state !== "pending",
          "the pull that waited was not answered by return()",
        );
      }
    },
  },
];

/** What a source must have seen, whatever has stopped the run. */
function expectClosed(
  trial: Trial,
  probe: SourceProbe<unknown>,
  when: string,
  cleaned: number = probe.cleaned,
): void {
  const { closed, isOver, wasOverAtClose, owedAtClose, opened } = probe;
  trial.expect(closed < 2, `the source was closed ${closed} times when ${when}: once is right`);
  trial.expect(!wasOverAtClose, `the source was closed though it was over, when ${when}`);
  if (opened === 0 || isOver) return;
  trial.expect(closed === 1, `the source was left open when ${when}`);
  const isClean = owedAtClose || cleaned === 1;
  trial.expect(isClean, `the clean-up of the source was not waited for when ${when}`);
}

/** The source with iterators that have only `next`, as the protocol allows. */
function withoutReturn(source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]: () => {
      const items = source[Symbol.asyncIterator]();
      return { next: () => items.next() };
    },
  };
}

function toIterable(items: Items): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => items };
}

function start(): StreamingPipeline<unknown, unknown> {
  return StreamingPipeline.start<unknown>();
}
