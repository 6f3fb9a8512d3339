const HEAD = [
  "POST / HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/x-ndjson",
  "Transfer-Encoding: chunked",
  "\r\n",
].join("\r\n");

/**
 * An upload over a bare TCP connection, for a client that leaves in the middle: where an upload by
 * `fetch` is aborted, Deno ends it as if it were complete.
 */
export class Connection implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const connection = new Connection(await Deno.connect({ hostname, port: Number(port) }));
    await connection.#write(HEAD);
    return connection;
  }

  /** Sends more of the upload. */
  async send(text: string): Promise<void> {
    await this.#write(`${new TextEncoder().encode(text).length.toString(16)}\r\n${text}\r\n`);
  }

  /** Ends the upload. */
  async finish(): Promise<void> {
    await this.#write("0\r\n\r\n");
  }

  /** Reads some of the response until it holds `wanted`. */
  async receive(wanted: string): Promise<void> {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(1_024);
    for (let text = ""; !text.includes(wanted);) {
      const count = await this.#connection.read(bytes);
      if (count === null) throw new Error(`The response ended: ${text}`);
      text += decoder.decode(bytes.subarray(0, count), { stream: true });
    }
  }

  /** Leaves. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #write(text: string): Promise<void> {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }
}
