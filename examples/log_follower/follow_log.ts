import { type FailedItem, StreamingError } from "@headrace/pipeline";
import { durable, type PositionedSource, transactional } from "@headrace/pipeline/durable";
import { type SqliteDatabase, sqliteStore } from "@headrace/sqlite";
import { deliver, type DeliverOptions } from "./deliver.ts";
import type { LogPosition } from "./file_mark.ts";
import { type Chunk, followFile, type FollowOptions } from "./follow_file.ts";
import type { LogRecord } from "./join_traces.ts";
import { Outbox } from "./outbox.ts";
import { type Alert, type AlertOptions, createAlerts, type LineCounts } from "./pipeline.ts";
import { type Line, numberOf } from "./split_lines.ts";

/** Options of {@linkcode followLog}. */
export interface FollowLogOptions
  extends
    Omit<FollowOptions, "trouble">,
    Omit<AlertOptions, "counts" | "leavesRest" | "onAlert">,
    DeliverOptions {
  /** Has the position of the log, what its stages keep, and the alerts that are not sent yet. */
  readonly database: SqliteDatabase;
  /** Whether the database outlives the run. */
  readonly isRemembered: boolean;
  /** Leaves the log as it is when it is aborted, and sends what has been read by then. */
  readonly leave?: AbortSignal;
  /** How long that may take until requests are aborted, in milliseconds. */
  readonly leaveMs?: number;
  /** Ends everything at once: the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

const LEAVE_MS = 8_000;
/** An alert is sent when it is committed, so that is done soon. */
const COMMIT = { items: 100, ms: 20 };

/** What a run reports while it goes on. Codes and numbers only: logs hold what logs should not. */
export interface Report {
  /** A line is not an entry of a log. */
  badLine(number: number, code: string): void;
  /** The log cannot be read for now, or a part of it may have been lost. */
  trouble(message: string): void;
  /** An alert was not taken in any attempt, and is sent no more. */
  undelivered(alert: Alert, code: string): void;
}

/** What a run has done. */
export interface Totals {
  readonly lines: number;
  readonly badLines: number;
  readonly errors: number;
  readonly alerts: number;
  readonly undelivered: number;
  /** Alerts that were not sent in time when the log was left. */
  readonly unsent: number;
}

/**
 * Follows a log until `stop` or `leave` is aborted, from where the last run was if its database is
 * still there. What has been read by then is sent before.
 */
export async function followLog(options: FollowLogOptions, report: Report): Promise<Totals> {
  const { file, host, size, maxWaitMs, database, isRemembered, leaveMs = LEAVE_MS } = options;
  const failing = new AbortController();
  const leave = options.leave ?? failing.signal;
  const signal = AbortSignal.any([failing.signal, ...options.signal ? [options.signal] : []]);
  const counts: LineCounts = { lines: 0, errors: 0 };
  let badLines = 0;
  const outbox = new Outbox(database, file);
  const alerts = createAlerts({
    ...{ file, host, size, maxWaitMs, counts, leavesRest: isRemembered },
    onAlert: () => outbox.announce(),
  });
  const store = sqliteStore(database);
  const job = durable(alerts, { id: `follow ${file}`, mode: "snapshots", store, commit: COMMIT });

  const { source, closed } = gate(options, report, outbox, AbortSignal.any([leave, signal]));
  const write = (alerts: readonly Alert[], tx: SqliteDatabase) => outbox.write(alerts, tx);
  const errorsTo = ({ item, error }: FailedItem) => {
    badLines++;
    // The cast: nothing else fails than the reading of a line.
    report.badLine(numberOf(item as Line | LogRecord), error.code);
  };
  const following = job.run(source, transactional(store, write), { signal, errorsTo })
    .catch(throwCause)
    .finally(() => outbox.complete());

  const giveUp = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onLeave = () => timer = setTimeout(() => giveUp.abort(), leaveMs);
  if (leave.aborted) onLeave();
  leave.addEventListener("abort", onLeave);
  const delivering = deliver(
    outbox,
    options,
    { giveUp: giveUp.signal, signal },
    report.undelivered,
  ).catch(throwCause);

  const fail = (error: unknown) => failing.abort(error);
  following.catch(fail);
  delivering.catch(fail);
  const [followed, delivered] = await Promise.allSettled([following, delivering]);
  // An abort does not wait for a source, and this one has files open.
  await closed();
  clearTimeout(timer);
  leave.removeEventListener("abort", onLeave);
  // The first failure is the reason of the other one.
  if (signal.aborted) throw signal.reason;
  if (followed.status === "rejected") throw followed.reason;
  if (delivered.status === "rejected") throw delivered.reason;
  return { ...counts, badLines, ...delivered.value, unsent: outbox.waitingCount };
}

/** Why the log cannot be read, or an alert not be printed, says more than which stage has failed. */
function throwCause(error: unknown): never {
  throw error instanceof StreamingError && error.cause instanceof Error ? error.cause : error;
}

interface Gate {
  readonly source: PositionedSource<Chunk, LogPosition>;
  /** Resolves when nothing of the log is open any more. */
  closed(): Promise<void>;
}

/** The log, which is read on when few alerts wait, and not at all when it is left. */
function gate(
  { file, pollMs, stop }: FollowLogOptions,
  { trouble }: Report,
  outbox: Outbox,
  leave: AbortSignal,
): Gate {
  // What is not read any more is not looked at any more either.
  const log = followFile(file, { pollMs, stop: AbortSignal.any([stop, leave]), trouble });
  let closed = Promise.resolve();
  const source: Gate["source"] = {
    async *open(from, signal) {
      const closing = Promise.withResolvers<void>();
      closed = closing.promise;
      try {
        // It waits for nothing any more when it is left.
        const left = signal === undefined ? leave : AbortSignal.any([signal, leave]);
        for await (const chunk of log.open(from, left)) {
          await outbox.room(leave);
          if (leave.aborted) return;
          yield chunk;
        }
      } finally {
        closing.resolve();
      }
    },
  };
  return { source, closed: () => closed };
}
