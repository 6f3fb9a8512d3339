import { StreamingPipeline } from "@headrace/pipeline/core";
import { openDatabase, type OpenedDatabase, rows } from "@headrace/sqlite";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { Folder } from "./support/folder.ts";

const plain = (row: object): object => ({ ...row });

async function openNumbers(count: number): Promise<OpenedDatabase> {
  const database = await openDatabase(":memory:");
  database.exec("CREATE TABLE numbers (n INTEGER)");
  database.exec(
    `WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < ${count}) ` +
      "INSERT INTO numbers SELECT n FROM up",
  );
  return database;
}

test("rows() gives the rows of a query with its parameters, anew for each loop", async () => {
  using database = await openNumbers(5);
  const source = rows<{ n: number }>(database, "SELECT n FROM numbers WHERE n > ? AND n < ?", {
    parameters: [1, 4],
  });
  assertEquals([...source].map(plain), [{ n: 2 }, { n: 3 }]);
  database.exec("DELETE FROM numbers WHERE n = 2");
  assertEquals([...source].map(plain), [{ n: 3 }]);
});

test("rows() gives every type as it is", async () => {
  using database = await openDatabase(":memory:");
  const [row] = rows(
    database,
    "SELECT null AS a, 1 AS b, 1.5 AS c, 'caf\u00e9' AS d, x'00ff' AS e",
  );
  assertEquals(plain(row!), { a: null, b: 1, c: 1.5, d: "caf\u00e9", e: new Uint8Array([0, 255]) });
});

test("rows() reads no row before it is asked for, and one at a time", async () => {
  using database = await openNumbers(3);
  const source = rows<{ n: number }>(database, "SELECT n FROM numbers ORDER BY rowid");
  database.exec("UPDATE numbers SET n = n + 10");
  const iterator = source[Symbol.iterator]();
  assertEquals(iterator.next().value?.n, 11);
  database.exec("UPDATE numbers SET n = 100 WHERE n = 12");
  assertEquals([...{ [Symbol.iterator]: () => iterator }].map(({ n }) => n), [100, 13]);
});

test("rows() reads a million rows without holding them", async () => {
  using database = await openNumbers(1_000_000);
  let sum = 0;
  for (const { n } of rows<{ n: number }>(database, "SELECT n FROM numbers")) sum += n;
  assertEquals(sum, 500_000_500_000);
});

test("rows() closes its query when the loop is left, whoever reads it", async () => {
  await using folder = await Folder.create();
  const database = await folder.open();
  database.exec("CREATE TABLE mills (name); INSERT INTO mills VALUES ('Brook'), ('Ford')");
  const source = rows(database, "SELECT * FROM mills");
  for (const _ of source) break;
  const pipeline = StreamingPipeline.start<object>().map("row", plain).take("one", 1);
  assertEquals(await pipeline.executeToArray(source), [{ name: "Brook" }]);
  const failing = StreamingPipeline.start<object>().map("row", () => {
    throw new Error("no");
  });
  await failing.executeToArray(source).catch(() => {});

  // An open query would lock the table.
  database.exec("DROP TABLE mills");
});

test("rows() reads two loops side by side", async () => {
  using database = await openNumbers(3);
  const source = rows<{ n: number }>(database, "SELECT n FROM numbers");
  const pairs: number[][] = [];
  for (const { n: a } of source) for (const { n: b } of source) pairs.push([a, b]);
  assertEquals(pairs.length, 9);
});

test("rows() rounds no integer: too large a one fails, and comes as a bigint where that is asked for", async () => {
  using database = await openDatabase(":memory:");
  const sql = "SELECT 9007199254740993 AS large, 1 AS small";
  assertThrows(() => [...rows(database, sql)], RangeError);
  assertEquals(plain([...rows(database, sql, { integers: "bigint" })][0]!), {
    large: 9007199254740993n,
    small: 1n,
  });
});

test("rows() fails with the database's error when it is read", async () => {
  using database = await openDatabase(":memory:");
  const source = rows(database, "SELECT * FROM missing");
  assertThrows(() => [...source], Error, "no such table: missing");
});

test("rows() refuses what is no database, no query and no option", async () => {
  using database = await openDatabase(":memory:");
  assertThrows(() => rows({} as never, "SELECT 1"), TypeError, "Cannot call rows: its database");
  assertThrows(() => rows(database, ""), TypeError, "its query must be a non-empty string");
  assertThrows(() => rows(database, "SELECT 1", { parameters: 1 as never }), TypeError, "an array");
  assertThrows(
    () => rows(database, "SELECT 1", { integers: "big" as never }),
    TypeError,
    'integers must be "number" or "bigint", got "big"',
  );
});
