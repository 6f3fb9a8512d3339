// Which keys are the same to the database, though their texts differ: 1 and 1.0, or a UUID in capitals.

import type { PostgresTransaction } from "./client.ts";
import { run } from "./_run.ts";
import { type Column, quoteElement } from "./_to_text.ts";

/** A row as it is sent. */
export interface GoodRow {
  /** Its place among those that were given. */
  readonly index: number;
  readonly columns: readonly Column[];
  /** Of its columns, in order. */
  readonly texts: readonly (string | null)[];
  /** The same for the same key; empty where there is none. */
  key: string;
}

const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** By type, the texts of which no two are the same value. Other types, such as citext, have none. */
const DISTINCT_TEXTS: ReadonlyMap<string, RegExp> = new Map([
  ["smallint", INTEGER],
  ["integer", INTEGER],
  ["bigint", INTEGER],
  ["numeric", INTEGER],
  ["text", /^/],
  ["character varying", /^/],
  ["boolean", /^(?:true|false)$/],
  ["uuid", /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/],
  ["bytea", /^\\x[\da-f]*$/],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["timestamp with time zone", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
]);

/** Gives rows whose keys are the same to the database the same key; asks it where texts do not say so. */
export async function nameSameKeys(
  sql: PostgresTransaction,
  rows: readonly GoodRow[],
  names: readonly string[],
): Promise<void> {
  if (rows.length < 2 || names.length === 0) return;
  const parts = names.map((name) =>
    rows.map(({ columns, texts }) => {
      const at = columns.findIndex((column) => column.name === name);
      return { ...columns[at]!, text: texts[at]! };
    })
  );
  const areDistinct = parts.every((part) =>
    part.every(({ type, stored, text }) => {
      // Times may be rounded; texts are not cut, but refused.
      const isRounded = stored !== type && type !== "character varying";
      return text === null || !isRounded && DISTINCT_TEXTS.get(type)?.test(text);
    })
  );
  if (areDistinct) return;
  const aliases = parts.map((_, index) => `c${index}`).join(", ");
  const values = parts.map((part, index) => `c${index}::${part[0]!.stored}`).join(", ");
  const lists = parts.map((_, index) => `$${index + 1}::text[]`).join(", ");
  const ranks = await run<{ readonly rank: string }>(
    sql,
    `SELECT dense_rank() OVER (ORDER BY ${values})::text AS rank ` +
      `FROM unnest(${lists}) WITH ORDINALITY AS source(${aliases}, at) ORDER BY at`,
    parts.map((part) => toList(part.map(({ text }) => text))),
  );
  const keys = new Map<string, string>();
  for (const [index, { rank }] of ranks.entries()) {
    const { key } = rows[index]!;
    const known = keys.get(rank);
    // The least of the texts, so that the order is that of other writers.
    if (known === undefined || key < known) keys.set(rank, key);
  }
  for (const [index, { rank }] of ranks.entries()) rows[index]!.key = keys.get(rank)!;
}

/** The text of an array of texts. */
export function toList(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => text === null ? "NULL" : quoteElement(text)).join(",")}}`;
}
