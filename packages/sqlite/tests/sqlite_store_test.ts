import { open, stat, truncate } from "node:fs/promises";
import { DurableError } from "@headrace/pipeline/durable";
import { type SqliteDatabase, sqliteStore } from "@headrace/sqlite";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import {
  type GiveBack,
  type StoreSurvivor,
  testTransactionalStore,
  type TransactionalHost,
} from "../../../tests/support/store_contract.ts";
import { Folder } from "./support/folder.ts";

const FILE = "test.db";

class Host implements TransactionalHost<SqliteDatabase> {
  readonly folder: Folder;

  constructor(folder: Folder) {
    this.folder = folder;
  }

  static async create(): Promise<Host> {
    const folder = await Folder.create();
    (await folder.open()).exec("CREATE TABLE written (text TEXT)");
    return new Host(folder);
  }

  async open() {
    return sqliteStore(await this.folder.open());
  }

  write(database: SqliteDatabase, text: string): void {
    database.prepare("INSERT INTO written VALUES (?)").run(text);
  }

  async read(): Promise<string[]> {
    const rows = (await this.folder.open()).prepare("SELECT text FROM written").all();
    return rows.map((row) => (row as { text: string }).text);
  }

  async crash(): Promise<StoreSurvivor> {
    const survivor = new Host(await this.folder.copy());
    return survivor;
  }

  /** Each connection has a limit of its own: that of the stores that are open. */
  limit(): GiveBack {
    const { page_count: pages } = this.folder.last.prepare("PRAGMA page_count").get() as {
      page_count: number;
    };
    this.folder.last.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const limited = this.folder.last;
    return () => void limited.exec("PRAGMA max_page_count = 1000000");
  }

  /** Changes what is kept from outside. */
  async change(sql: string): Promise<void> {
    (await this.folder.open()).exec(sql);
  }

  async close(): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

testTransactionalStore<SqliteDatabase, Host>("sqliteStore()", () => Host.create(), {
  damages: {
    "has a later format": (host) => host.change("UPDATE headrace_checkpoints SET format = 2"),
    "is no text": (host) => host.change("UPDATE headrace_checkpoints SET saved = x'ff00'"),
    "has a fence that is no number": (host) =>
      host.change("UPDATE headrace_checkpoints SET fence = 'abc'"),
    "has a fence that is no integer": (host) =>
      host.change("UPDATE headrace_checkpoints SET fence = 1.5"),
    "has a fence below 1": (host) => host.change("UPDATE headrace_checkpoints SET fence = -4"),
    "has a fence beyond 2^53": (host) =>
      host.change("UPDATE headrace_checkpoints SET fence = 9007199254740993"),
    "is of another type": (host) => host.change("UPDATE headrace_checkpoints SET saved = 5"),
    "stands in another table": (host) =>
      host.change("ALTER TABLE headrace_checkpoints RENAME COLUMN fence TO turn"),
    "is in a file whose page was torn": async ({ folder }) => {
      (await folder.open()).exec("PRAGMA wal_checkpoint(TRUNCATE)");
      folder.closeAll();
      const file = await open(folder.pathOf(FILE), "r+");
      const { size } = await file.stat();
      await file.write(new Uint8Array(size - 4_096 - 100).fill(0xa5), 0, undefined, 4_096 + 50);
      await file.close();
    },
  },
  takeRoom: (host) => host.limit(),
});

test("sqliteStore() lets many jobs of one connection save and commit side by side", async () => {
  await using folder = await Folder.create();
  const database = await folder.open();
  database.exec("CREATE TABLE written (id TEXT, turn INTEGER)");
  const store = sqliteStore(database);
  const insert = database.prepare("INSERT INTO written VALUES (?, ?)");

  const ids = ["a", "b", "c", "d"];
  await Promise.all(ids.map(async (id) => {
    const { fence } = await store.acquire(id);
    for (let turn = 0; turn < 5; turn++) {
      await store.commit(id, fence, `${turn}`, async () => {
        insert.run(id, turn);
        await Promise.resolve();
      });
      await store.save(id, `${turn} saved`, fence);
    }
  }));

  assertEquals(database.prepare("SELECT * FROM written").all().length, 20);
  for (const id of ids) assertEquals((await store.acquire(id)).saved, "4 saved");
});

test("sqliteStore() finds a file that was damaged while it is open", async () => {
  await using folder = await Folder.create();
  const database = await folder.open();
  database.exec("PRAGMA journal_mode = DELETE");
  const { fence } = await sqliteStore(database).acquire("ingest");
  await sqliteStore(database).save("ingest", "x".repeat(20_000), fence);
  await truncate(folder.pathOf(FILE), Math.floor((await stat(folder.pathOf(FILE))).size / 2));

  const error = await assertRejects(() => sqliteStore(database).acquire("ingest"), DurableError);
  assertEquals(error.code, "CHECKPOINT_UNREADABLE");
});

test("sqliteStore() keeps its checkpoints in the table that it is given", async () => {
  await using folder = await Folder.create();
  const database = await folder.open();
  const store = sqliteStore(database, { table: 'my "jobs"' });
  const { fence } = await store.acquire("ingest");
  await store.save("ingest", "kept", fence);
  assertEquals(
    database.prepare('SELECT count(*) AS n FROM "my ""jobs"""').get(),
    Object.assign(
      Object.create(null),
      { n: 1 },
    ),
  );
  assertEquals((await sqliteStore(database).acquire("ingest")).saved, undefined);
});

test("sqliteStore() refuses what is no database, no option and no id", async () => {
  assertThrows(
    () => sqliteStore("file.db" as unknown as SqliteDatabase),
    TypeError,
    "Cannot call sqliteStore: its database must be a database of node:sqlite, of bun:sqlite or of " +
      'openDatabase(), got "file.db"; a path is opened by await openDatabase(path)',
  );
  await using folder = await Folder.create();
  const database = await folder.open();
  assertThrows(
    () => sqliteStore(database, { tabel: "jobs" } as object),
    TypeError,
    'Cannot call sqliteStore: unknown option "tabel"; it takes table, busyTimeoutMs',
  );
  assertThrows(() => sqliteStore(database, { table: "" }), TypeError, "table must be a non-empty");
  await assertRejects(
    () => sqliteStore(database).acquire(""),
    TypeError,
    'The id of a job must be a non-empty string, got ""',
  );
});
