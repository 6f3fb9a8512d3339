// fetchOk(), pages() and sseSource() on each runtime, against a server whose bytes the test chooses: they depend
// on what a platform's fetch does with redirects, half an answer and a body that stalls.

import { assertEquals } from "@std/assert";
import type { Outcome } from "./clients/ask.ts";
import { runBun, runDeno, runNode, runWorkerd } from "./servers/start.ts";

const RUNTIMES: readonly (readonly [string, (base: string) => Promise<Outcome>])[] = [
  ["Deno", (base) => runDeno("clients/process.ts", [base])],
  ["Bun", (base) => runBun("clients/process.ts", [base])],
  ["Node 20", (base) => runNode("clients/process.ts", [base], 20)],
  ["Node 24", (base) => runNode("clients/process.ts", [base], 24)],
  ["workerd", (base) => runWorkerd("clients/worker.ts", `?base=${encodeURIComponent(base)}`)],
];

const EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const CHUNKED = `${EVENTS}Transfer-Encoding: chunked\r\n\r\n`;

/** What is sent, and whether the connection is left open afterwards. */
type Answer = readonly [text: string, stays?: boolean];

/** Answers each request on a connection of its own. */
class ByteServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #counts = new Map<string, number>();
  readonly #work: Promise<void>[] = [];
  /** Clients that have left a connection which was open. */
  left = 0;

  constructor(answer: (path: string, headers: Headers, count: number) => Answer) {
    this.#work.push((async () => {
      for await (const connection of this.#listener) {
        this.#work.push(this.#serve(connection, answer));
      }
    })());
  }

  get base(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) if (this.#open.delete(connection)) connection.close();
    await Promise.all(this.#work);
  }

  async #serve(
    connection: Deno.TcpConn,
    answer: (path: string, headers: Headers, count: number) => Answer,
  ): Promise<void> {
    this.#open.add(connection);
    try {
      const bytes = new Uint8Array(65_536);
      let head = "";
      while (!head.includes("\r\n\r\n")) {
        const count = await connection.read(bytes);
        if (count === null) return;
        head += new TextDecoder().decode(bytes.subarray(0, count));
      }
      const [first = "", ...lines] = head.split("\r\n\r\n")[0]!.split("\r\n");
      const path = first.split(" ")[1]!;
      const headers = new Headers(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
      const count = this.#counts.get(path) ?? 0;
      this.#counts.set(path, count + 1);
      const [text, stays = false] = answer(path, headers, count);
      await connection.write(new TextEncoder().encode(text));
      // Bun drops what comes together with a connection that breaks off.
      if (!stays) return await new Promise((resolve) => setTimeout(resolve, 50));
      while (await connection.read(bytes) !== null);
      this.left++;
    } catch {
      // A client that resets its connection has left as well.
      this.left++;
    } finally {
      if (this.#open.delete(connection)) connection.close();
    }
  }
}

const json = (value: unknown, headers = ""): Answer => {
  const body = JSON.stringify(value);
  const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}`;
  return [`HTTP/1.1 200 OK\r\nConnection: close\r\n${head}\r\n${body}`];
};
const redirect = (status: number, location: string): Answer => [
  `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
];
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const DONE: Answer = ["HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"];
const keysOf = (headers: Headers) => ({
  accept: headers.get("accept") ?? "",
  authorization: headers.get("authorization") ?? "",
  key: headers.get("x-api-key") ?? "",
});

for (const [name, run] of RUNTIMES) {
  Deno.test(`${name}: a client takes no key along, and goes on where an answer broke off`, async () => {
    await using other = new ByteServer((_path, headers) => json(keysOf(headers)));
    await using server = new ByteServer((path, headers, count) => {
      const lastId = headers.get("last-event-id");
      switch (path) {
        case "/to-other":
          return redirect(302, `${other.base}/keys`);
        case "/to-other-307":
          return redirect(307, `${other.base}/keys`);
        case "/to-self":
          return redirect(307, "/keys");
        case "/keys":
          return json(keysOf(headers));
        case "/busy":
          return [
            "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nhalf",
            true,
          ];
        case "/pages/1":
          return json([1, 2], `Link: </pages/2>; rel="next"\r\n`);
        case "/pages/2":
          return json([3, 4]);
        case "/endless":
          return [CHUNKED + chunk("data: first\n\n") + chunk("data: second\n\n"), true];
        case "/broken":
          // Each connection breaks off, in the middle of a chunk and of an event too.
          if (lastId === "3") return DONE;
          return [
            {
              none: CHUNKED + chunk("id: 1\ndata: a\n\n"),
              1: `${CHUNKED}${chunk("id: 2\ndata: b\n\n")}ff\r\nid: 3\nda`,
              2: CHUNKED + chunk("id: 3\ndata: c\n\n"),
            }[lastId ?? "none"]!,
          ];
        case "/stalled":
          if (count === 0) return [`${CHUNKED}${chunk("id: 1\ndata: a\n\n")}ff\r\nid: 2\nda`, true];
          return count === 1 ? [`${EVENTS}\r\nid: 2\ndata: b\n\n`] : DONE;
        default:
          return ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"];
      }
    });

    const bearer = "Bearer my-own-key-77";
    const accept = "application/json";
    assertEquals(await run(server.base), {
      left: "first",
      redirected: { accept, authorization: "", key: "" },
      stayed: { accept, authorization: bearer, key: "my-own-key-77" },
      refused: "REDIRECT_REFUSED",
      failed: ["HTTP_503", "7", "half"],
      rows: [1, 2, 3, 4],
      rest: [4],
      broken: ["a", "b", "c"],
      stalled: ["a", "b"],
    });
    // The endless one, the busy one, and the one that stalled.
    assertEquals(server.left, 3);
  });
}
