import { type RowPosition, rowsByKey } from "@headrace/postgres";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { TestDatabase } from "./support/database.ts";

const { signal: never } = new AbortController();

test("rowsByKey() goes on after any position as if it had not stopped, for keys of many types", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  // A client's Date would lose the microseconds, and its number the last digits.
  await sql.unsafe(`CREATE TABLE mills AS SELECT n AS id, 9007199254740993 + n AS large,
    timestamptz '2026-11-27 10:00:00+00' + n * interval '1 microsecond' AS created,
    (n / 3)::numeric(10, 4) AS weight, (n / 7.0)::float8 AS share, 'name ' || chr(64 + n) AS name,
    md5(n::text)::uuid AS uuid, ('{' || n || ',2}')::int[] AS list, (n % 2 = 0) AS even,
    date '2026-01-01' + n AS day FROM generate_series(1, 12) AS n`);
  const keys = ["id", "large", "created", "share", "name", "uuid", "list", "day"].map((
    key,
  ) => [key]);
  for (const key of [...keys, ["weight", "id"], ["even", "created"], ["name", "uuid"]]) {
    const source = rowsByKey<{ id: number }>(sql, "SELECT * FROM mills;", { key, pageSize: 5 });
    const all = await collect(source.open(undefined, never));
    const order = await sql.unsafe(`SELECT id FROM mills ORDER BY ${key.join()}`);
    assertEquals(all.map(({ item }) => item.id), order.map(({ id }) => id), key.join());
    assertEquals(Object.keys(all[0]!.item).length, 10);
    for (const [index, { position }] of all.entries()) {
      // As a checkpoint keeps it.
      const kept: RowPosition = JSON.parse(JSON.stringify(position));
      const rest = await collect(source.open(kept, never));
      assertEquals(rest.map(({ item }) => item.id), order.slice(index + 1).map(({ id }) => id));
    }
  }
});

test("rowsByKey() reads rows that are inserted after its position meanwhile, a page at a time", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  await sql`CREATE TABLE mills (id int PRIMARY KEY)`;
  await sql`INSERT INTO mills VALUES (2), (4)`;
  const ids: unknown[] = [];
  const source = rowsByKey(sql, "SELECT id FROM mills WHERE id <> $1::int -- all others", {
    key: "id",
    parameters: [99],
    pageSize: 1,
  });
  for await (const { item } of source.open(undefined, never)) {
    ids.push(item.id);
    // The one connection is free between pages.
    if (item.id === 2) await sql`INSERT INTO mills VALUES (1), (6), (99)`;
    if (item.id === 4) await sql`ALTER TABLE mills ADD COLUMN name text`;
  }
  assertEquals(ids, [2, 4, 6]);
});

test("rowsByKey() refuses keys that would lose rows, when it reads them", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE mills (id int, name text)`;
  await sql`INSERT INTO mills VALUES (1, 'a'), (1, 'b'), (2, null)`;
  const readBy = (key: string, pageSize: number) =>
    collect(rowsByKey(sql, "SELECT * FROM mills", { key, pageSize }).open(undefined, never));
  for (const pageSize of [1, 2, 3]) {
    await assertRejects(() => readBy("id", pageSize), TypeError, '"id" must be unique');
  }
  // What differs as text may be the same for the database.
  await sql`CREATE TABLE sizes AS SELECT * FROM (VALUES (1.0), (1.00)) AS given (size)`;
  const sizes = (from: string[] | undefined, pageSize: number) =>
    collect(
      rowsByKey(sql, "SELECT * FROM sizes", { key: "size", pageSize }).open(from, never),
    );
  await assertRejects(() => sizes(undefined, 1), TypeError, '"size" must be unique');
  await assertRejects(() => sizes(["1.0"], 9), TypeError, '"size" must be unique');
  await assertRejects(() => readBy("name", 5), TypeError, 'column "name" must not be null, and is');
  await assertRejects(() => readBy("nmae", 5), Error, "nmae");
});

test("rowsByKey() refuses positions of others, and arguments that are not valid", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  const source = rowsByKey(sql, "SELECT 1 AS id", { key: "id" });
  for (const position of [[], ["1", "2"], [1], [null], "1", {}]) {
    await assertRejects(
      () => collect(source.open(position as never, never)),
      TypeError,
      "Cannot read rows by key: the position must have a text for each of 1 columns",
    );
  }
  await assertRejects(() => collect(source.open(["x"], never)), Error, "invalid input syntax");
  assertThrows(() => rowsByKey(sql, "SELECT 1", {} as never), TypeError, "key must be the name");
  assertThrows(() => rowsByKey(sql, "SELECT 1", { key: "a", pageSize: -1 }), RangeError, "got -1");
});
