// A client over a bare connection: it reads as much as it wants, and leaves when it wants.

/** One request on a connection of its own. */
export class Client implements Disposable {
  readonly #connection: Deno.TcpConn;
  #text = "";
  #isOpen = true;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Asks for `path`. */
  static async ask(port: number, path: string): Promise<Client> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = new Client(connection);
    const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    return client;
  }

  /** Reads until the answer holds `wanted`; returns all of it so far. */
  async receive(wanted: string): Promise<string> {
    const bytes = new Uint8Array(4_096);
    while (!this.#text.includes(wanted)) {
      const count = await this.#connection.read(bytes);
      if (count === null) throw new Error(`The answer ended: ${this.#text}`);
      this.#text += new TextDecoder().decode(bytes.subarray(0, count));
    }
    return this.#text;
  }

  /** Reads until the connection ends; returns all of the answer. */
  async receiveAll(): Promise<string> {
    const bytes = new Uint8Array(4_096);
    try {
      for (;;) {
        const count = await this.#connection.read(bytes);
        if (count === null) break;
        this.#text += new TextDecoder().decode(bytes.subarray(0, count));
      }
    } catch {
      // A connection that was reset has ended as well.
    }
    return this.#text;
  }

  /** Leaves. */
  leave(): void {
    if (this.#isOpen) this.#connection.close();
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
