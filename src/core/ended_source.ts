/**
 * A source that is not read any more.
 *
 * @module
 */

import { END } from "../internal/pull.ts";
import type { Feed } from "./feed.ts";

/** Takes the source's place: emits what the source has already answered, then ends. */
export class EndedSource implements Feed {
  readonly #feed: Feed;
  #isClosed = false;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  get pending(): Promise<unknown> {
    return this.#feed.pending;
  }

  next(): unknown {
    return this.#feed.isAnswered ? this.#feed.next() : END;
  }

  accept(value: unknown): void {
    this.#feed.accept(value);
  }

  refuse(error: unknown): unknown {
    return this.#feed.refuse(error);
  }

  close(reason: unknown): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    this.#isClosed = true;
    return this.#feed.close(reason);
  }
}
