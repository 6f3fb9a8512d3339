import { openDatabase, type RowPosition, rowsByKey } from "@headrace/sqlite";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { test } from "../../../tests/harness.ts";
import { collect } from "../../../tests/support/collect.ts";

// The same cases each time.
fc.configureGlobal({ seed: 20261127 });

const { signal: never } = new AbortController();

test("rowsByKey() goes on after any position as if it had not stopped", async () => {
  const keys = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c\u00e9"), fc.integer()), {
    selector: (key) => key.join(),
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 7 }), async (keys, pageSize) => {
      using database = await openDatabase(":memory:");
      database.exec("CREATE TABLE mills (place TEXT, n INTEGER, PRIMARY KEY (place, n))");
      const insert = database.prepare("INSERT INTO mills VALUES (?, ?)");
      for (const [place, n] of keys) insert.run(place, n);

      const source = rowsByKey<{ place: string; n: number }>(database, "SELECT * FROM mills;", {
        key: ["place", "n"],
        pageSize,
      });
      const all = await collect(source.open(undefined, never));
      const ordered = keys.toSorted(([a, n], [b, m]) => a < b ? -1 : a > b ? 1 : n - m);
      assertEquals(all.map(({ item }) => [item.place, item.n]), ordered);
      for (const [index, { position }] of all.entries()) {
        // As a checkpoint keeps it.
        const kept: RowPosition = JSON.parse(JSON.stringify(position));
        const rest = await collect(source.open(kept, never));
        assertEquals(rest.map(({ position }) => position), ordered.slice(index + 1));
      }
    }),
    { numRuns: 40 },
  );
});

test("rowsByKey() reads rows that are inserted after its position meanwhile, a page at a time", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY); INSERT INTO mills VALUES (2), (4)");
  const ids: unknown[] = [];
  const source = rowsByKey(database, "SELECT id FROM mills WHERE id <> ?", {
    key: "id",
    parameters: [99],
    pageSize: 1,
  });
  for await (const { item } of source.open(undefined, never)) {
    ids.push(item.id);
    // No query is open: the table may be written and changed.
    if (item.id === 2) database.exec("INSERT INTO mills VALUES (1), (6), (99)");
    if (item.id === 4) database.exec("ALTER TABLE mills ADD COLUMN name");
  }
  assertEquals(ids, [2, 4, 6]);
});

test("rowsByKey() refuses keys that would lose rows, when it reads them", async () => {
  using database = await openDatabase(":memory:");
  database.exec(
    "CREATE TABLE mills (id, name); INSERT INTO mills VALUES (1, 'a'), (1, 'b'), (2, null)",
  );
  const readBy = (key: string, pageSize: number, sql = "SELECT * FROM mills") =>
    collect(rowsByKey(database, sql, { key, pageSize }).open(undefined, never));
  for (const pageSize of [1, 2, 3]) {
    await assertRejects(() => readBy("id", pageSize), TypeError, '"id" must be unique');
  }
  // What differs as text may be the same for the database.
  database.exec("CREATE TABLE towns (name COLLATE NOCASE); INSERT INTO towns VALUES ('a'), ('A')");
  for (const [from, pageSize] of [[undefined, 1], [["a"], 9], [["A"], 9]] as const) {
    const towns = rowsByKey(database, "SELECT * FROM towns", { key: "name", pageSize });
    const rows = () => collect(towns.open(from, never));
    await assertRejects(rows, TypeError, '"name" must be unique');
  }
  await assertRejects(() => readBy("name", 5), TypeError, 'column "name" must be text or a number');
  await assertRejects(() => readBy("name", 5), TypeError, "and is null");
  await assertRejects(() => readBy("nmae", 5), Error, "nmae");
  const large = "SELECT 9007199254740993 AS id";
  await assertRejects(() => readBy("id", 5, large), RangeError);
});

test("rowsByKey() refuses positions of others, and arguments that are not valid", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY)");
  const source = rowsByKey(database, "SELECT * FROM mills", { key: "id" });
  for (const position of [[], [1, 2], [null], [{}], 1, "1", [NaN]]) {
    await assertRejects(
      () => collect(source.open(position as never, never)),
      TypeError,
      "Cannot read rows by key: the position must have a value of each of 1 columns",
    );
  }
  const sql = "SELECT 1";
  assertThrows(() => rowsByKey(database, sql, {} as never), TypeError, "key must be the name");
  assertThrows(() => rowsByKey(database, sql, { key: [] }), TypeError, "key must be the name");
  assertThrows(() => rowsByKey(database, sql, { key: "id", pageSize: 0 }), RangeError, "got 0");
  assertThrows(() => rowsByKey(database, sql, { key: "id", pageSize: 1e9 }), RangeError, "at most");
  assertThrows(() => rowsByKey(database, sql, undefined as never), TypeError, "must be an object");
});
