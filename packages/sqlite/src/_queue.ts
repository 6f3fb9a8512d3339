// One transaction at a time on each connection: a second one would be a part of the first.

import type { SqliteDatabase } from "./database.ts";

interface Waiting {
  readonly begin: () => void;
}

const queues = new WeakMap<SqliteDatabase, Waiting[]>();

/**
 * Waits until no other transaction is open on the connection; rejects after `timeoutMs`. Returns what
 * lets the next one begin.
 */
export async function takeTurn(database: SqliteDatabase, timeoutMs: number): Promise<() => void> {
  const waiting = queues.get(database);
  if (waiting === undefined) {
    queues.set(database, []);
  } else {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(new Error(describeWait(timeoutMs)));
      }, timeoutMs);
      const entry: Waiting = {
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      waiting.push(entry);
    });
  }
  return () => {
    const next = queues.get(database)?.shift();
    if (next === undefined) queues.delete(database);
    else next.begin();
  };
}

function describeWait(timeoutMs: number): string {
  return `Cannot begin a transaction: another one of the same connection has not ended within ` +
    `${timeoutMs} ms; what its work calls must not begin one of its own`;
}
