// A server that a test plays itself: each request waits for the answer that the test has for it.

import type { FetchFunction } from "@headrace/http";

/** A request as the server sees it. */
export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly redirect: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** An answer, or a failure of the network. */
export type Answer = Response | Error | ((asked: Asked) => Response | Error | Promise<Response>);

/** Answers one request after the other. */
export class Script {
  readonly asked: Asked[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  readonly fetch: FetchFunction = async (input, init = {}) => {
    const given = typeof input === "object" && "url" in input ? input : undefined;
    const asked: Asked = {
      url: given?.url ?? String(input),
      method: init.method ?? given?.method ?? "GET",
      headers: new Headers(init.headers ?? given?.headers),
      body: init.body,
      redirect: init.redirect,
      signal: init.signal ?? given?.signal,
    };
    this.asked.push(asked);
    asked.signal?.throwIfAborted();
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error(`Nothing is scripted for ${asked.url}`);
    const made = typeof answer === "function" ? await answer(asked) : answer;
    if (made instanceof Error) throw made;
    return made;
  };
}

/** A body that a test writes. */
export interface LiveBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly write: (text: string) => void;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
  /** How often it was cancelled. */
  readonly cancelled: () => number;
}

/** A body that stays open until the test ends it, or its reader cancels it. */
export function openBody(signal?: AbortSignal): LiveBody {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let count = 0;
  let isOpen = true;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel() {
      isOpen = false;
      count++;
    },
  });
  const fail = (error: unknown) => {
    if (isOpen) controller.error(error);
    isOpen = false;
  };
  signal?.addEventListener("abort", () => {
    if (isOpen) count++;
    fail(signal.reason);
  });
  return {
    stream,
    write: (text) => controller.enqueue(new TextEncoder().encode(text)),
    end: () => {
      isOpen = false;
      controller.close();
    },
    fail,
    cancelled: () => count,
  };
}

/** An answer of events. */
export function events(body: BodyInit | null): Response {
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
