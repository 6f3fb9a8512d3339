// Buffers the messages of a WebSocket until they are read.

import type { Connection, WebSocketMessage } from "./_socket.ts";

/** How much is buffered, and what happens when more comes. */
export interface QueueLimits {
  readonly overflow: "fail" | "dropOldest" | "reconnect";
  readonly maxMessageLength: number;
  readonly maxBufferedLength: number;
}

/** The messages that were received and are not read yet, within limits. */
export class MessageQueue {
  readonly #connection: Connection;
  readonly #limits: QueueLimits;
  readonly #messages: WebSocketMessage[] = [];
  /** Index of the next one in `#messages`; those before it have been read. */
  #first = 0;
  #length = 0;
  /** What follows the last message: an error, or the end. Absent while more may come. */
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(connection: Connection, limits: QueueLimits) {
    this.#connection = connection;
    this.#limits = limits;
    connection.socket.addEventListener("message", this.#onMessage);
    void connection.closed.then((error) => this.end(error));
  }

  /** Resolves with the next message, `undefined` after the last; rejects when those before a failure are read. */
  async next(): Promise<WebSocketMessage | undefined> {
    while (this.#first === this.#messages.length) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#shift();
  }

  /** Accepts no more messages; those in the buffer can still be read. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.close();
    this.#wake();
  }

  /** Removes the listener. */
  close(): void {
    this.#connection.socket.removeEventListener("message", this.#onMessage);
  }

  readonly #onMessage = (event: unknown): void => {
    const { maxMessageLength, maxBufferedLength, overflow } = this.#limits;
    const { data } = event as { data: string | ArrayBuffer };
    const message = typeof data === "string" ? data : new Uint8Array(data);
    if (message.length > maxMessageLength) {
      const rule = `a message must be at most ${maxMessageLength} long (maxMessageLength)`;
      return this.#fail("MESSAGE_TOO_LARGE", rule, false);
    }
    while (
      this.#length + lengthOf(message) > maxBufferedLength && this.#first < this.#messages.length
    ) {
      if (overflow !== "dropOldest") {
        const rule = `at most ${maxBufferedLength} may wait to be read (maxBufferedLength)`;
        return this.#fail("BUFFER_FULL", rule, overflow === "reconnect");
      }
      this.#shift();
    }
    this.#messages.push(message);
    this.#length += lengthOf(message);
    this.#wake();
  };

  /** Ends with an error, and closes the connection at once: no further message is wanted. */
  #fail(code: "MESSAGE_TOO_LARGE" | "BUFFER_FULL", rule: string, retryable: boolean): void {
    this.end(this.#connection.fail(code, { rule, retryable }));
    void this.#connection.close();
  }

  #shift(): WebSocketMessage {
    const message = this.#messages[this.#first]!;
    // An array that is shifted at each message would move all the others each time.
    this.#messages[this.#first++] = "";
    if (this.#first === this.#messages.length || this.#first === 1_024) {
      this.#messages.splice(0, this.#first);
      this.#first = 0;
    }
    this.#length -= lengthOf(message);
    return message;
  }
}

/** What a message counts for: one that is empty has its place as well. */
function lengthOf({ length }: WebSocketMessage): number {
  return Math.max(length, 1);
}
