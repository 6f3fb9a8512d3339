import { DurableError } from "@headrace/pipeline/durable";
import { postgresStore } from "@headrace/postgres";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type postgres from "postgres";
import { test } from "../../../tests/harness.ts";
import {
  type GiveBack,
  type StoreSurvivor,
  testTransactionalStore,
  type TransactionalHost,
} from "../../../tests/support/store_contract.ts";
import { TestDatabase } from "./support/database.ts";

type Transaction = postgres.TransactionSql;

class Host implements TransactionalHost<Transaction> {
  readonly database: TestDatabase;

  constructor(database: TestDatabase) {
    this.database = database;
  }

  static async create(): Promise<Host> {
    const database = await TestDatabase.create();
    await database.sql`CREATE TABLE written (text text)`;
    return new Host(database);
  }

  open() {
    return postgresStore(this.database.connect());
  }

  async write(transaction: Transaction, text: string): Promise<void> {
    await transaction`INSERT INTO written VALUES (${text})`;
  }

  async read(): Promise<string[]> {
    const rows = await this.database.sql<{ text: string }[]>`SELECT text FROM written`;
    return rows.map(({ text }) => text);
  }

  /** The server ends the connection, as it does where the process at its other end is killed. */
  async crash(transaction: Transaction): Promise<StoreSurvivor> {
    const [row] = await transaction<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    await this.database.sql`SELECT pg_terminate_backend(${row!.pid}, 5000)`;
    return { open: () => this.open(), read: () => this.read(), close: () => {} };
  }

  /** As where the disk is full: PostgreSQL itself cannot be given a small one here. */
  async takeRoom(): Promise<GiveBack> {
    await this.database.sql.unsafe(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
      END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON headrace_checkpoints FOR EACH ROW
        WHEN (length(new.saved) > 10000) EXECUTE FUNCTION refuse()`);
    return async () => void await this.database.sql`DROP FUNCTION refuse CASCADE`;
  }

  async change(query: string): Promise<void> {
    await this.database.sql.unsafe(query);
  }

  async close(): Promise<void> {
    await this.database[Symbol.asyncDispose]();
  }
}

testTransactionalStore<Transaction, Host>("postgresStore()", () => Host.create(), {
  damages: {
    "has a later format": (host) => host.change("UPDATE headrace_checkpoints SET format = 2"),
    "has a fence below 1": (host) => host.change("UPDATE headrace_checkpoints SET fence = -4"),
    "has a fence beyond 2^53": (host) =>
      host.change("UPDATE headrace_checkpoints SET fence = 9007199254740993"),
    "is no text": (host) => host.change("UPDATE headrace_checkpoints SET saved = '\\xff00'"),
    "stands in another table": (host) =>
      host.change("ALTER TABLE headrace_checkpoints RENAME COLUMN fence TO turn"),
  },
  takeRoom: (host) => host.takeRoom(),
});

test("postgresStore() commits nothing, and says so, where a statement of the work has failed or ended the transaction", async () => {
  const works: Record<string, (transaction: Transaction) => void | Promise<void>> = {
    "division by zero": (transaction) => void transaction`SELECT 1 / 0`.catch(() => {}),
    "ended the transaction": async (transaction) => void await transaction`ROLLBACK`,
  };
  for (const [problem, work] of Object.entries(works)) {
    await using database = await TestDatabase.create();
    const store = postgresStore(database.sql);
    await database.sql`CREATE TABLE written (text text)`;
    const { fence } = await store.acquire("job");

    const commit = store.commit("job", fence, "page 2", async (transaction) => {
      await transaction`INSERT INTO written VALUES ('row')`;
      await work(transaction);
    });

    await assertRejects(() => commit, Error, problem);
    assertEquals((await store.acquire("job")).saved, undefined);
    assertEquals((await database.sql`SELECT * FROM written`).length, 0);
  }
});

test("postgresStore() gives a job to another owner where the server ends a commit that stands still", async () => {
  await using database = await TestDatabase.create();
  const connection = {
    search_path: database.schema,
    idle_in_transaction_session_timeout: 1_000,
  };
  const store = postgresStore(database.connect({ connection }));
  const { fence } = await store.acquire("job");
  let failed: Promise<unknown> | undefined;
  await new Promise<void>((resolve) => {
    const commit = store.commit("job", fence, "page 2", () => {
      resolve();
      return new Promise(() => {});
    });
    failed = assertRejects(() => commit);
  });

  const acquired = await postgresStore(database.connect()).acquire("job");
  assertEquals(acquired, { saved: undefined, fence: fence + 1 });
  await failed;
});

test("postgresStore() takes back the fence of an owner whose checkpoint cannot be read", async () => {
  await using database = await TestDatabase.create();
  const store = postgresStore(database.sql);
  const { fence } = await store.acquire("ingest");
  await database.sql`UPDATE headrace_checkpoints SET format = 2`;
  await assertRejects(() => store.acquire("ingest"), DurableError);
  await database.sql`UPDATE headrace_checkpoints SET format = 1`;
  assertEquals((await store.acquire("ingest")).fence, fence + 1);
});

test("postgresStore() makes its table once, whoever comes first", async () => {
  await using database = await TestDatabase.create();
  const stores = Array.from({ length: 8 }, () => postgresStore(database.connect({ max: 1 })));
  await Promise.all(stores.map((store, index) => store.acquire(`job ${index}`)));
  const [row] = await database.sql<
    { n: number }[]
  >`SELECT count(*)::int AS n FROM headrace_checkpoints`;
  assertEquals(row?.n, 8);
});

test("postgresStore() keeps its checkpoints in the table and the schema that it is given", async () => {
  await using database = await TestDatabase.create();
  const table = 'my "jobs"';
  const store = postgresStore(database.sql, { table, schema: database.schema });
  const { fence } = await store.acquire("ingest");
  await store.save("ingest", "kept", fence);
  const [row] = await database.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM ${
    database.sql(table)
  }`;
  assertEquals(row?.n, 1);
});

test("postgresStore() works with a client that changes names, and one that reads numbers its own way", async () => {
  await using database = await TestDatabase.create();
  const sql = database.connect({
    transform: { column: { from: (name) => name.toUpperCase() } },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: BigInt } } as never,
  });
  await assertRejects(() => postgresStore(sql).acquire("ingest"), Error);
  const camel = database.connect({
    transform: {
      undefined: null,
      column: { from: (name) => name.replace(/_(.)/g, (_, c) => c.toUpperCase()) },
    },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: BigInt } } as never,
  });
  const store = postgresStore(camel);
  const { fence } = await store.acquire("ingest");
  await store.save("ingest", "kept", fence);
  assertEquals((await store.acquire("ingest")).saved, "kept");
});

test("postgresStore() refuses what is no client, no option and no id", async () => {
  assertThrows(
    () => postgresStore("postgres://localhost" as never),
    TypeError,
    "Cannot call postgresStore: its sql must be sql of postgres.js, as postgres() makes it, " +
      'got "postgres://localhost"',
  );
  await using database = await TestDatabase.create();
  const { sql } = database;
  assertThrows(
    () => postgresStore(sql, { tabel: "jobs" } as object),
    TypeError,
    'Cannot call postgresStore: unknown option "tabel"; it takes table, schema',
  );
  await assertRejects(() => postgresStore(sql).acquire(""), TypeError, "a non-empty string");
});
