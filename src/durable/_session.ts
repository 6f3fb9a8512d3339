/**
 * A job in its store: one owner, from the acquisition to the release.
 *
 * @module
 */

import { ignoreLateOutcome } from "../internal/promises.ts";
import { describe, isRecord } from "../internal/validation.ts";
import { hasProperty, readProperty } from "../internal/thrown.ts";
import type { Acquired, CheckpointStore, TransactionalStore } from "./checkpoint_store.ts";
import { createMismatch, createUnreadable } from "./_errors.ts";
import { readSaved, writeSaved } from "./saved.ts";
import type { Waits } from "./_waits.ts";

/** What a session needs to know of its job. */
export interface SessionParts {
  readonly id: string;
  readonly version: number;
  readonly mode: string;
  readonly store: CheckpointStore;
  readonly migrate: ((saved: never) => unknown) | undefined;
  readonly waits: Waits;
}

/** A job that this process owns. */
export class Session {
  readonly id: string;
  /** What was saved last, migrated to this version; absent where nothing was. */
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
    const { saved, fence } = requireAcquired(parts.id, await acquire(parts));
    const session = new Session(parts, fence);
    try {
      if (saved !== undefined) await session.#read(saved);
      return session;
    } catch (error) {
      await session.giveUp(error);
      throw error;
    }
  }

  async #read(text: string): Promise<void> {
    const { id, mode, version, migrate, waits } = this.#parts;
    const saved = readSaved(id, text);
    if (!isRecord(saved)) throw createUnreadable(id, "it is not that of a job");
    const { mode: savedMode, version: savedVersion } = saved as Readonly<Record<string, unknown>>;
    if (savedMode !== mode) {
      const problem = `it was saved in the mode ${describe(savedMode)}, not "${mode}"; ` +
        "end it so, or begin another job";
      throw createMismatch(id, problem);
    }
    this.saved = saved;
    if (savedVersion === version) return;
    if (migrate === undefined) {
      const problem = `it was saved by version ${describe(savedVersion)}, and this is version ` +
        `${version}; give migrate`;
      throw createMismatch(id, problem);
    }
    const migrated: unknown = await waits.work(migrate(saved as never));
    this.saved = requireMigrated(id, saved, migrated);
    this.isMigrated = true;
  }

  /** The text to save. */
  write(body: object): string {
    const { id, mode, version } = this.#parts;
    return writeSaved(id, { ...body, mode, version });
  }

  /** Saves a text of {@linkcode Session.write}. */
  async save(text: string): Promise<void> {
    const { store, waits } = this.#parts;
    await waits.close(this.#say("save"), store.save(this.id, text, this.#fence));
  }

  /** The same in a transaction, in which `work` writes. */
  async commit<T>(
    store: TransactionalStore<T>,
    text: string,
    work: (transaction: T) => void | Promise<void>,
  ): Promise<void> {
    const committing = store.commit(this.id, this.#fence, text, work);
    await this.#parts.waits.close(this.#say("commit"), committing);
  }

  /** Gives the job back. */
  async release(): Promise<void> {
    const { store, waits } = this.#parts;
    await waits.close(this.#say("release"), store.release(this.id, this.#fence));
  }

  /** The same after a failure with `error`, which says more than a release that fails as well. */
  async giveUp(error: unknown): Promise<void> {
    this.#parts.waits.end(error);
    await this.release().catch(() => {});
  }

  #say(method: string): string {
    return `${method}() of the store of the job "${this.id}"`;
  }
}

/** Acquires the job; where that is no longer waited for, it is given back when it comes. */
async function acquire({ id, store, waits }: SessionParts): Promise<unknown> {
  const acquiring = store.acquire(id);
  try {
    return await waits.work(acquiring);
  } catch (error) {
    const giveBack = async () => await store.release(id, (await acquiring).fence);
    if (waits.isEnded) ignoreLateOutcome(giveBack());
    throw error;
  }
}

function requireAcquired(id: string, acquired: unknown): Acquired {
  const saved = readProperty(acquired, "saved") ?? undefined;
  const fence = readProperty(acquired, "fence");
  const isFence = Number.isSafeInteger(fence) && (fence as number) > 0;
  if (isFence && (saved === undefined || typeof saved === "string")) {
    return { saved, fence: fence as number };
  }
  const [what, value] = isFence ? ["saved, a text or undefined", saved] : [
    "fence, a positive integer",
    fence,
  ];
  const problem = `acquire() of its store must resolve with ${what}, and has ${describe(value)}`;
  throw new TypeError(`Cannot run the job "${id}": ${problem}`);
}

/** What `migrate` has made of `saved`: what it leaves out by mistake would be forgotten. */
function requireMigrated(id: string, saved: object, migrated: unknown): object {
  const refuse = (problem: string) =>
    createMismatch(id, `migrate must return what to save, ${problem}`);
  if (!isRecord(migrated)) throw refuse(`got ${describe(migrated)}`);
  for (const name of ["position", "stages", "done"]) {
    if (!hasProperty(saved, name) || hasProperty(migrated, name)) continue;
    throw refuse(`and it has no ${name}; return { ...saved, … }`);
  }
  if (hasProperty(saved, "stages") || readProperty(migrated, "stages") === undefined) {
    return migrated;
  }
  throw refuse("and it has stages, of which this job has none");
}
