import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/** How the endpoint answers its first, second… request; `HANG` is no answer before the test is over. */
export type Answer = (
  request: EmbeddingRequest,
  number: number,
) => Response | typeof HANG | Promise<Response | typeof HANG>;

export const HANG = "hang";

/** What a client sent. */
export interface EmbeddingRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly model: string;
  readonly input: readonly string[];
}

/** A server on loopback that speaks the OpenAI embeddings protocol, well or badly. */
export class Endpoint implements AsyncDisposable {
  readonly requests: EmbeddingRequest[] = [];
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      // A client that leaves ends its answer, and this.
      this.#handle(request, response, answer).catch(() => response.destroy());
    });
  }

  static async create(answer: Answer = answerWell): Promise<Endpoint> {
    const endpoint = new Endpoint(answer);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, "127.0.0.1", resolve));
    return endpoint;
  }

  get url(): string {
    const { port } = this.#server.address() as { readonly port: number };
    return `http://127.0.0.1:${port}/v1`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    let body = "";
    for await (const bytes of request.setEncoding("utf8")) body += bytes;
    const { model, input } = JSON.parse(body);
    const headers = new Headers(request.headers as Record<string, string>);
    const received = { path: request.url!.split("?")[0]!, headers, model, input };
    this.requests.push(received);
    const answered = await answer(received, this.requests.length);
    if (answered === HANG) return;
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    for await (const bytes of answered.body ?? []) {
      if (response.destroyed) return;
      if (!response.write(bytes)) await flushed(response);
    }
    response.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Resolves when more can be written, or the client has left. */
function flushed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off("drain", end).off("close", end);
      resolve();
    };
    response.on("drain", end).on("close", end);
  });
}

export function answerWell({ input, model }: EmbeddingRequest): Response {
  const data = input.map((text, index) => ({
    object: "embedding",
    index,
    embedding: vectorOf(text),
  }));
  return Response.json({
    object: "list",
    model,
    data,
    usage: { prompt_tokens: 1, total_tokens: 1 },
  });
}

/** Eight numbers that differ from text to text. */
export function vectorOf(text: string): number[] {
  const vector = new Array<number>(8).fill(0.01);
  for (let at = 0; at < text.length; at++) {
    vector[at % 8] = (vector[at % 8] ?? 0) + text.charCodeAt(at) / 1000;
  }
  return vector;
}
