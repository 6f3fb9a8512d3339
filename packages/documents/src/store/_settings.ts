import type { Database } from "./_database.ts";

/** Single texts by name, in a table of the database. */
export class Settings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(key: string): string | undefined {
    const row = this.#database.get("SELECT value FROM settings WHERE key = ?", key);
    return row === undefined ? undefined : String(row.value);
  }

  set(key: string, value: string): void {
    this.#database.run("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", key, value);
  }

  /** The value that the key has, or has from now on: another process may be faster. */
  getOrSet(key: string, value: string): string {
    const stored = this.get(key);
    if (stored !== undefined) return stored;
    this.#database.run(
      "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
      key,
      value,
    );
    return this.get(key) ?? value;
  }
}
