// One transaction at a time on each connection: a second one would be a part of the first.

import type { SqliteDatabase } from "./database.ts";

/** By connections that have a transaction: what lets each of those that wait begin. */
const queues = new WeakMap<SqliteDatabase, (() => void)[]>();

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
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(begin), 1);
        reject(new Error(describeWait(timeoutMs)));
      }, timeoutMs);
      waiting.push(begin);
    });
  }
  return () => {
    const begin = queues.get(database)?.shift();
    if (begin === undefined) queues.delete(database);
    else begin();
  };
}

function describeWait(timeoutMs: number): string {
  return `Cannot begin a transaction: another one of the same connection has not ended within ` +
    `${timeoutMs} ms; what its work calls must not begin one of its own`;
}
