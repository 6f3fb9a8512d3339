/**
 * A job in its store: one owner, from the acquisition to the release.
 *
 * @module
 */

import { describe, isRecord } from "../internal/validation.ts";
import { readProperty } from "../internal/thrown.ts";
import type { CheckpointStore, TransactionalStore } from "./checkpoint_store.ts";
import { DurableError } from "./durable_error.ts";
import { createUnreadable, readSaved, writeSaved } from "./saved.ts";

/** What a session needs to know of its job. */
export interface SessionParts {
  readonly id: string;
  readonly version: number;
  readonly mode: string;
  readonly store: CheckpointStore;
  readonly migrate: ((saved: never) => unknown) | undefined;
}

/** A job that this process owns. */
export class Session {
  readonly id: string;
  /** What was saved last, of this version by now; absent where nothing was. */
  saved: object | undefined;
  /** Whether it was changed from that of another version. */
  isMigrated = false;
  readonly #parts: SessionParts;
  readonly #fence: number;

  private constructor(parts: SessionParts, fence: number) {
    this.id = parts.id;
    this.#parts = parts;
    this.#fence = fence;
  }

  /** Acquires the job and reads what was saved; gives it back where that cannot be read. */
  static async open(parts: SessionParts): Promise<Session> {
    const { saved, fence } = await parts.store.acquire(parts.id);
    const session = new Session(parts, fence);
    try {
      if (saved !== undefined) await session.#read(saved);
      return session;
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async #read(text: string): Promise<void> {
    const { id, mode, version, migrate } = this.#parts;
    const saved = readSaved(id, text);
    if (!isRecord(saved)) throw createUnreadable(id, "it is not that of a job");
    const savedMode = readProperty(saved, "mode");
    if (savedMode !== mode) {
      const problem = `it was saved in the mode ${describe(savedMode)}, and runs in "${mode}"`;
      throw createMismatch(id, problem);
    }
    this.saved = saved;
    const savedVersion = readProperty(saved, "version");
    if (savedVersion === version) return;
    if (migrate === undefined) {
      const problem = `it was saved by version ${describe(savedVersion)}, and this is version ` +
        `${version}; give migrate, or the version that has saved it`;
      throw createMismatch(id, problem);
    }
    const migrated: unknown = await migrate(saved as never);
    if (!isRecord(migrated)) {
      throw createMismatch(
        id,
        `migrate must return what is to be saved, got ${describe(migrated)}`,
      );
    }
    this.saved = migrated;
    this.isMigrated = true;
  }

  /** The text of what is to be saved. */
  write(body: object): string {
    const { id, mode, version } = this.#parts;
    return writeSaved(id, { ...body, mode, version });
  }

  /** Saves a text of {@linkcode Session.write}. */
  save(text: string): Promise<void> {
    return this.#parts.store.save(this.id, text, this.#fence);
  }

  /** The same in a transaction, in which `work` writes. */
  commit<T>(
    store: TransactionalStore<T>,
    text: string,
    work: (transaction: T) => void | Promise<void>,
  ): Promise<void> {
    return store.commit(this.id, this.#fence, text, work);
  }

  /** Gives the job back. */
  release(): Promise<void> {
    return this.#parts.store.release(this.id, this.#fence);
  }
}

/** The error for a checkpoint that does not fit the job. */
export function createMismatch(id: string, problem: string): DurableError {
  const message = `Cannot go on with the job "${id}": ${problem}`;
  return new DurableError(message, { code: "VERSION_MISMATCH", id });
}
