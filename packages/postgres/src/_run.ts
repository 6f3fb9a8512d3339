// Queries and their results.

import type { PostgresTransaction } from "./client.ts";

/** The rows of a result, and how many it has changed. */
export type Result<TRow> = readonly TRow[] & { readonly count: number };

/** Runs a query to its end. The type of its rows is what the query says. */
export async function run<TRow = Record<string, unknown>>(
  sql: PostgresTransaction,
  query: string,
  parameters: readonly (string | number | null)[] = [],
): Promise<Result<TRow>> {
  return await sql.unsafe(query, [...parameters]) as Result<TRow>;
}

/** The SQLSTATE of an error of the server, such as `23505`; `undefined` where it is another. */
export function readState(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
