/**
 * What functions open once per run.
 *
 * @module
 */

import { isPromiseLike, toPromise } from "../internal/promises.ts";
import type { RunScope } from "./scope.ts";

/** Something that can be closed; what has neither method needs no closing. */
interface Closable {
  [Symbol.asyncDispose]?(): PromiseLike<unknown> | undefined;
  [Symbol.dispose]?(): void;
}

interface Opened {
  readonly open: () => unknown;
  readonly resource: unknown;
}

/** The resources of one run, in the order in which they were opened. */
export class Resources {
  readonly #opened: Opened[] = [];

  /** What `open` returns, called once; a promise of it that is rejected is forgotten. */
  get(open: () => unknown, isOver: boolean): unknown {
    if (isOver) throw new Error("Cannot open anything: the run is over");
    const opened = this.#opened;
    let entry = opened.find((each) => each.open === open);
    if (entry === undefined) {
      const resource = open();
      opened.push(entry = { open, resource });
      if (isPromiseLike(resource)) toPromise(resource).catch(() => this.#forget(entry!));
    }
    return entry.resource;
  }

  #forget(entry: Opened): void {
    const index = this.#opened.indexOf(entry);
    if (index !== -1) this.#opened.splice(index, 1);
  }

  /** Closes all of them, the one that was opened last first. */
  async close(scope: Pick<RunScope, "waitInTime" | "cleanupFailed">): Promise<void> {
    for (let last; (last = this.#opened.pop()) !== undefined;) {
      // A call has failed already with what is rejected here.
      const closing = toPromise(last.resource).then(close, () => {});
      await scope.waitInTime(closing.catch((error) => scope.cleanupFailed(error)));
    }
  }
}

function close(resource: unknown): unknown {
  const { [Symbol.asyncDispose]: closeLater, [Symbol.dispose]: closeNow } =
    (resource ?? {}) as Closable;
  return (closeLater ?? closeNow)?.call(resource as Closable);
}
