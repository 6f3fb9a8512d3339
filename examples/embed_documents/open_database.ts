import { SqliteDocumentStore } from "@headrace/documents/store";
import { existsSync } from "node:fs";
import { FatalError } from "./errors.ts";

/**
 * Opens a database that must be there, of any model unless one is named.
 *
 * @throws {FatalError} There is none.
 * @throws {StoreError} It cannot be used, or is of another model.
 */
export function openDatabase(path: string, model?: string): SqliteDocumentStore {
  if (existsSync(path)) return SqliteDocumentStore.openExisting(path, model);
  throw new FatalError(`There is no database "${path}"; make one with: embed <folder>`);
}
