import { StreamingPipeline } from "@headrace/pipeline/core";
import { rows } from "@headrace/postgres";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";
import { TestDatabase } from "./support/database.ts";

const NUMBERS = "SELECT n FROM generate_series(1, $1::int) AS n";

/** What still answers as it should: a client with one connection, which has been used before. */
async function isHealthy(sql: { unsafe(query: string): PromiseLike<unknown> }): Promise<boolean> {
  const [row] = await sql.unsafe("SELECT 42 AS n") as { n: number }[];
  return row?.n === 42;
}

test("rows() gives the rows of a query with its parameters, a page at a time", async () => {
  await using database = await TestDatabase.create();
  for (const count of [0, 1, 3, 4, 6, 7]) {
    const source = rows<{ n: number }>(database.sql, NUMBERS, { parameters: [count], pageSize: 3 });
    const expected = Array.from({ length: count }, (_, index) => index + 1);
    assertEquals((await collect(source)).map(({ n }) => n), expected);
    assertEquals((await collect(source)).map(({ n }) => n), expected);
  }
});

test("rows() reads no more than it is asked for", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql`CREATE SEQUENCE counted`;
  await sql.unsafe(
    "CREATE FUNCTION count_up(int) RETURNS bigint LANGUAGE sql AS 'SELECT nextval(''counted'')'",
  );
  // A transaction that only reads may not count: the rows are read in one of the caller's.
  await sql.begin(async (tx) => {
    const source = rows(tx, "SELECT count_up(n) FROM generate_series(1, 1000) AS n", {
      pageSize: 5,
    });
    const iterator = source[Symbol.asyncIterator]();
    for (let n = 0; n < 7; n++) await iterator.next();
    await iterator.return?.();
    const [row] = await tx<{ n: number }[]>`SELECT last_value::int AS n FROM counted`;
    assertEquals(row?.n, 10);
  });
});

test("rows() gives its connection back when the loop is left, whoever reads it", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  const source = rows<{ n: number }>(sql, NUMBERS, { parameters: [100], pageSize: 3 });
  for await (const { n } of source) if (n === 4) break;
  assertEquals(await isHealthy(sql), true);

  const pipeline = StreamingPipeline.start<{ n: number }>().map("n", ({ n }) => n).take("two", 2);
  assertEquals(await pipeline.executeToArray(source), [1, 2]);
  assertEquals(await isHealthy(sql), true);

  const failing = StreamingPipeline.start<object>().map("n", () => {
    throw new Error("no");
  });
  await failing.executeToArray(source).catch(() => {});
  assertEquals(await isHealthy(sql), true);

  const [open] = await database.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'idle in transaction'
      AND query LIKE '%headrace_rows%'`;
  assertEquals(open?.n, 0);
});

test("rows() that was never read takes no connection", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  const iterator = rows(sql, NUMBERS, { parameters: [3] })[Symbol.asyncIterator]();
  await iterator.return?.();
  assertEquals(await isHealthy(sql), true);
});

test("rows() fails with the database's error, and leaves a connection that works", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  const seen: number[] = [];
  const query = "SELECT n, 1 / (5 - n) AS x FROM generate_series(1, 10) AS n";
  await assertRejects(
    async () => {
      for await (const { n } of rows<{ n: number }>(sql, query, { pageSize: 2 })) seen.push(n);
    },
    Error,
    "division by zero",
  );
  assertEquals(seen, [1, 2, 3, 4]);
  assertEquals(await isHealthy(sql), true);
  await assertRejects(() => collect(rows(sql, "SELECT * FROM missing")), Error, "missing");
  await assertRejects(() => collect(rows(sql, "selct")), Error, "syntax error");
  await assertRejects(() => collect(rows(sql, NUMBERS)), Error);
  assertEquals(await isHealthy(sql), true);
});

test("rows() fails where its connection is lost", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  const reading = async () => {
    for await (
      const { pid } of rows<{ pid: number }>(
        sql,
        "SELECT pg_backend_pid() AS pid FROM generate_series(1, 10)",
        { pageSize: 1 },
      )
    ) {
      await database.sql`SELECT pg_terminate_backend(${pid}, 5000)`;
    }
  };
  await assertRejects(reading, Error);
});

test("rows() reads two loops side by side, each through a connection of its own", async () => {
  await using database = await TestDatabase.create();
  const source = rows<{ n: number }>(database.sql, NUMBERS, { parameters: [3], pageSize: 1 });
  let count = 0;
  for await (const _ of source) for await (const _ of source) count++;
  assertEquals(count, 9);
});

test("rows() refuses what is no client, no query and no option", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  assertThrows(() => rows({} as never, "SELECT 1"), TypeError, "Cannot call rows: its sql must be");
  assertThrows(() => rows(sql, ""), TypeError, "its query must be a non-empty string");
  assertThrows(() => rows(sql, "SELECT 1", { pageSize: 0 }), RangeError, "got 0");
  assertThrows(() => rows(sql, "SELECT 1", { parameters: 1 as never }), TypeError, "an array");
  assertThrows(() => rows(sql, "SELECT 1", { size: 1 } as object), TypeError, 'option "size"');
});
