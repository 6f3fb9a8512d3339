import { type SqliteDatabase, transaction } from "@headrace/sqlite";
import type { Alert } from "./pipeline.ts";
import { parseExactly } from "./read_json.ts";

/** While more alerts than this wait, no more of the log is read. */
const MAX_WAITING = 1;

/** An alert that waits. */
export interface StoredAlert {
  readonly number: number;
  readonly alert: Alert;
}

/**
 * Alerts to send, in the database that has the position of the log. They are written in one
 * transaction with it, so that a crash neither loses an alert nor makes another of its errors.
 */
export class Outbox {
  readonly #database: SqliteDatabase;
  readonly #file: string;
  #waitingCount: number;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #isComplete = false;

  /** Those of one log. */
  constructor(database: SqliteDatabase, file: string) {
    this.#database = database;
    this.#file = file;
    database.exec(
      "CREATE TABLE IF NOT EXISTS alerts " +
        "(number INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, alert TEXT NOT NULL);" +
        "CREATE INDEX IF NOT EXISTS alerts_by_file ON alerts (file, number)",
    );
    const count = database.prepare("SELECT COUNT(*) AS count FROM alerts WHERE file = ?");
    // The cast: a count is a number.
    this.#waitingCount = (count.get(file) as { readonly count: number }).count;
  }

  /** How many wait, with those that are announced. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Writes alerts, inside a transaction. */
  write(alerts: readonly Alert[], database: SqliteDatabase): void {
    if (alerts.length === 0) return;
    const insert = database.prepare("INSERT INTO alerts (file, alert) VALUES (?, ?)");
    for (const alert of alerts) insert.run(this.#file, JSON.stringify(alert));
    this.#change();
  }

  /** An alert was made, and is written soon. */
  announce(): void {
    this.#waitingCount++;
  }

  /** Those that wait, in order, as they come; until `complete`. */
  async *read(): AsyncGenerator<StoredAlert, void, undefined> {
    const query = "SELECT number, alert FROM alerts WHERE file = ? AND number > ? " +
      "ORDER BY number LIMIT 1";
    let last = 0;
    while (true) {
      const changed = this.#changed.promise;
      const isComplete = this.#isComplete;
      // In a transaction of its own: what another has written is not read before it is committed.
      const row = await transaction(
        this.#database,
        (database) => database.prepare(query).get(this.#file, last),
      ) as { readonly number: number; readonly alert: string } | undefined;
      if (row !== undefined) {
        last = row.number;
        // The cast: it is what `write` has written.
        yield { number: last, alert: parseExactly(row.alert) as unknown as Alert };
      } else if (isComplete) return;
      else await changed;
    }
  }

  /** Forgets one that was sent. */
  async remove(number: number): Promise<void> {
    await transaction(this.#database, (database) => {
      database.prepare("DELETE FROM alerts WHERE number = ?").run(number);
    });
    this.#waitingCount--;
    this.#change();
  }

  /** Waits until few enough wait; or until `leave`. */
  async room(leave: AbortSignal): Promise<void> {
    const left = Promise.withResolvers<void>();
    const onLeave = () => left.resolve();
    leave.addEventListener("abort", onLeave);
    try {
      while (this.#waitingCount > MAX_WAITING && !leave.aborted) {
        await Promise.race([this.#changed.promise, left.promise]);
      }
    } finally {
      leave.removeEventListener("abort", onLeave);
    }
  }

  /** Nothing more is written: the reader ends when it has read all. */
  complete(): void {
    this.#isComplete = true;
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
