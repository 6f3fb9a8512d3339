import { followLog, type FollowLogOptions, type Totals } from "../../follow_log.ts";
import { openDatabase } from "@headrace/sqlite";
import type { Alert } from "../../pipeline.ts";
import { Inbox } from "./inbox.ts";
import type { LogFile } from "./log_file.ts";

/** A follower that runs, and what it has reported. */
export class Follower implements AsyncDisposable {
  readonly alerts: Inbox<Alert> = new Inbox();
  readonly badLines: Inbox<string> = new Inbox();
  readonly undelivered: Inbox<string> = new Inbox();
  readonly troubles: Inbox<string> = new Inbox();
  readonly #stopper = new AbortController();
  /** Resolves when it has ended. */
  readonly totals: Promise<Totals>;

  constructor({ path }: LogFile, options: Partial<FollowLogOptions> = {}) {
    this.totals = this.#follow(path, options);
  }

  async #follow(path: string, options: Partial<FollowLogOptions>): Promise<Totals> {
    using database = await openDatabase(":memory:");
    return await followLog({
      database,
      isRemembered: false,
      file: path,
      host: "here",
      size: 2,
      // No test waits for it.
      maxWaitMs: 2_147_483_647,
      pollMs: 1,
      stop: this.#stopper.signal,
      send: this.alerts.put,
      retry: { maxAttempts: 3, backoffMs: 1 },
      timeoutMs: 60_000,
      ...options,
    }, {
      badLine: (number, code) => this.badLines.put(`${number} ${code}`),
      trouble: this.troubles.put,
      undelivered: ({ errors }, code) => this.undelivered.put(`${errors.length} ${code}`),
    });
  }

  stop(): Promise<Totals> {
    this.#stopper.abort();
    return this.totals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** What the errors of an alert say. */
export function messagesOf({ errors }: Alert): readonly string[] {
  return errors.map(({ message }) => message);
}
