import { makeOrder } from "./orders_api.ts";

/** A row of either table. */
export interface CountedRow {
  readonly id: number;
  readonly cents: number;
  /** The sum of all up to it, where that is kept. */
  readonly balance?: number;
}

/** What is in a table, held against what the API lists. */
export interface Counts {
  readonly rows: number;
  /** Orders without a row. */
  readonly missing: number;
  /** Rows of orders that have one already. */
  readonly duplicates: number;
  /** Rows that say something else than the order, or another balance than the sum up to it. */
  readonly wrong: number;
}

/** Compares rows with the orders from 1 to `count`. */
export function countRows(rows: readonly CountedRow[], count: number): Counts {
  const balances = [0];
  for (let id = 1; id <= count; id++) balances.push(balances[id - 1]! + makeOrder(id).cents);
  const ids = new Set(rows.map(({ id }) => id));
  const isWrong = ({ id, cents, balance }: CountedRow) =>
    balances[id] === undefined || cents !== makeOrder(id).cents ||
    (balance !== undefined && balance !== balances[id]);
  return {
    rows: rows.length,
    missing: count - [...ids].filter((id) => id >= 1 && id <= count).length,
    duplicates: rows.length - ids.size,
    wrong: rows.filter(isWrong).length,
  };
}
