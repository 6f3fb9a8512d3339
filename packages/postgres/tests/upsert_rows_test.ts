import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { RowError, upsertMany, upsertRows, type UpsertRowsOptions } from "@headrace/postgres";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import type postgres from "postgres";
import { test } from "../../../tests/harness.ts";
import { TestDatabase } from "./support/database.ts";

const MILLS = "CREATE TABLE mills (id int PRIMARY KEY, name varchar(20) NOT NULL, wheels int)";

const readAll = async (sql: postgres.Sql): Promise<object[]> =>
  (await sql.unsafe("SELECT * FROM mills ORDER BY id")).map((row) => ({ ...row }));

const save = (sql: postgres.Sql, options: Partial<UpsertRowsOptions> = {}) =>
  StreamingPipeline.start<object>()
    .use("saved", upsertRows(sql, { table: "mills", key: "id", ...options }));

test("upsertRows() reports each bad row, and writes the good ones beside it", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(`${MILLS}; ALTER TABLE mills ADD UNIQUE (name), ADD CHECK (wheels > 0)`);
  const rows = Array.from({ length: 100 }, (_, id): Record<string, unknown> => ({
    id,
    name: `mill ${id}`,
    wheels: 1,
  }));
  const bad: Record<number, [object, string]> = {
    3: [{ name: null }, "23502"],
    17: [{ name: "mill 16" }, "23505"],
    40: [{ wheels: 0 }, "23514"],
    41: [{ id: "x" }, "22P02"],
    42: [{ name: "x".repeat(21) }, "22001"],
    43: [{ wheels: 2 ** 40 }, "22003"],
    64: [{ wheels: undefined }, "INVALID_VALUE"],
    66: [{ wheels: { n: 1 } }, "INVALID_VALUE"],
    68: [{ name: "a\0b" }, "INVALID_VALUE"],
    69: [{ name: "\ud800" }, "INVALID_VALUE"],
    70: [{ wheels: new Date(NaN) }, "INVALID_VALUE"],
    71: [{ wheels: NaN }, "22P02"],
  };
  for (const [index, [change]] of Object.entries(bad)) Object.assign(rows[Number(index)]!, change);

  const failed: Record<number, string> = {};
  const saved = await save(sql, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(rows, {
    errorsTo: ({ item, itemIndex, error }) => {
      assertInstanceOf(error.cause, RowError);
      assertStrictEquals(item, rows[itemIndex]);
      failed[itemIndex] = error.code;
    },
  });
  const expected = Object.entries(bad).map(([index, [, code]]) => [index, code]);
  assertEquals(failed, Object.fromEntries(expected));
  assertEquals(saved, rows.filter((_, index) => bad[index] === undefined));
  assertEquals((await readAll(sql)).length, 100 - Object.keys(bad).length);
});

test("upsertRows() writes values of many types as they are", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(`CREATE TABLE kept (id int PRIMARY KEY, a bigint, b float8, c boolean, d numeric,
    e bytea, f text, g timestamptz, h jsonb, i text[], j int[][], k json, l uuid, m jsonb[], n char(3))`);
  const row = {
    id: 1,
    ...{ a: 2n ** 62n, b: 0.1, c: true, d: "1234567890.12345678901234567890" },
    ...{
      e: new Uint8Array([0, 255]),
      f: 'caf\u00e9 \u{1F30A} "\\N",\n\t{}NULL',
      g: new Date(1_234),
    },
    ...{
      h: { a: ["x", null, '"'] },
      i: ["NULL", null, 'a"b\\c,{}', ""],
      j: [[1, 2], [3, 4]],
      k: "text",
    },
    ...{ l: "0e37df36-f698-11e6-8dd4-cb9ced3df976", m: ["1", '{"a":2}'], n: "ab" },
  };
  await StreamingPipeline.start<object>()
    .use("saved", upsertRows(sql, { table: "kept", key: "id" })).executeToArray([row]);
  const [kept] = await sql.unsafe(
    "SELECT id, a::text, b, c, d::text, e, f, g, h, i::text, j, k, l, m::text, n FROM kept",
  );
  assertEquals({ ...kept, e: new Uint8Array(kept!.e) }, {
    ...row,
    a: String(row.a),
    i: '{"NULL",NULL,"a\\"b\\\\c,{}",""}',
    m: '{1,"{\\"a\\": 2}"}',
    n: "ab ",
  });
});

test("upsertRows() takes keys that are the same to the database alone", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(
    'CREATE TABLE "select ""x""" (n numeric, "a b" text, v int, PRIMARY KEY (n, "a b"))',
  );
  const pipeline = StreamingPipeline.start<object>()
    .use("saved", upsertRows(sql, { table: 'select "x"', key: ["n", "a b"] }));
  const rows = [{ n: "1", "a b": "x", v: 1 }, { n: "1.0", "a b": "x", v: 2 }, {
    n: 2,
    "a b": "x",
    v: 3,
  }];
  assertEquals(await pipeline.executeToArray(rows), rows);
  const [row] = await sql.unsafe('SELECT count(*)::int AS n FROM "select ""x"""');
  assertEquals(row?.n, 2);
});

test("upsertRows() fails whole for what is no row's fault, whatever its strategy is", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const rows = Array.from({ length: 10 }, (_, id) => ({ id, name: "mill" }));
  const missing = save(sql, { table: "missing", errorStrategy: "SKIP_FAILED" });
  const error = await assertRejects(() => missing.executeToArray(rows), StreamingError);
  assertEquals((error.cause as Error).message, 'relation "missing" does not exist');

  const misspelt = save(sql, { errorStrategy: "SKIP_FAILED" });
  const other = await assertRejects(
    () => misspelt.executeToArray([{ id: 1, nmae: "a" }]),
    StreamingError,
  );
  assertEquals(
    (other.cause as Error).message,
    'Cannot write into "mills": it has no column "nmae"; it has id, name, wheels',
  );
  assertEquals(await readAll(sql), []);
});

test("upsertRows() of many writers over the same rows do not block each other", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const ids = Array.from({ length: 40 }, (_, id) => id);
  await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
    const own = database.connect({ max: 1 });
    const shuffled = ids.toSorted((a, b) =>
      (a * 7 + writer * 13) % 40 - (b * 7 + writer * 13) % 40
    );
    for (let turn = 0; turn < 5; turn++) {
      await save(own).executeToArray(shuffled.map((id) => ({ id, name: `${writer}` })));
    }
  }));
  assertEquals((await readAll(sql)).length, 40);
});

test("keys that are the same to the database alone are written in order, in both ways", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE spelt (id uuid, at timestamptz, v int, PRIMARY KEY (id, at))`;
  const id = "ABCDEF01-2345-6789-ABCD-EF0123456789";
  const rows = [
    { id: id.toLowerCase(), at: "2026-11-28 12:00+00", v: 1 },
    { id, at: "2026-11-28 13:00+01", v: 2 },
    { id, at: "2026-11-28 12:00+01", v: 3 },
    { id: `{${id}}`, at: "2026-11-28 11:00-01", v: 4 },
  ];
  const options = { table: "spelt", key: ["id", "at"] };
  const write = {
    upsertRows: (given: typeof rows) =>
      StreamingPipeline.start<object>().use("saved", upsertRows(sql, options)).executeToArray(
        given,
      ),
    upsertMany: (given: typeof rows) => sql.begin((tx) => upsertMany(tx, given, options)),
  };
  for (const each of [write.upsertRows, write.upsertMany]) {
    for (const given of [rows, rows.toReversed()]) {
      await sql`TRUNCATE spelt`;
      await each(given);
      const [last] = given.filter(({ v }) => v !== 3).slice(-1);
      const written = await sql`SELECT v FROM spelt ORDER BY v`;
      assertEquals(written.map(({ v }) => v), [last!.v, 3].toSorted((a, b) => a - b));
    }
  }
});

test("keys that are the same when they are rounded to their column are written in order, in both ways", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE rounded (at timestamptz(0), n numeric(6, 1), v int, PRIMARY KEY (at, n))`;
  const rows = [
    { at: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 100)), n: "1.04", v: 1 },
    { at: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 200)), n: 1, v: 2 },
    { at: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 300)), n: "1.01", v: 3 },
  ];
  const options = { table: "rounded", key: ["at", "n"] };
  const saved = StreamingPipeline.start<object>().use("saved", upsertRows(sql, options));
  for (
    const write of [
      () => saved.executeToArray(rows),
      () => sql.begin((tx) => upsertMany(tx, rows, options)),
    ]
  ) {
    await sql`TRUNCATE rounded`;
    await write();
    assertEquals((await sql`SELECT v FROM rounded`).map(({ v }) => v), [3]);
  }
});

test("upsertMany() says that a key is wrong where it asks for those that are the same", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE TABLE spelt (id uuid PRIMARY KEY)`;
  const rows = [{ id: "ABCDEF01-2345-6789-ABCD-EF0123456789" }, { id: "secret" }];
  const writing = sql.begin((tx) => upsertMany(tx, rows, { table: "spelt", key: "id" }));
  const error = await assertRejects(() => writing, RowError);
  assertEquals([error.code, error.message.includes("secret")], ["22P02", false]);
});

test("upsertMany() of two writers of keys that come twice do not block each other", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  await Promise.all(
    [[2, 2, 1], [1, 1, 2]].map((ids) =>
      database.connect({ max: 1 }).begin(async (tx) => {
        const slow = {
          async unsafe(query: string, parameters: string[]) {
            const result = await tx.unsafe(query, parameters);
            if (query.startsWith("INSERT")) await new Promise((resolve) => setTimeout(resolve, 50));
            return result;
          },
        };
        const rows = ids.map((id, at) => ({ id, name: `${ids} ${at}` }));
        await upsertMany(slow as never, rows, { table: "mills", key: "id" });
      })
    ),
  );
  const names = (await readAll(sql)).map((row) => (row as { name: string }).name);
  assert([["2,2,1 2", "2,2,1 1"], ["1,1,2 1", "1,1,2 2"]].some((each) => `${each}` === `${names}`));
});

test("upsertRows() writes into the schema that its options name", async () => {
  await using database = await TestDatabase.create();
  const { sql, schema } = database;
  await sql.unsafe(MILLS);
  const apart = database.connect({ connection: {} });
  await save(apart, { schema }).executeToArray([{ id: 1, name: "Brook", wheels: 1 }]);
  assertEquals(await readAll(sql), [{ id: 1, name: "Brook", wheels: 1 }]);
});

test("upsertRows() refuses what is no client, and no name of a schema", async () => {
  await using database = await TestDatabase.create();
  const table = "mills";
  assertThrows(() => upsertRows(undefined as never, { table }), TypeError, "its sql must be");
  assertThrows(
    () => upsertRows(database.sql, { table, schema: 5 } as never),
    TypeError,
    "schema must be a non-empty string, got 5",
  );
});
