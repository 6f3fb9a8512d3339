import type { Embedder } from "./embedder.ts";
import { unitVector } from "./unit_vector.ts";

/** 50 texts with 8,192 numbers of 25 characters are 10 MB: more than this is not an answer. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
const MAX_SHOWN_CHARS = 300;

/** Where and how to ask for vectors. */
export interface HttpEmbedderOptions {
  /** The full address, `/embeddings` included. */
  readonly url: URL;
  readonly model: string;
  /** Sent as a bearer token; empty for none. */
  readonly apiKey: string;
}

/** The endpoint refused a request. Status and headers tell the library whether to try again. */
export class EmbeddingHttpError extends Error {
  override readonly name = "EmbeddingHttpError";
  /** What the server said, without the key. Not in the message: it may repeat the texts. */
  readonly detail: string;
  /** The HTTP status. */
  readonly status: number;
  readonly headers: Headers;
  /** How long the endpoint asks to wait, in milliseconds, when it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(detail: string, status: number, headers: Headers) {
    const retryAfterMs = parseRetryAfter(headers.get("retry-after"), Date.now());
    const wait = retryAfterMs === undefined
      ? ""
      : `, retry after ${Math.ceil(retryAfterMs / 1000)} s`;
    super(`The embedding endpoint answered HTTP ${status}${wait}`);
    this.detail = detail;
    this.status = status;
    this.headers = headers;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The endpoint answered, but with something that cannot be stored for these texts. */
export class EmbeddingAnswerError extends Error {
  override readonly name = "EmbeddingAnswerError";
  readonly code = "EMBEDDING_ANSWER";
}

/** No answer came: the endpoint is down, or the address is wrong. */
export class EmbeddingUnreachableError extends Error {
  override readonly name = "EmbeddingUnreachableError";
  readonly code = "EMBEDDING_UNREACHABLE";
  /** Tells the library to try again. */
  readonly retryable = true;
}

/** Asks an OpenAI-compatible endpoint for the vectors of a batch. */
export class HttpEmbedder implements Embedder {
  readonly model: string;
  readonly #options: HttpEmbedderOptions;
  #dimensions: number | undefined;

  constructor(options: HttpEmbedderOptions) {
    this.model = options.model;
    this.#options = options;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const answer = await this.#request(texts, signal).catch((error) => {
      throw this.#explain(error);
    });
    const vectors = readVectors(parseJson(answer), texts.length);
    const dimensions = this.#dimensions ??= vectors[0]?.length;
    for (const vector of vectors) {
      if (vector.length !== dimensions) {
        throw new Error(
          `The embedding endpoint answered with ${vector.length} dimensions, before with ${dimensions}`,
        );
      }
    }
    return vectors;
  }

  async #request(texts: readonly string[], signal: AbortSignal): Promise<string> {
    const { url, model, apiKey } = this.#options;
    const response = await fetch(url, {
      method: "POST",
      // A redirect could carry the texts to somewhere else.
      redirect: "manual",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
      signal,
    });
    const body = await readBounded(response);
    if (!response.ok) throw this.#refusal(response, body);
    return body;
  }

  #refusal(response: Response, body: string): EmbeddingHttpError {
    const shown = this.#redact(body.replace(/\s+/g, " ").trim()).slice(0, MAX_SHOWN_CHARS);
    return new EmbeddingHttpError(shown, response.status, response.headers);
  }

  /** Some servers repeat the key in their answer. */
  #redact(text: string): string {
    const { apiKey } = this.#options;
    return apiKey === "" ? text : text.replaceAll(apiKey, "***");
  }

  /** `fetch` fails with a bare TypeError: say which endpoint, without the query it may carry. */
  #explain(error: unknown): unknown {
    if (!(error instanceof TypeError)) return error;
    const { url } = this.#options;
    const shown = `${url.origin}${url.pathname}`;
    // Deno and Node give the reason in the cause.
    const { message: detail } = error.cause instanceof Error ? error.cause : error;
    const reason = this.#redact(detail.replaceAll(url.href, shown));
    const message = `Cannot reach the embedding endpoint ${shown}: ${reason}`;
    return new EmbeddingUnreachableError(message, { cause: error });
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const bytes of response.body ?? []) {
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_RESPONSE_BYTES) {
      throw new Error(
        `The embedding endpoint answered with more than ${MAX_RESPONSE_BYTES} bytes`,
      );
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const atMs = /^\d+$/.test(value.trim()) ? nowMs + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("The embedding endpoint's answer is not JSON");
  }
}

function readVectors(answer: unknown, expected: number): Float32Array[] {
  const data = field(answer, "data");
  if (!Array.isArray(data)) throw new Error('The embedding endpoint\'s answer has no "data" list');
  if (data.length !== expected) {
    throw new EmbeddingAnswerError(
      `The embedding endpoint answered with ${data.length} vectors for ${expected} texts`,
    );
  }
  const vectors = new Array<Float32Array | undefined>(expected).fill(undefined);
  for (const [at, entry] of data.entries()) {
    // The protocol says that `index` tells which text it is; servers without it keep the order.
    const index = field(entry, "index") ?? at;
    if (typeof index !== "number" || !(index in vectors) || vectors[index] !== undefined) {
      throw new Error(`The embedding endpoint's answer has a wrong index at place ${at}`);
    }
    vectors[index] = readVector(field(entry, "embedding"), index);
  }
  return vectors.filter((vector) => vector !== undefined);
}

function readVector(value: unknown, index: number): Float32Array {
  if (!Array.isArray(value) || value.length === 0 || !value.every(Number.isFinite)) {
    throw new EmbeddingAnswerError(
      `The embedding endpoint's answer for text ${index} is not a list of finite numbers`,
    );
  }
  const vector = Float32Array.from(value);
  if (unitVector(vector) === undefined) {
    throw new EmbeddingAnswerError(
      `The embedding endpoint's answer for text ${index} is all zeros, or too large for 32 bits`,
    );
  }
  return vector;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
