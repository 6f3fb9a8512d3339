// What a client on each runtime makes of a WebSocket that breaks off, and of one that takes nothing.

import { WebSocketError, type WebSocketLike, webSocketSink, webSocketSource } from "@headrace/http";

/** What the client has seen. */
export interface SocketOutcome {
  readonly numbers: readonly number[];
  readonly refused: readonly unknown[];
  readonly left: string;
  readonly stalled: string;
}

type Connect = (url: string, protocols: string[]) => WebSocketLike;

/** Talks to `broken`, which breaks off, to `taking`, which takes messages, and to `stalling`. */
export async function talk(
  { broken, taking, stalling }: Readonly<Record<"broken" | "taking" | "stalling", string>>,
  connect?: Connect,
): Promise<SocketOutcome> {
  const failure = async (call: Promise<unknown>): Promise<WebSocketError> => {
    try {
      await call;
    } catch (error) {
      if (error instanceof WebSocketError) return error;
      throw error;
    }
    throw new Error("It has not failed");
  };

  const numbers: number[] = [];
  const source = webSocketSource<number>((from) => `${broken}/numbers?from=${from ?? 0}`, {
    connect,
    position: Number,
    reconnect: { maxAttempts: 5, backoffMs: 1, maxBackoffMs: 10 },
  });
  for await (const message of source) numbers.push(Number(message));

  let left = "";
  for await (const message of webSocketSource(`${broken}/endless`, { connect })) {
    left = String(message);
    break;
  }

  const { code, closeCode } = await failure((async () => {
    for await (const _message of webSocketSource(`${broken}/refused`, { connect }));
  })());

  const sink = webSocketSink(taking, { connect });
  for (const message of ["a", new Uint8Array([1, 2]), "x".repeat(1_000_000)]) {
    await sink.send(message);
  }
  await sink.close();

  // workerd does not say how much is buffered, and buffers without limit.
  let stalled = "unknown";
  if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") {
    const options = { connect, maxBufferedBytes: 100_000, stallMs: 200 };
    const stuck = webSocketSink(stalling, options);
    const error = await failure((async () => {
      for (;;) await stuck.send("x".repeat(1_000_000));
    })());
    await stuck.close();
    stalled = error.code;
  }
  return { numbers, refused: [code, closeCode], left, stalled };
}
