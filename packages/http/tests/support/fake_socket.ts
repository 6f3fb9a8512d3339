// A WebSocket whose other side a test plays.

import type { WebSocketLike } from "@headrace/http";

type Listener = (event: unknown) => void;

export class FakeSocket implements WebSocketLike {
  binaryType = "blob";
  readyState = 0;
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  /** The codes that it was closed with from here. */
  readonly closes: (number | undefined)[] = [];
  /** Whether the other side answers when it is closed. */
  answers = true;
  readonly #listeners = new Map<string, Set<Listener>>();

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    if (this.readyState >= 2) return;
    this.closes.push(code);
    this.readyState = 2;
    if (this.answers) this.end(code ?? 1005);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  /** How many listen to messages. */
  get readers(): number {
    return this.#listeners.get("message")?.size ?? 0;
  }

  /** The other side accepts. */
  accept(): void {
    this.readyState = 1;
    this.#emit("open", {});
  }

  /** The other side sends. */
  give(...messages: (string | Uint8Array<ArrayBuffer>)[]): void {
    for (const message of messages) {
      this.#emit("message", { data: typeof message === "string" ? message : message.buffer });
    }
  }

  /** The connection ends. */
  end(code: number, reason = ""): void {
    this.readyState = 3;
    if (code !== 1000) this.#emit("error", {});
    this.#emit("close", { code, reason });
  }

  #emit(type: string, event: unknown): void {
    for (const listener of [...this.#listeners.get(type) ?? []]) listener(event);
  }
}

/** Sockets in the order in which they are made. */
export class Sockets {
  readonly made: FakeSocket[] = [];
  readonly urls: string[] = [];

  readonly connect = (url: string): FakeSocket => {
    const socket = new FakeSocket();
    this.made.push(socket);
    this.urls.push(url);
    return socket;
  };
}
