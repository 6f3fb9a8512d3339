import { StreamingError, StreamingPipeline } from "@headrace/pipeline/core";
import { RowError, upsertMany, upsertRows, type UpsertRowsOptions } from "@headrace/postgres";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import type postgres from "postgres";
import { test } from "../../../tests/harness.ts";
import { TestDatabase } from "./support/database.ts";

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

const MILLS = "CREATE TABLE mills (id int PRIMARY KEY, name varchar(20) NOT NULL, wheels int)";

const readAll = async (sql: postgres.Sql): Promise<object[]> =>
  (await sql.unsafe("SELECT * FROM mills ORDER BY id")).map((row) => ({ ...row }));

const save = (sql: postgres.Sql, options: Partial<UpsertRowsOptions> = {}) =>
  StreamingPipeline.start<object>()
    .use("saved", upsertRows(sql, { table: "mills", key: "id", ...options }));

test("upsertRows() inserts, updates, and emits the rows in order", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(`${MILLS}; INSERT INTO mills VALUES (1, 'Brook', 1)`);
  const rows = [{ id: 2, name: "Ford", wheels: 2 }, { id: 1, name: "Weir", wheels: null }];
  assertEquals(await save(sql).executeToArray(rows), rows);
  assertEquals(await readAll(sql), rows.toReversed());
});

test("upsertRows() ends as a plain loop of statements does, whatever comes", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const row = fc.record({
    id: fc.integer({ min: 0, max: 5 }),
    name: fc.option(fc.constantFrom("a", "b")),
    wheels: fc.option(fc.nat(3)),
  }, { requiredKeys: ["id", "name"] });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, size) => {
        await sql`TRUNCATE mills`;
        const expected = new Map<number, object>();
        const good: object[] = [];
        for (const row of rows) {
          if (row.name === null) continue;
          good.push(row);
          expected.set(row.id, { wheels: null, ...expected.get(row.id), ...row });
        }
        const saved = await save(sql, { size, errorStrategy: "SKIP_FAILED" }).executeToArray(rows);
        assertEquals(saved, good);
        const ordered = [...expected].toSorted(([a], [b]) => a - b);
        assertEquals(await readAll(sql), ordered.map(([, row]) => row));
      },
    ),
    { numRuns: 40 },
  );
});

test("upsertRows() tells each bad row apart, and writes the good ones beside it", async () => {
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
    errorsTo: ({ itemIndex, error }) => {
      assertInstanceOf(error.cause, RowError);
      failed[itemIndex] = error.code;
    },
  });
  const expected = Object.entries(bad).map(([index, [, code]]) => [index, code]);
  assertEquals(failed, Object.fromEntries(expected));
  assertEquals(saved, rows.filter((_, index) => bad[index] === undefined));
  assertEquals((await readAll(sql)).length, 100 - Object.keys(bad).length);
});

test("upsertRows() fails with the first bad row, after those before it have come out", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const rows = [{ id: 1, name: "Brook" }, { id: 2, name: null }, { id: 3, name: "Ford" }];
  const seen: object[] = [];
  const failing = save(sql).executeForEach(rows, (row) => void seen.push(row));
  const error = await assertRejects(() => failing, StreamingError);
  assertInstanceOf(error.cause, RowError);
  assertEquals(error.code, "23502");
  assertEquals(
    error.cause.message,
    'Cannot write the row: null value in column "name" of relation "mills" violates not-null ' +
      "constraint (23502)",
  );
  assertEquals(seen, rows.slice(0, 1));
  assertEquals((await readAll(sql)).length, 2);
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

test("upsertRows() updates the columns that it is told, in the schema that it is told", async () => {
  await using database = await TestDatabase.create();
  const { sql, schema } = database;
  await sql.unsafe(`${MILLS}; INSERT INTO mills VALUES (1, 'Brook', 1)`);
  const row = { id: 1, name: "Weir", wheels: 5, note: "not a column" };
  const columns = ["id", "name", "wheels"];
  await save(sql, { columns, schema, update: ["wheels"] }).executeToArray([row]);
  assertEquals(await readAll(sql), [{ id: 1, name: "Brook", wheels: 5 }]);
  await save(sql, { columns, update: "none" }).executeToArray([{ ...row, wheels: 6 }]);
  assertEquals(await readAll(sql), [{ id: 1, name: "Brook", wheels: 5 }]);
  await save(sql).executeToArray([{ id: 1, name: "Ford" }]);
  assertEquals(await readAll(sql), [{ id: 1, name: "Ford", wheels: 5 }]);
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

test("upsertRows() shows no value of a row in a message", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const secrets = [{ id: 1, name: ["secret"] }, { id: "secret", name: "a" }, {
    id: 2,
    name: "secret".repeat(9),
  }];
  const told: string[] = [];
  await save(sql, { errorStrategy: "SPLIT_ERRORS" }).executeToArray(secrets, {
    errorsTo: ({ error }) => void told.push(error.message, (error.cause as Error).message),
  });
  assertEquals(told.length, 6);
  assertEquals(told.filter((text) => text.includes("secret")), []);
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

test("upsertMany() writes in the transaction of its caller, and throws what is wrong with a bad row", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const options = { table: "mills", key: "id" };
  const rows = [{ id: 1, name: "Brook" }, { id: 2, name: null }];
  await assertRejects(() => sql.begin((tx) => upsertMany(tx, rows, options)), RowError, "(23502)");
  await assertRejects(
    () => sql.begin((tx) => upsertMany(tx, [{ id: 1, name: undefined }], options)),
    RowError,
    'column "name" is undefined',
  );
  assertEquals(await readAll(sql), []);
  await sql.begin((tx) => upsertMany(tx, [rows[0]!, { id: 1, name: "Ford" }], options));
  assertEquals(await readAll(sql), [{ id: 1, name: "Ford", wheels: null }]);
});

test("upsertRows() refuses options that are not valid", async () => {
  await using database = await TestDatabase.create();
  const refuse = (options: object, message: string) =>
    assertThrows(
      () => upsertRows(database.sql, { table: "mills", ...options } as never),
      Error,
      message,
    );
  refuse({ table: "" }, 'table must be a non-empty string, got ""');
  refuse({ schema: 5 }, "schema must be a non-empty string, got 5");
  refuse({ key: [] }, "key must be the name of a column, or an array of some, got an array");
  refuse({ update: "none" }, "update needs key, the columns that tell rows apart");
  refuse({ key: "id", update: "some" }, 'update must be "all", "none" or an array of columns');
  refuse({ key: "id", columns: ["name"] }, 'columns must have "id", which is named beside');
  refuse({ columns: ["a", "a"] }, "columns must be different, and one stands there twice");
  refuse({ size: 0 }, "size must be a positive integer, got 0");
  refuse({ batch: 5 }, 'unknown option "batch"');
  assertThrows(() => upsertRows(undefined as never, { table: "a" }), TypeError, "its sql must be");
});
