// A schema of its own for each test, in the server of this process.

import postgres from "postgres";
import { findServer } from "./server.ts";

const server = await findServer();

let count = 0;

/** Clients whose tables are in a schema of their own, and end with it. */
export class TestDatabase implements AsyncDisposable {
  readonly schema: string;
  readonly sql: postgres.Sql;
  readonly #clients: postgres.Sql[] = [];

  private constructor(schema: string) {
    this.schema = schema;
    this.sql = this.connect();
  }

  /** Makes the schema. */
  static async create(): Promise<TestDatabase> {
    const database = new TestDatabase(`test_${++count}_${Math.random().toString(36).slice(2)}`);
    await database.sql`CREATE SCHEMA ${database.sql(database.schema)}`;
    return database;
  }

  /** Another client, as another process would have it. */
  connect(options: postgres.Options<Record<string, never>> = {}): postgres.Sql {
    const sql = postgres({
      ...server,
      max: 3,
      onnotice: () => {},
      connection: { search_path: this.schema },
      ...options,
    });
    this.#clients.push(sql);
    return sql;
  }

  /** Ends the clients and drops the schema. */
  async [Symbol.asyncDispose](): Promise<void> {
    const others = this.#clients.filter((sql) => sql !== this.sql);
    // Without a limit, one whose connection was lost just when a query was sent never ends (postgres.js 3.4.9).
    await Promise.all(others.map((sql) => sql.end({ timeout: 2 })));
    await this.sql`DROP SCHEMA IF EXISTS ${this.sql(this.schema)} CASCADE`;
    await this.sql.end();
  }
}
