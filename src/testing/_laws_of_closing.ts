/**
 * Laws on ends before the end: who is closed, what is waited for, what is left.
 *
 * @module
 */

import { StreamingPipeline } from "../fluent/streaming_pipeline.ts";
import { collectUnhandled, countTimers } from "./_leftovers.ts";
import { show } from "./_same.ts";
import { type Candidate, type Check, type Items, REASON, type Trial } from "./_trial.ts";
import { createCountedController } from "./counted_signal.ts";
import type { SourceProbe } from "./source_probe.ts";
import { settle, turn, watch } from "./turns.ts";

/** A way to stop behind the first item; resolves when the reader's statement has completed. */
interface Stop {
  readonly name: string;
  readonly run: (items: Items, controller: AbortController) => Promise<unknown>;
}

const isFlowing = ({ flowing }: Candidate): boolean => flowing > 0;

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
    name: "a take behind it is full",
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

/** The laws L4, L5, L6, L12 and L13. */
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
      const probe = trial.probe(withBadItem(trial), "an async generator");
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
          `return() waits for a source that is silent behind ${silentAfter} items`,
        );
        await settle();
        trial.expect(
          waiting.state !== "pending",
          "the pull that waited was not answered by return()",
        );
      }
    },
  },
  {
    law: "L6",
    says: "gives what came before a failure of its source, then the failure, once",
    run: (trial) =>
      expectFailure(trial, { failAfter: trial.candidate.options.items.length, failure: REASON }),
  },
  {
    law: "L6",
    says: "gives what came before its own failure, then the failure, once",
    isFor: ({ options }) => options.badItem !== undefined,
    run: (trial) => expectFailure(trial, withBadItem(trial)),
  },
  {
    law: "L6",
    says: "leaves no rejection unhandled",
    async run(trial) {
      const unhandled = collectUnhandled();
      try {
        const { length } = trial.candidate.options.items;
        for (const failAfter of [0, 1, length]) {
          const failing = { failAfter, failure: REASON };
          await trial.readAll(trial.open(trial.probe(failing).source));
          const left = trial.open(trial.probe(failing).source);
          await trial.completes(left.next());
          await trial.completes(close(left));
        }
        for (let turns = 0; turns < 3; turns++) await turn();
      } finally {
        unhandled.restore();
      }
      const [first] = unhandled.reasons;
      trial.expect(unhandled.reasons.length === 0, `a rejection is not handled: ${show(first)}`);
    },
  },
  {
    law: "L12",
    says: "leaves no timer and no listener behind",
    async run(trial) {
      const { length } = trial.candidate.options.items;
      await expectNothingLeft(trial, "its end", async (signal) => {
        await trial.readAll(trial.open(trial.probe().source, signal));
      });
      await expectNothingLeft(trial, "a failure", async (signal) => {
        const probe = trial.probe({ failAfter: length, failure: REASON });
        await trial.readAll(trial.open(probe.source, signal));
      });
      await expectNothingLeft(trial, "a return()", async (signal) => {
        const items = trial.open(trial.probeSilent().source, signal);
        await trial.pull(items, Math.min(1, trial.candidate.flowing));
        await trial.completes(close(items));
      });
    },
  },
  {
    law: "L12",
    says: "leaves no lock behind",
    isFor: ({ isFunction }) => !isFunction,
    async run(trial) {
      const ended = trial.probe({}, "a ReadableStream").createStream();
      await trial.readAll(trial.open(ended));
      trial.expect(!ended.locked, "a web stream is locked behind its end");
      const left = trial.probeSilent(undefined, "a ReadableStream").createStream();
      const items = trial.open(left);
      await trial.pull(items, Math.min(1, trial.candidate.flowing));
      await trial.completes(close(items));
      trial.expect(!left.locked, "a web stream is locked behind a return()");
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when it is aborted before the first pull",
    async run(trial) {
      const controller = new AbortController();
      const probe = trial.probe();
      const items = trial.open(probe.source, controller.signal);
      controller.abort(REASON);
      await expectAborted(trial, items.next(), items);
      trial.expect(probe.pulls === 0, "the source was read after the abort");
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when it is aborted while a pull waits",
    async run(trial) {
      for (const silentAfter of [0, trial.candidate.options.items.length]) {
        const controller = new AbortController();
        const items = trial.open(trial.probeSilent(silentAfter).source, controller.signal);
        let pull: Promise<unknown> = items.next();
        for (let index = 0; index < trial.candidate.flowing && silentAfter > 0; index++) {
          const isOut = await trial.completes(pull);
          if (!isOut) break;
          pull = items.next();
        }
        await settle();
        controller.abort(REASON);
        await expectAborted(trial, pull, items, silentAfter > 0);
      }
    },
  },
];

/** Waits for the abort to reject `pull`. One that has ended by itself before has nothing to abort. */
async function expectAborted(
  trial: Trial,
  pull: Promise<unknown>,
  items: Items,
  mayHaveEnded = false,
): Promise<void> {
  const outcome = watch(pull);
  await trial.completes(pull);
  const { state, error, value } = outcome;
  const hasEnded = (value as IteratorResult<unknown> | undefined)?.done === true;
  if (state === "resolved" && mayHaveEnded && hasEnded) return;
  trial.expect(state !== "pending", "the pull that waited was not answered by the abort");
  trial.expect(state === "rejected", "the pull was not rejected, though the signal was aborted");
  if (error !== REASON) {
    trial.fail(`it was rejected with ${show(error)}, and not with the reason of the signal`, error);
  }
  const next = watch(items.next());
  await settle();
  trial.expect(
    next.value?.done === true,
    "behind the rejection, a pull does not answer with the end",
  );
}

/** What a source must have seen, whoever has stopped. */
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

/** The candidate's items, the bad one in the middle. */
function withBadItem(trial: Trial): { readonly items: readonly unknown[] } {
  const { items, badItem } = trial.candidate.options;
  const at = items.length >> 1;
  return { items: [...items.slice(0, at), badItem!.item, ...items.slice(at)] };
}

async function expectFailure(
  trial: Trial,
  source: {
    readonly items?: readonly unknown[];
    readonly failAfter?: number;
    readonly failure?: unknown;
  },
): Promise<void> {
  const { items, model } = trial.candidate.options;
  const before = items.slice(0, source.failAfter ?? items.length >> 1);
  const probe = trial.probe(source);
  const run = trial.open(probe.source);
  const outcome = await trial.readAll(run);
  // One that wants no more than a few items has ended before.
  if (probe.pulls <= before.length) return;
  if (!("failure" in outcome)) return trial.fail("it has ended, and the failure did not come out");
  if (source.failure !== undefined && !isBecauseOf(outcome.failure, source.failure)) {
    const { failure } = outcome;
    trial.fail(
      `${show(failure)} came out, and has no ${show(source.failure)} for a cause`,
      failure,
    );
  }
  // What is kept back may come out before a failure, or be dropped with it.
  const counts = [false, true].map((ended) => model(before, ended).length);
  if (!counts.includes(outcome.all.length)) {
    trial.fail(
      `${outcome.all.length} items came out before the failure: ` +
        `${[...new Set(counts)].join(" or ")} must`,
    );
  }
  const next = watch(run.next());
  await trial.completes(settle());
  trial.expect(next.state !== "rejected", "the failure came out twice");
  trial.expect(
    next.value?.done === true,
    "behind the failure, a pull does not answer with the end",
  );
}

function isBecauseOf(error: unknown, cause: unknown): boolean {
  if (error === cause) return true;
  return error instanceof Error && error.cause !== undefined && isBecauseOf(error.cause, cause);
}

async function expectNothingLeft(
  trial: Trial,
  when: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, count } = createCountedController();
  const timers = countTimers();
  try {
    await run(signal);
    await settle();
  } finally {
    timers.restore();
  }
  const ours = trial.clock.timerCount + timers.count();
  trial.expect(ours === 0, `${ours} timers are set behind ${when}`);
  trial.expect(count() === 0, `${count()} listeners are on the signal behind ${when}`);
}

function close(items: Items): Promise<unknown> {
  return Promise.resolve(items.return?.());
}

function toIterable(items: Items): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => items };
}

function start(): StreamingPipeline<unknown, unknown> {
  return StreamingPipeline.start<unknown>();
}
