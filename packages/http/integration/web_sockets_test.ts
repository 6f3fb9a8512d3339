// webSocketSource() and webSocketSink() on each runtime, against servers that break off in the middle of a
// frame, close with a code, and take nothing.

import { assertEquals } from "@std/assert";
import type { SocketOutcome } from "./clients/sockets.ts";
import { runBun, runDeno, runNode, runWorkerd } from "./servers/start.ts";

const PROGRAM = "clients/sockets_process.ts";
type Urls = readonly [broken: string, taking: string, stalling: string];

const RUNTIMES: readonly (readonly [string, (urls: Urls) => Promise<SocketOutcome>])[] = [
  ["Deno", (urls) => runDeno(PROGRAM, urls)],
  ["Bun", (urls) => runBun(PROGRAM, urls)],
  ["Node 20 with ws", (urls) => runNode(PROGRAM, urls, 20)],
  ["Node 24", (urls) => runNode(PROGRAM, urls, 24)],
  [
    "workerd",
    ([broken, taking, stalling]) =>
      runWorkerd(
        "clients/sockets_worker.ts",
        `?${new URLSearchParams({ broken, taking, stalling })}`,
      ),
  ],
];

/** What every server appends to a key (RFC 6455 section 1.3). */
const HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What is sent after the handshake, and what comes then. */
interface Answer {
  readonly bytes: Uint8Array;
  /** The server breaks off, waits for the answer to its end, or reads until the client leaves. */
  readonly then: "break" | "end" | "stay";
}

/** Serves WebSockets by hand, so that they can be broken anywhere. */
class FrameServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #work: Promise<void>[] = [];

  /**
   * `answer` makes the bytes after the handshake; where it returns nothing, nothing is ever read.
   */
  constructor(answer: (url: URL) => Answer | undefined) {
    this.#work.push((async () => {
      for await (const connection of this.#listener) {
        this.#open.add(connection);
        this.#work.push(this.#serve(connection, answer));
      }
    })());
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) this.#close(connection);
    await Promise.all(this.#work);
  }

  #close(connection: Deno.TcpConn): void {
    if (this.#open.delete(connection)) connection.close();
  }

  async #serve(
    connection: Deno.TcpConn,
    answer: (url: URL) => Answer | undefined,
  ): Promise<void> {
    try {
      const buffer = new Uint8Array(65_536);
      let head = "";
      while (!head.includes("\r\n\r\n")) {
        head += new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
      }
      const key = /^sec-websocket-key: (.*)\r$/im.exec(head)![1]!;
      const path = /^GET (\S+)/.exec(head)![1]!;
      const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + HANDSHAKE));
      const accept = btoa(String.fromCharCode(...new Uint8Array(hash)));
      await connection.write(new TextEncoder().encode(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ));
      const answered = answer(new URL(path, "ws://localhost"));
      if (answered === undefined) return;
      await connection.write(answered.bytes);
      // What comes together with the end is dropped by some.
      if (answered.then === "break") await new Promise((resolve) => setTimeout(resolve, 50));
      if (answered.then === "end") await connection.read(buffer);
      if (answered.then === "stay") {
        while (await connection.read(buffer) !== null);
      }
      this.#close(connection);
    } catch {
      // A client that resets its connection has left as well.
      this.#close(connection);
    }
  }
}

const text = (message: string) => frame(1, new TextEncoder().encode(message));
const end = (code: number, reason: string) =>
  frame(8, [code >> 8, code & 255, ...new TextEncoder().encode(reason)]);

function frame(opcode: number, payload: ArrayLike<number>): number[] {
  return [0x80 | opcode, payload.length, ...Array.from(payload)];
}

const bytes = (...parts: number[][]) => Uint8Array.from(parts.flat());

function answer({ pathname, searchParams }: URL): Answer {
  if (pathname === "/endless") return { bytes: bytes(text("first"), text("second")), then: "stay" };
  if (pathname === "/refused") return { bytes: bytes(end(4001, "no")), then: "end" };
  const from = Number(searchParams.get("from"));
  if (from >= 6) return { bytes: bytes(end(1000, "")), then: "end" };
  const whole = [text(`${from + 1}`), text(`${from + 2}`)];
  // A frame of five bytes breaks off after two of them.
  return { bytes: bytes(...whole, text("12345").slice(0, 4)), then: "break" };
}

for (const [name, run] of RUNTIMES) {
  Deno.test(`${name}: a socket goes on where it broke off, and fails where nothing is taken`, async () => {
    await using broken = new FrameServer(answer);
    await using stalling = new FrameServer(() => undefined);
    const taken: unknown[] = [];
    await using taking = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => {
          taken.push(typeof data === "string" ? data.length : [...new Uint8Array(data)]);
        };
        return response;
      },
    );
    const takingUrl = `ws://127.0.0.1:${taking.addr.port}/`;

    assertEquals(await run([broken.url, takingUrl, stalling.url]), {
      numbers: [1, 2, 3, 4, 5, 6],
      refused: ["SOCKET_CLOSED", 4001],
      left: "first",
      stalled: name === "workerd" ? "unknown" : "SOCKET_STALLED",
    });
    assertEquals(taken, [1, [1, 2], 1_000_000]);
  });
}
