/**
 * A web stream between two stages.
 *
 * @module
 */

import type { Cutoff } from "../core/cutoff.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { StageFeed } from "../core/feed.ts";
import { ENDED, FAILED, MET, type Progress } from "../core/progress.ts";
import type { Upstream } from "../core/upstream.ts";
import { NOTHING_PENDING } from "../internal/promises.ts";
import { cancelAndRelease } from "../internal/streams.ts";

/** What crosses: an item with the path that it came on, or the failure after the last item. */
export class Envelope {
  readonly item: unknown;
  readonly path: unknown[];
  /** What had failed before the item came. */
  readonly upstreamError: unknown;
  readonly isFailure: boolean;

  constructor(item: unknown, path: unknown[], upstreamError: unknown, isFailure = false) {
    this.item = item;
    this.path = path;
    this.upstreamError = upstreamError;
    this.isFailure = isFailure;
  }
}

/** What comes out of a loop, as a stream that computes as far as its queue has room. */
export function toEnvelopes(upstream: Upstream, highWaterMark: number): ReadableStream<Envelope> {
  return new ReadableStream<Envelope>({
    async pull(controller) {
      let progress: Progress = upstream.advance(1);
      while (progress !== MET && progress !== ENDED && progress !== FAILED) {
        await new Promise<void>((resolve) => upstream.whenReady(resolve));
        progress = upstream.advance(1);
      }
      if (progress === MET) {
        const { value, path, upstreamError } = upstream;
        return controller.enqueue(new Envelope(value, path.slice(), upstreamError));
      }
      // A stream that is errored loses its queue, so a failure crosses as the last item does.
      if (progress === FAILED) {
        controller.enqueue(new Envelope(upstream.failure, [], undefined, true));
      }
      controller.close();
    },
    async cancel(reason) {
      await upstream.close(reason);
    },
  }, { highWaterMark });
}

/** Reads what has crossed. */
export class BoundaryFeed implements StageFeed {
  pending: Promise<unknown> = NOTHING_PENDING;
  path: unknown[];
  upstreamError: unknown;
  entered = 0;
  emitted = 0;
  readonly inFlight = 0;
  readonly waiting = 0;
  readonly isWorking = false;
  readonly isClosed = false;
  readonly stalledOn: undefined;

  readonly #upstream: Upstream;
  readonly #begin: () => void;
  #reader: ReadableStreamDefaultReader<Envelope> | undefined;
  #arrived: ReadableStreamReadResult<Envelope> | undefined;
  #closing: Promise<void> | undefined;

  /** `begin` is called at the first pull: it has this feed, and others, read their streams. */
  constructor(upstream: Upstream, begin: () => void) {
    this.#upstream = upstream;
    this.#begin = begin;
    this.path = upstream.path;
  }

  /** It belongs to no stage, so its items are never recorded. */
  tap(): void {}

  /** Reads `stream` from now on. */
  read(stream: ReadableStream<Envelope>): void {
    this.#reader = stream.getReader();
  }

  next(): unknown {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined) {
      if (this.#reader === undefined) this.#begin();
      this.pending = this.#reader!.read();
      return WAIT;
    }
    if (arrived.done) return END;
    const { item, path, upstreamError, isFailure } = requireEnvelope(arrived.value);
    if (isFailure) throw item;
    this.path = path;
    this.upstreamError = upstreamError;
    this.entered++;
    this.emitted++;
    return item;
  }

  accept(arrived: unknown): void {
    this.#arrived = arrived as ReadableStreamReadResult<Envelope>;
  }

  refuse(error: unknown): unknown {
    return error;
  }

  endSources(reason: unknown, keepsFirst: boolean): void {
    this.#upstream.endSources(reason, keepsFirst);
  }

  giveUp(cutoff: Cutoff): void {
    this.#upstream.giveUp(cutoff);
  }

  /** Code in between may not pass a cancellation on, so the loop is closed as well. */
  close(reason: unknown): Promise<void> {
    return this.#closing ??= this.#close(reason);
  }

  async #close(reason: unknown): Promise<void> {
    if (this.#reader !== undefined) {
      await cancelAndRelease(this.#reader, reason).catch(() => {});
    }
    await this.#upstream.close(reason);
  }
}

function requireEnvelope(value: unknown): Envelope {
  if (value instanceof Envelope) return value;
  throw new TypeError("A transform between two stages must pass on the chunks that it reads");
}
