import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import {
  openDatabase,
  RowError,
  type SqliteDatabase,
  transaction,
  upsertMany,
  upsertRows,
  type UpsertRowsOptions,
} from "@headrace/sqlite";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

const MILLS = "CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT NOT NULL, wheels INTEGER)";

const readAll = (database: SqliteDatabase): unknown[] =>
  database.prepare("SELECT * FROM mills ORDER BY id").all().map((row) => ({ ...row as object }));

const save = (database: SqliteDatabase, options: Partial<UpsertRowsOptions> = {}) =>
  StreamingPipeline.start<object>()
    .use("saved", upsertRows(database, { table: "mills", key: "id", ...options }));

test("upsertRows() inserts, updates, and emits the rows in order", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  database.exec("INSERT INTO mills VALUES (1, 'Brook', 1)");
  const rows = [{ id: 2, name: "Ford", wheels: 2 }, { id: 1, name: "Weir", wheels: null }];
  assertEquals(await save(database).executeToArray(rows), rows);
  assertEquals(readAll(database), [rows[1], rows[0]]);
});

test("upsertRows() ends as a plain loop of statements does, whatever comes", async () => {
  const row = fc.record({
    id: fc.integer({ min: 0, max: 5 }),
    name: fc.option(fc.constantFrom("a", "b")),
    wheels: fc.option(fc.nat(3)),
  }, { requiredKeys: ["id", "name"] });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, size) => {
        using database = await openDatabase(":memory:");
        database.exec(MILLS);
        const expected = new Map<number, object>();
        const good: object[] = [];
        for (const row of rows) {
          if (row.name === null) continue;
          good.push(row);
          expected.set(row.id, { wheels: null, ...expected.get(row.id), ...row });
        }

        const saved = await save(database, { size, errorStrategy: "SKIP_FAILED" }).executeToArray(
          rows,
        );
        assertEquals(saved, good);
        assertEquals(
          readAll(database),
          [...expected].toSorted(([a], [b]) => a - b).map(([, row]) => row),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("upsertRows() tells each bad row apart, and writes the good ones of its transaction", async () => {
  using database = await openDatabase(":memory:");
  database.exec(
    "CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, wheels INTEGER CHECK (wheels > 0))",
  );
  const rows = Array.from({ length: 100 }, (_, id): Record<string, unknown> => ({
    id,
    name: `mill ${id}`,
    wheels: 1,
  }));
  const bad: Record<number, [object, string]> = {
    3: [{ name: null }, "SQLITE_CONSTRAINT_NOTNULL"],
    17: [{ name: "mill 16" }, "SQLITE_CONSTRAINT_UNIQUE"],
    40: [{ wheels: 0 }, "SQLITE_CONSTRAINT_CHECK"],
    41: [{ id: "x" }, "SQLITE_MISMATCH"],
    64: [{ wheels: undefined }, "INVALID_VALUE"],
    65: [{ wheels: NaN }, "INVALID_VALUE"],
    66: [{ wheels: { n: 1 } }, "INVALID_VALUE"],
    67: [{ wheels: 2n ** 63n }, "INVALID_VALUE"],
    68: [{ name: "a\0b" }, "INVALID_VALUE"],
    69: [{ name: "\ud800" }, "INVALID_VALUE"],
    70: [{ wheels: new Date(NaN) }, "INVALID_VALUE"],
  };
  for (const [index, [change]] of Object.entries(bad)) Object.assign(rows[Number(index)]!, change);

  const failed: Record<number, string> = {};
  const saved = await save(database, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(rows, {
    errorsTo: ({ itemIndex, error }) => {
      assertInstanceOf(error.cause, RowError);
      failed[itemIndex] = error.code;
    },
  });
  assertEquals(
    failed,
    Object.fromEntries(Object.entries(bad).map(([index, [, code]]) => [index, code])),
  );
  assertEquals(saved, rows.filter((_, index) => bad[index] === undefined));
  assertEquals(readAll(database).length, 100 - Object.keys(bad).length);
});

test("upsertRows() fails with the first bad row, after those before it have come out", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  const rows = [{ id: 1, name: "Brook" }, { id: 2, name: null }, { id: 3, name: "Ford" }];
  const seen: object[] = [];
  const failing = save(database).executeForEach(rows, (row) => void seen.push(row));
  const error = await assertRejects(() => failing, StreamingError);
  assertInstanceOf(error.cause, RowError);
  assertEquals(error.code, "SQLITE_CONSTRAINT_NOTNULL");
  assertEquals(error.cause.message, "Cannot write the row: NOT NULL constraint failed: mills.name");
  assertEquals(seen, rows.slice(0, 1));
  assertEquals(readAll(database).length, 2);
});

test("upsertRows() writes what SQLite keeps as it is", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE kept (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g)");
  const row = {
    id: 1,
    ...{
      a: 5,
      b: 1.5,
      c: true,
      d: 2n ** 62n,
      e: new Uint8Array([0, 255]),
      f: "caf\u00e9 \u{1F30A}",
    },
    g: new Date(0),
  };
  await StreamingPipeline.start<object>()
    .use("saved", upsertRows(database, { table: "kept", key: "id" })).executeToArray([row]);
  const types = database.prepare(
    "SELECT typeof(a) a, typeof(b) b, typeof(c) c, typeof(d) d, typeof(e) e, f, g, d = 4611686018427387904 AS same FROM kept",
  ).get() as object;
  assertEquals({ ...types }, {
    ...{ a: "integer", b: "real", c: "integer", d: "integer", e: "blob" },
    ...{ f: row.f, g: "1970-01-01T00:00:00.000Z", same: 1 },
  });
});

test("upsertRows() writes as many rows as SQLite has variables for", async () => {
  using database = await openDatabase(":memory:");
  const columns = Array.from({ length: 1_500 }, (_, index) => `c${index}`);
  database.exec(`CREATE TABLE wide (${columns.join(", ")})`);
  const rows = Array.from(
    { length: 50 },
    (_, n) => Object.fromEntries(columns.map((name) => [name, n])),
  );
  const pipeline = StreamingPipeline.start<object>().use(
    "saved",
    upsertRows(database, { table: "wide" }),
  );
  assertEquals((await pipeline.executeToArray(rows)).length, 50);
  assertEquals(
    database.prepare("SELECT count(*) AS n, sum(c1499) AS s FROM wide").all().map((row) => ({
      ...row as object,
    })),
    [{ n: 50, s: 1225 }],
  );
});

test("upsertRows() updates the columns that it is told", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  database.exec("INSERT INTO mills VALUES (1, 'Brook', 1)");
  const row = { id: 1, name: "Weir", wheels: 5, note: "not a column" };
  const columns = ["id", "name", "wheels"];
  await save(database, { columns, update: ["wheels"] }).executeToArray([row]);
  assertEquals(readAll(database), [{ id: 1, name: "Brook", wheels: 5 }]);
  await save(database, { columns, update: "none" }).executeToArray([{ ...row, wheels: 6 }]);
  assertEquals(readAll(database), [{ id: 1, name: "Brook", wheels: 5 }]);
  await save(database).executeToArray([{ id: 1, name: "Ford" }]);
  assertEquals(readAll(database), [{ id: 1, name: "Ford", wheels: 5 }]);
});

test("upsertRows() takes a key of several columns, and names that SQL would read otherwise", async () => {
  using database = await openDatabase(":memory:");
  database.exec(
    'CREATE TABLE "select ""x""" ("group" TEXT, "a;b" INTEGER, n, PRIMARY KEY ("group", "a;b"))',
  );
  const pipeline = StreamingPipeline.start<object>()
    .use("saved", upsertRows(database, { table: 'select "x"', key: ["group", "a;b"] }));
  await pipeline.executeToArray([{ group: "g", "a;b": 1, n: 1 }, { group: "g", "a;b": 1, n: 2 }]);
  assertEquals(
    database.prepare('SELECT n FROM "select ""x"""').all().map((row) => ({ ...row as object })),
    [{ n: 2 }],
  );
});

test("upsertRows() fails whole for what is no row's fault, and writes nothing of that transaction", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON mills WHEN new.id = 9 BEGIN SELECT raise(ROLLBACK, 'no more'); END",
  );
  const rows = Array.from({ length: 10 }, (_, id) => ({ id, name: "mill" }));
  const failing = save(database, { errorStrategy: "SKIP_FAILED" }).executeToArray(rows);
  await assertRejects(() => failing, StreamingError);
  assertEquals(readAll(database), []);

  const missing = save(database, { table: "missing", errorStrategy: "SKIP_FAILED" });
  const error = await assertRejects(() => missing.executeToArray(rows), StreamingError);
  assertEquals((error.cause as Error).message, "no such table: missing");
});

test("upsertRows() fails where the disk is full, and keeps what was committed before", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  database.exec("PRAGMA max_page_count = 10");
  const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, name: "x".repeat(1_000) }));
  const failing = save(database, { size: 10, errorStrategy: "SKIP_FAILED" }).executeToArray(rows);
  const error = await assertRejects(() => failing, StreamingError);
  assertEquals((error.cause as Error).message, "database or disk is full");
  const kept = readAll(database).length;
  assertEquals([kept > 0, kept % 10], [true, 0]);
});

test("upsertRows() tells rows of the wrong columns apart", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  const rows = [{ name: "no key" }, [], null, {}, { id: 1, name: "Brook" }];
  const messages: string[] = [];
  await save(database, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(rows as object[], {
    errorsTo: ({ error }) => void messages.push(`${error.code}: ${(error.cause as Error).message}`),
  });
  assertEquals(messages, [
    'WRONG_COLUMNS: Cannot write the row: it has no "id", which is in its key',
    "WRONG_COLUMNS: Cannot write the row: it must be an object, and is an array",
    "WRONG_COLUMNS: Cannot write the row: it must be an object, and is null",
    "WRONG_COLUMNS: Cannot write the row: it has no properties, which are its columns",
  ]);
  assertEquals(readAll(database).length, 1);
});

test("upsertRows() shows no value of a row in a message", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  const secrets = [{ id: 1, name: ["secret"] }, { id: 1n << 70n, name: "secret" }, {
    id: "secret",
    name: "a",
  }];
  const told: string[] = [];
  await save(database, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(secrets, {
    errorsTo: ({ error }) => void told.push(error.message, (error.cause as Error).message),
  });
  assertEquals(told.length, 6);
  assertEquals(told.filter((text) => text.includes("secret")), []);
});

test("two upsertRows() of one connection share it with each other and with transactions", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  const rows = (from: number) =>
    Array.from({ length: 50 }, (_, index) => ({ id: from + index, name: "mill" }));
  await Promise.all([
    save(database, { size: 3 }).executeToArray(rows(0)),
    save(database, { size: 7 }).executeToArray(rows(100)),
    transaction(database, async () => {
      await Promise.resolve();
      upsertMany(database, rows(200), { table: "mills", key: "id" });
    }),
  ]);
  assertEquals(readAll(database).length, 150);
});

test("upsertMany() throws what is wrong with the first bad row", async () => {
  using database = await openDatabase(":memory:");
  database.exec(MILLS);
  const rows = [{ id: 1, name: "Brook" }, { id: 2, name: null }];
  await assertRejects(
    () => transaction(database, (tx) => upsertMany(tx, rows, { table: "mills", key: "id" })),
    RowError,
    "NOT NULL constraint failed: mills.name",
  );
  assertEquals(readAll(database), []);
  assertThrows(() => upsertMany(database, {} as never, { table: "mills" }), TypeError, "an array");
});

test("upsertRows() refuses options that are not valid", async () => {
  using database = await openDatabase(":memory:");
  const refuse = (options: object, message: string) =>
    assertThrows(
      () => upsertRows(database, { table: "mills", ...options } as never),
      Error,
      message,
    );
  refuse({ table: "" }, 'table must be a non-empty string, got ""');
  refuse({ key: [] }, "key must be the name of a column, or an array of some, got an array");
  refuse({ update: "none" }, "update needs key, the columns that tell rows apart");
  refuse({ key: "id", update: "some" }, 'update must be "all", "none" or an array of columns');
  refuse({ key: "id", columns: ["name"] }, 'columns must have "id", which is named beside');
  refuse({ columns: ["a", "a"] }, "columns must be different, and one stands there twice");
  refuse({ size: 0 }, "size must be a positive integer, got 0");
  refuse({ batch: 5 }, 'unknown option "batch"');
  assertThrows(() => upsertRows(undefined as never, { table: "a" }), TypeError, "its database");
});
