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
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #over = Promise.withResolvers<Response>();

  constructor(answer: Answer = answerWell) {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const { model, input } = await request.json();
      const { headers, url } = request;
      const received = { path: new URL(url).pathname, headers, model, input };
      this.requests.push(received);
      const response = await answer(received, this.requests.length);
      return response === HANG ? await this.#over.promise : response;
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.resolve(new Response());
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
