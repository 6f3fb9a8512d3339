import { truncate, writeFile } from "node:fs/promises";
import { openDatabase } from "@headrace/sqlite";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { openWith } from "../src/open_database.ts";
import { Folder } from "./support/folder.ts";

test("openDatabase() makes a file that two connections read and write", async () => {
  await using folder = await Folder.create();
  const [one, other] = [await folder.open(), await folder.open()];
  one.exec("CREATE TABLE mills (name TEXT)");
  other.exec("INSERT INTO mills VALUES ('Brook')");
  assertEquals({ ...one.prepare("SELECT name FROM mills").get() as object }, { name: "Brook" });
  const mode = one.prepare("PRAGMA journal_mode").get() as { journal_mode: string };
  assertEquals(mode.journal_mode, "wal");
});

test("openDatabase() waits for a connection that is in the way of its log, with a timer", async () => {
  await using folder = await Folder.create();
  const path = folder.pathOf("test.db");
  const one = await openDatabase(path);
  // As two processes find a new file: without a log, and each in the way of the other.
  one.exec("PRAGMA journal_mode = DELETE; CREATE TABLE mills (name TEXT); BEGIN IMMEDIATE");
  const opening = openDatabase(path, { lockTimeoutMs: 10_000 });
  setTimeout(() => one.exec("COMMIT"), 20);
  using other = await opening;
  one.close();
  assertEquals({ ...other.prepare("PRAGMA journal_mode").get() as object }, {
    journal_mode: "wal",
  });
});

test("openDatabase() says that a file is locked, when it has waited", async () => {
  await using folder = await Folder.create();
  const path = folder.pathOf("test.db");
  using one = await openDatabase(path);
  one.exec("PRAGMA journal_mode = DELETE; CREATE TABLE mills (name TEXT); BEGIN IMMEDIATE");
  await assertRejects(
    () => openDatabase(path, { lockTimeoutMs: 0 }),
    Error,
    `Cannot open the database ${JSON.stringify(path)}: database is locked`,
  );
});

test("openDatabase() closes at the end of a block", async () => {
  const database = await openDatabase(":memory:");
  {
    using closed = database;
    closed.exec("SELECT 1");
  }
  assertThrows(() => database.exec("SELECT 1"));
});

test("openDatabase() makes no file to read from", async () => {
  await using folder = await Folder.create();
  const path = folder.pathOf("missing.db");
  await assertRejects(
    () => openDatabase(path, { readOnly: true }),
    Error,
    `Cannot open the database ${JSON.stringify(path)}: unable to open database file`,
  );

  (await folder.open()).exec("CREATE TABLE mills (name TEXT)");
  using database = await openDatabase(folder.pathOf("test.db"), { readOnly: true });
  assertEquals(database.prepare("SELECT * FROM mills").all(), []);
  assertThrows(() => database.exec("INSERT INTO mills VALUES ('Brook')"), Error, "readonly");
});

test("openDatabase() names a file that was cut, or is no database", async () => {
  await using folder = await Folder.create();
  const database = await folder.open();
  database.exec("CREATE TABLE mills (name TEXT)");
  const insert = database.prepare("INSERT INTO mills VALUES (?)");
  for (let n = 0; n < 20; n++) insert.run("x".repeat(3_000));
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  folder.closeAll();
  await truncate(folder.pathOf("test.db"), 20_000);
  await assertRejects(
    async () => (await folder.open()).prepare("SELECT * FROM mills").all(),
    Error,
    "malformed",
  );

  await writeFile(folder.pathOf("notes.txt"), "not a database ".repeat(10));
  await assertRejects(() => folder.open("notes.txt"), Error, "file is not a database");
});

test("openDatabase() says which runtimes have SQLite where this one has not", async () => {
  if ("Bun" in globalThis) return;
  const asked: string[] = [];
  const findModule = (name: string) => void asked.push(name);
  const error = await assertRejects(() => openWith(findModule, ":memory:", {}), Error);
  assertEquals(
    error.message,
    "Cannot open a database: this runtime has no SQLite; Deno, Bun and Node from 22.13 on have",
  );
  assertEquals(asked, ["node:sqlite"]);
});

test("openDatabase() refuses what is no path and no option", async () => {
  await assertRejects(() => openDatabase(""), TypeError, "its path must be a non-empty string");
  await assertRejects(
    () => openDatabase(":memory:", { readonly: true } as object),
    TypeError,
    'Cannot call openDatabase: unknown option "readonly"; it takes lockTimeoutMs, readOnly, extensions',
  );
  await assertRejects(() => openDatabase(":memory:", { lockTimeoutMs: -1 }), RangeError, "got -1");
  await assertRejects(
    () => openDatabase(":memory:", { lockTimeoutMs: 5_000_000_000 }),
    RangeError,
    "Cannot call openDatabase: lockTimeoutMs must be at most 2147483647 ms, got 5000000000",
  );
  await assertRejects(
    () => openDatabase(":memory:", { extensions: ["/no/such/extension"] }),
    Error,
  );
});
