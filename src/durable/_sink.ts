/**
 * What takes the items that come out of a job.
 *
 * @module
 */

import { callSink, isWritable, SharedStream } from "../internal/sinks.ts";
import { hasProperty } from "../internal/thrown.ts";
import { refuse, refuseValue } from "../internal/validation.ts";
import type { CheckpointStore, TransactionalStore } from "./checkpoint_store.ts";
import { CONSUME, RUN_JOB } from "./_errors.ts";
import type { JobSink, TransactionalSink } from "./job.ts";
import type { Session } from "./_session.ts";

/** A sink in one run. */
export interface OpenSink {
  /** Whether what it takes is committed together with what is saved. */
  readonly isTransactional: boolean;
  /** Whether it takes nothing ever again: it has failed for good, whatever the item was. */
  isBroken?: boolean;
  /** Takes an item; a promise is waited for before the next one. */
  take(item: unknown): unknown;
  /** Saves, together with what it has taken where it can do that. */
  save(session: Session, text: string): Promise<void>;
  /** Nothing more is taken. */
  close(): void;
}

/** Opens the sink of a queue, which commits nothing itself. */
export function openPlainSink(sink: JobSink<never>): OpenSink {
  return findPlainSink(sink) ??
    refuseValue(CONSUME, "its sink", "a function or a WritableStream", sink);
}

function findPlainSink(sink: JobSink<never>): OpenSink | undefined {
  if (typeof sink === "function") return createPlainSink(callSink(sink));
  if (!isWritable(sink)) return undefined;
  const stream = new SharedStream(sink);
  const take = (item: unknown) =>
    stream.write(item).catch((error) => {
      // A stream whose sink has thrown fails each write from then on, and so does a locked one.
      opened.isBroken = true;
      throw error;
    });
  const opened = createPlainSink(take, () => stream.release());
  return opened;
}

/** Opens the sink of a run of a job with that store. */
export function openSink(sink: JobSink<never>, store: CheckpointStore): OpenSink {
  const plain = findPlainSink(sink);
  if (plain !== undefined) return plain;
  if (!hasProperty(sink, "write") || !hasProperty(sink, "store")) {
    const rule = "a function, a WritableStream or what transactional() makes";
    refuseValue(RUN_JOB, "its sink", rule, sink);
  }
  const given = sink as TransactionalSink<unknown>;
  if (given.store === store) return createCommittedSink(given);
  refuse(RUN_JOB, "the store of its sink must be that of the job, or they commit apart");
}

function createPlainSink(take: OpenSink["take"], close = () => {}): OpenSink {
  return { isTransactional: false, take, save: (session, text) => session.save(text), close };
}

function createCommittedSink({ store, write }: TransactionalSink<unknown>): OpenSink {
  let taken: unknown[] = [];
  return {
    isTransactional: true,
    take: (item) => void taken.push(item),
    async save(session, text) {
      const items = taken;
      taken = [];
      await session.commit(store as TransactionalStore<unknown>, text, (transaction) =>
        // The cast: it is that of the sink's own store.
        write(items, transaction as never));
    },
    close() {
      taken = [];
    },
  };
}
