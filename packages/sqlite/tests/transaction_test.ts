import { openDatabase, transaction } from "@headrace/sqlite";
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { Folder } from "./support/folder.ts";

const count = (database: { prepare(sql: string): { all(): unknown[] } }): number =>
  database.prepare("SELECT * FROM mills").all().length;

test("transaction() runs one after the other on a connection, in the order of the calls", async () => {
  using database = await openDatabase(":memory:");
  const order: string[] = [];
  const run = (name: string) =>
    transaction(database, async () => {
      order.push(`${name} begins`);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      order.push(`${name} ends`);
      return name;
    });
  assertEquals(await Promise.all(["a", "b", "c"].map(run)), ["a", "b", "c"]);
  assertEquals(order, ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test("transaction() goes on after one that has failed", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (name TEXT NOT NULL)");
  const insert = database.prepare("INSERT INTO mills VALUES (?)");
  const outcomes = await Promise.allSettled([
    transaction(database, () => insert.run("Brook")),
    transaction(database, () => [insert.run("Ford"), insert.run(null)]),
    transaction(database, () => insert.run("Weir")),
  ]);
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals(count(database), 2);
});

test("transaction() waits for another connection, and lets it go on meanwhile", async () => {
  await using folder = await Folder.create();
  const [one, other] = [await folder.open(), await folder.open()];
  one.exec("CREATE TABLE mills (name TEXT)");
  let isDone = false;
  const first = transaction(one, async () => {
    one.exec("INSERT INTO mills VALUES ('Brook')");
    await new Promise((resolve) => setTimeout(resolve, 20));
    isDone = true;
  });
  await transaction(other, () => {
    assertEquals(isDone, true);
    assertEquals(count(other), 1);
  });
  await first;
});

test("transaction() gives up where another connection keeps the lock", async () => {
  await using folder = await Folder.create();
  const [one, other] = [await folder.open(), await folder.open()];
  one.exec("BEGIN IMMEDIATE");
  const work = () => {
    throw new Error("It has begun");
  };
  await assertRejects(() => transaction(other, work, { busyTimeoutMs: 5 }), Error, "locked");
  one.exec("ROLLBACK");
  assertEquals(await transaction(other, () => "free", { busyTimeoutMs: 5 }), "free");
});

test("transaction() waits as long as it says, also where the time of day is changed meanwhile", async () => {
  await using folder = await Folder.create();
  const [one, other] = [await folder.open(), await folder.open()];
  one.exec("BEGIN IMMEDIATE");
  const timeOfDay = Date.now;
  let hours = 0;
  Date.now = () => timeOfDay() + 3_600_000 * hours++;
  try {
    const waiting = transaction(other, () => "free");
    await new Promise((resolve) => setTimeout(resolve, 5));
    one.exec("ROLLBACK");
    assertEquals(await waiting, "free");
  } finally {
    Date.now = timeOfDay;
  }
});

test("transaction() gives up where its own work waits for another one of the connection", async () => {
  using database = await openDatabase(":memory:");
  const options = { busyTimeoutMs: 5 };
  await assertRejects(
    () => transaction(database, () => transaction(database, () => {}, options)),
    Error,
    "Cannot begin a transaction: another one of the same connection has not ended within 5 ms; " +
      "what its work calls must not begin one of its own",
  );
  assertEquals(await transaction(database, () => "free", options), "free");
});

test("transaction() keeps the error of a work whose transaction SQLite has rolled back", async () => {
  using database = await openDatabase(":memory:");
  database.exec("CREATE TABLE mills (name TEXT)");
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON mills BEGIN SELECT raise(ROLLBACK, 'no more'); END",
  );
  const insert = () => database.exec("INSERT INTO mills VALUES ('Brook')");
  await assertRejects(() => transaction(database, insert), Error, "no more");
  assertEquals(count(database), 0);
});

test("transaction() leaves the lock timeout of the connection as it was", async () => {
  using database = await openDatabase(":memory:", { lockTimeoutMs: 1_234 });
  await transaction(database, () => {});
  const { timeout } = database.prepare("PRAGMA busy_timeout").get() as { timeout: number };
  assertEquals(timeout, 1_234);
});

test("transaction() refuses what is no database, no function and no option", async () => {
  using database = await openDatabase(":memory:");
  await assertRejects(() => transaction(undefined as never, () => {}), TypeError, "got undefined");
  await assertRejects(() => transaction(database, "work" as never), TypeError, 'got "work"');
  await assertRejects(
    () => transaction(database, () => {}, { busyTimeoutMs: 0 }),
    RangeError,
    "Cannot call transaction: busyTimeoutMs must be a positive integer, got 0",
  );
  // Longer than a timer can be, which would be over at once.
  await assertRejects(
    () => transaction(database, () => {}, { busyTimeoutMs: 2 ** 31 }),
    RangeError,
    "Cannot call transaction: busyTimeoutMs must be at most 2147483647 ms, got 2147483648",
  );
});
