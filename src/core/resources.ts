/**
 * What functions open once per run.
 *
 * @module
 */

import { isPromiseLike, toPromise } from "../internal/promises.ts";
import { requireFunction } from "../internal/validation.ts";
import type { RunScope } from "./scope.ts";

/** Something that can be closed; what has neither method needs no closing. */
interface Closable {
  [Symbol.asyncDispose]?(): PromiseLike<unknown> | undefined;
  [Symbol.dispose]?(): void;
}

/** The resources of one run, in the order in which they were opened. */
export class Resources {
  readonly #opened: Map<() => unknown, unknown> = new Map();

  /** What `open` returns, called once; a promise of it that is rejected is forgotten. */
  get(open: () => unknown, isOver: boolean): unknown {
    if (isOver) throw new Error("Cannot open anything: the run is over");
    if (!this.#opened.has(open)) {
      requireFunction({ operator: "perRun" }, "open", open);
      const resource = open();
      this.#opened.set(open, resource);
      if (isPromiseLike(resource)) toPromise(resource).catch(() => this.#opened.delete(open));
    }
    return this.#opened.get(open);
  }

  /** Closes all of them, the one that was opened last first. */
  async close(scope: Pick<RunScope, "waitInTime" | "cleanupFailed">): Promise<void> {
    while (this.#opened.size > 0) {
      for (const [open, resource] of [...this.#opened].reverse()) {
        this.#opened.delete(open);
        // A call has failed already with what is rejected here.
        const closing = toPromise(resource).then(close, () => {});
        await scope.waitInTime(closing.catch((error) => scope.cleanupFailed(error)));
      }
    }
  }
}

function close(resource: unknown): unknown {
  const closable = resource as Closable | undefined;
  return (closable?.[Symbol.asyncDispose] ?? closable?.[Symbol.dispose])?.call(closable!);
}
