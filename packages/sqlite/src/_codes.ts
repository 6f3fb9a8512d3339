// What went wrong in SQLite, whichever module says it: `node:sqlite` has numbers in `errcode`, and
// `bun:sqlite` in `errno`. Deno 2.9 leaves them out where `exec` fails, so statements that may fail
// in a way that matters are prepared.

/** Names of the codes that say something of a single row. */
const NAMES: Readonly<Record<number, string>> = {
  18: "SQLITE_TOOBIG",
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  275: "SQLITE_CONSTRAINT_CHECK",
  787: "SQLITE_CONSTRAINT_FOREIGNKEY",
  1299: "SQLITE_CONSTRAINT_NOTNULL",
  1555: "SQLITE_CONSTRAINT_PRIMARYKEY",
  1811: "SQLITE_CONSTRAINT_TRIGGER",
  2067: "SQLITE_CONSTRAINT_UNIQUE",
  2579: "SQLITE_CONSTRAINT_ROWID",
  3091: "SQLITE_CONSTRAINT_DATATYPE",
};

/** Of the primary codes, those that are the fault of a row. */
const OF_A_ROW = [18, 19, 20];

const BUSY = 5;
const CORRUPT = 11;
const NOT_A_DATABASE = 26;

/** The extended code of an error, or `undefined` where it has none. */
function readNumber(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { errcode, errno } = error as { readonly errcode?: unknown; readonly errno?: unknown };
  const code = errcode ?? errno;
  return typeof code === "number" ? code : undefined;
}

function readPrimary(error: unknown): number | undefined {
  const code = readNumber(error);
  return code === undefined ? undefined : code & 0xff;
}

/** The name of the code where an error is the fault of a row; `undefined` where it is not. */
export function nameRowFault(error: unknown): string | undefined {
  const code = readNumber(error);
  if (code === undefined || !OF_A_ROW.includes(code & 0xff)) return undefined;
  return NAMES[code] ?? NAMES[code & 0xff];
}

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return readPrimary(error) === BUSY;
}

/** Whether the file of the database is damaged, or is none. */
export function isDamaged(error: unknown): boolean {
  const code = readPrimary(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
}
