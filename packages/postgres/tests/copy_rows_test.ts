import { StreamingPipeline } from "@headrace/pipeline/core";
import { copyRows, RowError } from "@headrace/postgres";
import { assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { test } from "../../../tests/harness.ts";
import { TestDatabase } from "./support/database.ts";

const MILLS = "CREATE TABLE mills (id int PRIMARY KEY, name varchar(2000))";

const count = async (sql: postgres.Sql): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM mills`;
  return row!.n;
};

test("copyRows() copies a run, with what its text has to escape", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  const names = ["a\tb", "a\nb\r\n", "\\N", "\\.", "", null, "caf\u00e9 \u{1F30A}", "\\"];
  const pipeline = StreamingPipeline.start<string | null>().map(
    "row",
    (name, id) => ({ id, name }),
  );
  assertEquals(await copyRows(sql, pipeline.execute(names), { table: "mills" }), names.length);
  const kept = await sql<{ name: string }[]>`SELECT name FROM mills ORDER BY id`;
  assertEquals(kept.map(({ name }) => name), names);
});

test("copyRows() copies no rows, one, and many", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  await sql.unsafe(MILLS);
  for (const length of [0, 1, 20_000]) {
    await sql`TRUNCATE mills`;
    const rows = Array.from({ length }, (_, id) => ({ id, name: "x".repeat(50) }));
    assertEquals(await copyRows(sql, rows, { table: "mills" }), length);
    assertEquals(await count(sql), length);
  }
});

test("copyRows() takes rows as the connection takes them", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  let isOpen = false;
  async function* readRows() {
    isOpen = true;
    try {
      for (let id = 0;; id++) {
        await Promise.resolve();
        // The first chunk has gone out long before.
        yield { id: id === 5_000 ? 0 : id, name: "x".repeat(1_000) };
      }
    } finally {
      isOpen = false;
    }
  }
  const error = await assertRejects(() => copyRows(sql, readRows(), { table: "mills" }), RowError);
  assertEquals([error.code, isOpen], ["23505", false]);
});

test("copyRows() copies nothing where a row is bad, and says what is wrong with it", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  await sql.unsafe(MILLS);
  const good = Array.from({ length: 100 }, (_, id) => ({ id, name: "mill" }));
  const bad: [object, string, string][] = [
    [
      { id: 5, name: "twice" },
      "23505",
      'duplicate key value violates unique constraint "mills_pkey"',
    ],
    [{ id: "secret", name: "a" }, "22P02", "a text is no value of its column's type"],
    [{ id: 500, name: "x".repeat(2_001) }, "22001", "a text is too long for its column"],
    [{ id: 500, name: undefined }, "INVALID_VALUE", 'column "name" is undefined'],
    [{ id: 500, name: "\0" }, "INVALID_VALUE", "has a zero character"],
  ];
  for (const [row, code, message] of bad) {
    const error = await assertRejects(
      () => copyRows(sql, [...good, row, { id: 1_000, name: "behind" }], { table: "mills" }),
      RowError,
    );
    assertEquals([error.code, error.message.includes(message)], [code, true], error.message);
    assertEquals(await count(sql), 0);
  }
  assertEquals(await copyRows(sql, good, { table: "mills" }), 100);
});

test("copyRows() copies nothing where its source fails, and rejects with that", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({ max: 1 });
  await sql.unsafe(MILLS);
  const reason = new Error("the source has failed");
  for (const failsAt of [0, 1, 5_000]) {
    const readRows = function* () {
      for (let id = 0; id < failsAt; id++) yield { id, name: "x".repeat(100) };
      throw reason;
    };
    const error = await copyRows(sql, readRows(), { table: "mills" }).catch((error) => error);
    assertEquals(error, reason);
    assertEquals(await count(sql), 0);
  }
});

test("copyRows() refuses what is not iterable, no table and no option", async () => {
  await using database = await TestDatabase.create();
  const { sql } = database;
  await sql.unsafe(MILLS);
  await assertRejects(() => copyRows(sql, 5 as never, { table: "mills" }), TypeError, "iterable");
  await assertRejects(
    () => copyRows(sql, "rows" as never, { table: "mills" }),
    TypeError,
    "iterable",
  );
  await assertRejects(() => copyRows(sql, [], { table: "" }), TypeError, "table must be");
  await assertRejects(() => copyRows(sql, [], { table: "missing" }), Error, "does not exist");
  await assertRejects(() => copyRows(sql, [{ nmae: 1 }], { table: "mills" }), TypeError, '"nmae"');
  await assertRejects(
    () => copyRows(sql, [], { table: "mills", key: "id" } as never),
    TypeError,
    '"key"',
  );
});
