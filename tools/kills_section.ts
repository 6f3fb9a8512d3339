// The part of docs/reliability.md that `deno task kills` writes.

import type { Killed } from "../tests/kills/request.ts";
import { toTable, toText } from "./tables.ts";

const HEADING = "## Processes that are killed\n";
const BEFORE = "## Every time\n";

/** What the part is made of. */
export interface Kills {
  /** Of the run: year, month and day. */
  readonly date: string;
  readonly seed: number;
  readonly killed: readonly Killed[];
}

/** The text of the part, in Markdown. */
export function describeKills({ date, seed, killed }: Kills): string {
  return `${HEADING}
${
    toTable(
      ["store, mode", "killed", "orders", "missing", "twice", "wrong", "asked again"],
      killed.map((each) => [
        each.name.replace(" ", ", "),
        ...[each.kills, each.orders, each.missing, each.duplicates, each.wrong].map(toText),
        `${toText(each.askedAgain)} of ${toText(each.pages)}`,
      ]),
    )
  }

Run on ${date}, seed ${seed}. A worker copies the pages of an API into a table, as in
\`examples/survive_a_crash\`, and is killed with \`SIGKILL\` at a random moment: while it starts, reads,
works, writes or commits. The next one goes on. When so many were killed, one reaches the end, and the table is held against what the API lists; in the mode \`snapshots\`, each row has a balance as well,
which one order lost or counted twice would make wrong for all after it. With SQLite and PostgreSQL,
\`snapshots\` writes into a table without a key, in the transaction of the checkpoint; all others upsert.
The last column is of pages: how many were asked for again, of all.`;
}

/** Puts the part into the page, in the place of the last one. */
export function putKills(page: string, kills: Kills): string {
  const end = page.indexOf(BEFORE);
  if (end === -1) throw new Error(`The page has no part ${JSON.stringify(BEFORE.trim())}`);
  const start = page.indexOf(HEADING);
  return `${page.slice(0, start === -1 ? end : start)}${describeKills(kills)}\n\n${
    page.slice(end)
  }`;
}
