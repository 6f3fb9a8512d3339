import { toUrl } from "../_base_url.ts";
import { complaint, readInteger, requireFunction, requireKnown } from "../_options.ts";
import { discard } from "../_read_body.ts";
import { type FetchFunction, fetchOk } from "../fetch_ok.ts";
import { HttpError } from "../http_error.ts";
import { type DurableStreamOptions, readHeaders } from "./durable_stream.ts";
import {
  CLOSED_HEADER,
  PRODUCER_EPOCH_HEADER,
  PRODUCER_ID_HEADER,
  PRODUCER_SEQ_HEADER,
} from "./_protocol.ts";

const NAME = "durableStreamSink()";
/** The server knows the batch already. */
const DUPLICATE = 204;
/** The server does not take what the batch holds: it has not been written. */
const REFUSING: ReadonlySet<number> = new Set([400, 413, 422]);
const ANY_NUMBER = { fallback: 0, least: 0 } as const;

/**
 * Options of {@linkcode durableStreamSink}.
 *
 * @category Durable streams
 */
export interface DurableStreamSinkOptions {
  /** The name of the writer: the same for the same stream, after a restart too. */
  readonly producer: string;
  /**
   * The number of this producer's life, a non-negative integer. A higher one shuts out writers with a lower one,
   * and begins with sequence 0 again. @default {0}
   */
  readonly epoch?: number | undefined;
  /** Whether the stream is made where there is none. @default {true} */
  readonly create?: boolean | undefined;
  /** What the requests have, such as a key; a function is called for each request. */
  readonly headers?: DurableStreamOptions["headers"];
  /** What makes the requests. @default {globalThis.fetch} */
  readonly fetch?: FetchFunction | undefined;
  /** Aborts requests, and those to come. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What became of a batch.
 *
 * @category Durable streams
 */
export interface AppendResult {
  /** Whether the server had it already, so that nothing was written. */
  readonly duplicate: boolean;
}

/**
 * Writes to a durable stream of JSON.
 *
 * @typeParam TMessage What the messages are: JSON has a form for them.
 * @category Durable streams
 */
export interface DurableStreamSink<TMessage> {
  /**
   * Appends messages, all or none of them; resolves when the server has them. `sequence` is the
   * number of the batch, from 0 on without a gap; the one after the last where it is left out. Then
   * a batch that has failed and may have been written is written before the next one, and is known
   * where its array is sent again as it was.
   */
  readonly send: (messages: readonly TMessage[], sequence?: number) => Promise<AppendResult>;
  /**
   * Closes the stream, which is the end for its readers; `sequence` is that of the batch after the
   * last.
   */
  readonly close: (sequence?: number) => Promise<void>;
}

/**
 * Writes batches of messages to a stream of JSON, each once, however often it is sent.
 *
 * The server knows a batch by producer, epoch and sequence: one that it has is not written again. So `retry` of
 * a stage is safe, and so is a process that is started again, makes the same batches and sends them with the
 * same numbers: `executeForEach(source, sink.send)` numbers them from 0. Calls at once are made one after the
 * other. A number that leaves a gap is refused (status 409), and so is an epoch that another writer has passed
 * (403).
 *
 * @typeParam TMessage What the messages are: JSON has a form for them.
 * @param url The stream.
 * @param options Who writes.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {HttpError} From `send` and `close`: if the server refuses it.
 * @category Durable streams
 *
 * @example A batch that is sent twice
 * ```ts
 * import { durableStreamSink } from "@headrace/http/durable-streams";
 * import { assertEquals } from "@std/assert";
 *
 * // A server that has seen the batch 0.
 * const fetch = (_url: string | URL | Request, init?: RequestInit) => {
 *   const isKnown = new Headers(init?.headers).get("producer-seq") === "0";
 *   return Promise.resolve(new Response(null, { status: isKnown ? 204 : 200 }));
 * };
 * const sink = durableStreamSink<string>("https://streams.example.com/answer", { producer: "model", fetch });
 *
 * assertEquals(await sink.send(["mill"]), { duplicate: true });
 * assertEquals(await sink.send(["race"]), { duplicate: false });
 * ```
 */
export function durableStreamSink<TMessage = unknown>(
  url: string | URL,
  options: DurableStreamSinkOptions,
): DurableStreamSink<TMessage> {
  requireKnown(NAME, options, ["producer", "epoch", "create", "headers", "fetch", "signal"]);
  const { producer, create = true, fetch } = options;
  // Other characters cannot stand in a header.
  if (typeof producer !== "string" || !/^[\x21-\x7e]{1,256}$/.test(producer)) {
    const rule = "text of 1 to 256 visible characters of ASCII";
    throw new TypeError(complaint(NAME, "producer", rule, producer));
  }
  if (typeof create !== "boolean") {
    throw new TypeError(complaint(NAME, "create", "a boolean", create));
  }
  requireFunction(NAME, "fetch", fetch);
  const epoch = readInteger(NAME, "epoch", options.epoch, ANY_NUMBER);
  const producerHeaders = { [PRODUCER_ID_HEADER]: producer, [PRODUCER_EPOCH_HEADER]: `${epoch}` };
  const writer = new Writer(toUrl(url), options, producerHeaders);
  return {
    send: (messages, sequence) => writer.send(messages, sequence),
    close: async (sequence) => void await writer.append({}, sequence),
  };
}

/** Messages to append; without them, the stream is closed. */
interface Batch {
  readonly messages?: readonly unknown[];
  readonly body?: string;
}

class Writer {
  readonly #url: URL;
  readonly #options: DurableStreamSinkOptions;
  readonly #producerHeaders: Readonly<Record<string, string>>;
  #isMade: boolean;
  #next = 0;
  /** The batch that was sent as the next one, and may have been written although that has failed. */
  #unsure: Batch | undefined;
  /** The bodies of messages that were written after their call had failed; the array may be used again. */
  readonly #late: WeakMap<readonly unknown[], string | undefined> = new WeakMap();
  /** Resolves when the batches so far are written, or have failed. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(
    url: URL,
    options: DurableStreamSinkOptions,
    producerHeaders: Readonly<Record<string, string>>,
  ) {
    this.#url = url;
    this.#options = options;
    this.#producerHeaders = producerHeaders;
    this.#isMade = options.create === false;
  }

  send(messages: readonly unknown[], sequence: number | undefined): Promise<AppendResult> {
    if (!Array.isArray(messages) || messages.length === 0) {
      const rule = "an array that is not empty";
      return Promise.reject(new TypeError(complaint("send()", "messages", rule, messages)));
    }
    // The server takes an outer array apart: each of its elements is a message.
    return this.append({ messages, body: JSON.stringify(messages) }, sequence);
  }

  /** Appends a batch, or closes the stream. */
  append(batch: Batch, sequence: number | undefined): Promise<AppendResult> {
    const appended = this.#before.then(() =>
      sequence === undefined
        ? this.#postNext(batch)
        : this.#post(batch, readInteger("send()", "sequence", sequence, ANY_NUMBER))
    );
    // A failure rejects its own call, and does not keep the next one from being made.
    this.#before = appended.catch(() => {});
    return appended;
  }

  async #postNext(batch: Batch): Promise<AppendResult> {
    const { messages, body } = batch;
    if (messages !== undefined && this.#late.has(messages)) {
      const isSame = this.#late.get(messages) === body;
      this.#late.delete(messages);
      if (isSame) return { duplicate: true };
    }
    await this.#settle(batch);
    return await this.#post(batch, this.#next);
  }

  /** Another batch would get the number of one that may have been written, which is so first. */
  async #settle({ body }: Batch): Promise<void> {
    const unsure = this.#unsure;
    if (unsure === undefined || unsure.body === body) return;
    try {
      await this.#post(unsure, this.#next);
      if (unsure.messages !== undefined) this.#late.set(unsure.messages, unsure.body);
    } catch (error) {
      // Its own call has failed already.
      if (this.#unsure !== undefined) throw error;
    }
  }

  async #post(batch: Batch, sequence: number): Promise<AppendResult> {
    const { body } = batch;
    if (!this.#isMade) {
      const { body } = await this.#ask("PUT", await this.#headers({}));
      discard(body);
      this.#isMade = true;
    }
    const headers = await this.#headers({
      ...this.#producerHeaders,
      [PRODUCER_SEQ_HEADER]: `${sequence}`,
      ...(body === undefined && { [CLOSED_HEADER]: "true" }),
    });
    try {
      const response = await this.#ask("POST", headers, body);
      discard(response.body);
      this.#next = sequence + 1;
      this.#unsure = undefined;
      return { duplicate: response.status === DUPLICATE };
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500;
      if (sequence === this.#next) {
        if (status >= 500) this.#unsure = batch;
        else if (REFUSING.has(status)) this.#unsure = undefined;
      }
      throw error;
    }
  }

  async #headers(protocol: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const own = await readHeaders(this.#options.headers);
    return { ...own, "content-type": "application/json", ...protocol };
  }

  async #ask(
    method: "PUT" | "POST",
    headers: Record<string, string>,
    body?: string,
  ): Promise<Response> {
    const { fetch, signal } = this.#options;
    return await fetchOk(this.#url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
      fetch,
    });
  }
}
