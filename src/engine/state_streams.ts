/**
 * Lets a step read everything that an earlier stage has made.
 *
 * @module
 */

import { StateNotRecordedError } from "../errors.ts";
import type { Ring } from "../internal/ring.ts";
import type { StepItems } from "./step_items.ts";
import type { Recording } from "./recordings.ts";
import type { RunScope } from "./scope.ts";

/** The `stream` and `materialize` of a step's state. */
export interface StateStreams {
  stream(key: string): AsyncGenerator<unknown, void, undefined>;
  materialize(key: string): Promise<unknown[]>;
}

/** For functions of one item: what they would wait for cannot flow before they have answered. */
export const NO_STREAMS: StateStreams = {
  stream(key) {
    throw new StateNotRecordedError(
      key,
      "a function sees one item at a time. Read it in a step (add), or put .checkpoint() before",
    );
  },
  materialize: (key) => Promise.reject(catchError(() => NO_STREAMS.stream(key))),
};

/** For a step: what it has not read yet is pulled for it, and waits until it reads it. */
export class StepStreams implements StateStreams {
  readonly #scope: RunScope;
  readonly #input: StepItems;
  readonly #materialized: Map<string, Promise<unknown[]>> = new Map();

  constructor(scope: RunScope, input: StepItems) {
    this.#scope = scope;
    this.#input = input;
  }

  stream(key: string): AsyncGenerator<unknown, void, undefined> {
    const recording = this.#scope.findRecording(key);
    return this.#read(recording, recording.open());
  }

  materialize(key: string): Promise<unknown[]> {
    const known = this.#materialized.get(key);
    if (known !== undefined) return known;
    let items: Promise<unknown[]>;
    try {
      items = collect(this.stream(key));
    } catch (error) {
      return Promise.reject(error);
    }
    this.#materialized.set(key, items);
    return items;
  }

  async *#read(
    recording: Recording,
    reader: Ring<unknown>,
  ): AsyncGenerator<unknown, void, undefined> {
    try {
      let hasMore = true;
      while (hasMore) {
        while (reader.length > 0) yield reader.shift();
        hasMore = await this.#input.readAhead();
      }
      while (reader.length > 0) yield reader.shift();
    } finally {
      recording.close(reader);
    }
  }
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function catchError(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
