// The pages that are open, and what each of them is sent.

import { clock } from "../_clock.ts";
import type { Update } from "./snapshot.ts";
import type { WatchedRuns } from "./_watched_runs.ts";

/** Sends updates to pages. */
export class Readers {
  readonly #runs: WatchedRuns;
  readonly #intervalMs: number;
  readonly #max: number;
  /** Each ends one of them. */
  readonly #open = new Set<() => void>();

  constructor(runs: WatchedRuns, intervalMs: number, max: number) {
    this.#runs = runs;
    this.#intervalMs = intervalMs;
    this.#max = max;
  }

  get hasRoom(): boolean {
    return this.#open.size < this.#max;
  }

  /**
   * Events for one page (https://html.spec.whatwg.org/multipage/server-sent-events.html). The runs are looked
   * at when it asks for more, an interval later.
   */
  open(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const over = new Set<number>();
    let isFirst = true;
    let isEnded = false;
    let wake = () => {};
    const end = () => {
      isEnded = true;
      this.#open.delete(end);
      wake();
    };
    this.#open.add(end);
    const wait = () =>
      new Promise<void>((resolve) => {
        const cancel = clock.schedule(resolve, this.#intervalMs);
        wake = () => {
          cancel();
          resolve();
        };
      });
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (!isFirst && !isEnded) await wait();
        isFirst = false;
        if (isEnded) return controller.close();
        const data = JSON.stringify(this.#read(over));
        controller.enqueue(encoder.encode(`event: update\ndata: ${data}\n\n`));
      },
      cancel: end,
    }, { highWaterMark: 0 });
  }

  /** Ends all of them. */
  close(): void {
    for (const end of this.#open) end();
  }

  /** Adds the runs that are over to `over`: they change no more. */
  #read(over: Set<number>): Update {
    const runs = this.#runs.read(over);
    for (const { id, isOver } of runs) if (isOver) over.add(id);
    const { ids, notShown } = this.#runs;
    for (const id of over) if (!ids.includes(id)) over.delete(id);
    return { runs, ids, notShown };
  }
}
