/** How the endpoint answers one request. */
export type Answer = (request: EmbeddingRequest) => Response | Promise<Response>;

/** What a client sent. */
export interface EmbeddingRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly model: string;
  readonly input: readonly string[];
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A server on loopback that speaks the OpenAI embeddings protocol, well or badly. */
export class Endpoint implements AsyncDisposable {
  readonly requests: EmbeddingRequest[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #answer: Answer;

  constructor(answer: Answer = answerWell) {
    this.#answer = answer;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { model, input } = await request.json();
        const { headers, signal } = request;
        const received = { path: new URL(request.url).pathname, headers, model, input, signal };
        this.requests.push(received);
        return await this.#answer(received);
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
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
