import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { groupBy } from "@headrace/pipeline/operators";
import {
  openDatabase,
  RowError,
  type SqliteDatabase,
  transaction,
  upsertMany,
  upsertRows,
  type UpsertRowsOptions,
} from "@headrace/sqlite";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { createForeignBytes, createForeignDate } from "../../../tests/support/foreign_realm.ts";
import { test } from "../../../tests/harness.ts";

const MILLS = "CREATE TABLE mills (id INTEGER PRIMARY KEY, name TEXT NOT NULL, wheels INTEGER)";

const readAll = (database: SqliteDatabase): unknown[] =>
  database.prepare("SELECT * FROM mills ORDER BY id").all().map((row) => ({ ...row as object }));

const save = (database: SqliteDatabase, options: Partial<UpsertRowsOptions> = {}) =>
  StreamingPipeline.start<object>()
    .use("saved", upsertRows(database, { table: "mills", key: "id", ...options }));

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
    errorsTo: ({ item, itemIndex, error }) => {
      assertInstanceOf(error.cause, RowError);
      assertStrictEquals(item, rows[itemIndex]);
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

test("upsertRows() fails the row that is bad, also where it comes twice, in groups and in two runs", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE names (name TEXT UNIQUE)");
  const saving = upsertRows<{ name: string }>(database, {
    ...{ table: "names", size: 2, errorStrategy: "SPLIT_ERRORS" },
  });
  const pipeline = StreamingPipeline.start<{ name: string }>()
    .use(
      "saved",
      groupBy(({ name }: { name: string }) => name, (group) => group.use("in", saving)),
    );
  const [a, b] = [{ name: "a" }, { name: "b" }];
  const failed: unknown[] = [];
  const run = () =>
    pipeline.executeToArray([a, b, a, a, b], {
      errorsTo: ({ item, itemIndex }) => failed.push(item, itemIndex),
    });

  const saved = (await Promise.all([run(), run()])).flat();

  assertEquals(saved.length, 2);
  assert(saved.includes(a) && saved.includes(b));
  assertEquals(failed.filter((item) => item === a).length, 5);
  assertEquals(failed.filter((item) => item === b).length, 3);
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

test("upsertRows() writes bytes and dates of another realm", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE kept (id INTEGER PRIMARY KEY, bytes, at)");
  const row = { id: 1, bytes: createForeignBytes([0, 255]), at: createForeignDate(0) };
  await StreamingPipeline.start<object>()
    .use("saved", upsertRows(database, { table: "kept", key: "id" })).executeToArray([row]);
  const kept = database.prepare("SELECT hex(bytes) bytes, at FROM kept").get() as object;
  assertEquals({ ...kept }, { bytes: "00FF", at: "1970-01-01T00:00:00.000Z" });
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

test("upsertRows() writes each good row once, and no bad one, where what fails undoes nothing", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (id INTEGER, name TEXT UNIQUE ON CONFLICT FAIL)");
  database.exec(
    "CREATE TRIGGER refuse AFTER INSERT ON mills WHEN new.id % 10 = 9 BEGIN SELECT raise(FAIL, 'no more'); END",
  );
  const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `mill ${id === 50 ? 0 : id}` }));
  const saved = await save(database, { key: undefined, errorStrategy: "SKIP_FAILED" })
    .executeToArray(rows);
  const good = rows.filter(({ id }) => id % 10 !== 9 && id !== 50);
  assertEquals(saved, good);
  assertEquals(readAll(database), good);
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

test("upsertRows() and upsertMany() refuse what is no database", () => {
  const none = undefined as never;
  assertThrows(() => upsertRows(none, { table: "a" }), TypeError, "its database must be");
  assertThrows(() => upsertMany(none, [], { table: "a" }), TypeError, "its database must be");
});
