import { type RetryOptions, StreamingErrorStrategy, StreamingPipeline } from "@headrace/pipeline";
import type { Outbox, StoredAlert } from "./outbox.ts";
import type { Alert } from "./pipeline.ts";

/** Takes an alert; what it throws is tried again where that can help. */
export type SendAlert = (alert: Alert, signal: AbortSignal) => unknown;

/** How alerts are sent. */
export interface DeliverOptions {
  readonly send: SendAlert;
  /** How an alert that was not taken is tried again. */
  readonly retry: RetryOptions;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}

/** When the delivery ends before all is sent. */
export interface DeliverSignals {
  /** Aborts what is being sent; it waits for the next start. */
  readonly giveUp: AbortSignal;
  /** The promise rejects with its reason. */
  readonly signal: AbortSignal;
}

/** How many alerts were taken, and how many were not. */
export interface Delivered {
  readonly alerts: number;
  readonly undelivered: number;
}

/** Sends the alerts of an outbox in order, one at a time, until it is complete. */
export async function deliver(
  outbox: Outbox,
  { send, retry, timeoutMs }: DeliverOptions,
  { giveUp, signal }: DeliverSignals,
  onUndelivered: (alert: Alert, code: string) => void,
): Promise<Delivered> {
  let [alerts, undelivered] = [0, 0];
  const pipeline = StreamingPipeline.start<StoredAlert>()
    .map("sent", async (stored, _index, { signal }) => {
      await send(stored.alert, signal);
      return stored;
    }, { retry, timeoutMs, errorStrategy: StreamingErrorStrategy.SPLIT_ERRORS });
  await using run = pipeline.run(outbox.read(), {
    signal,
    errorsTo: async ({ item, error }) => {
      // The cast: the stage has no other items.
      const { number, alert } = item as StoredAlert;
      onUndelivered(alert, error.code);
      undelivered++;
      await outbox.remove(number);
    },
  });
  const onGiveUp = () => void run.stop({ deadlineMs: 0 });
  giveUp.addEventListener("abort", onGiveUp);
  try {
    for await (const { number } of run) {
      alerts++;
      await outbox.remove(number);
    }
  } finally {
    giveUp.removeEventListener("abort", onGiveUp);
  }
  return { alerts, undelivered };
}
