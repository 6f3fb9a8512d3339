import type { Embedder } from "./embedder.ts";
import {
  EmbeddingAnswerError,
  EmbeddingHttpError,
  EmbeddingUnreachableError,
} from "./embedding_errors.ts";
import { complaint, requireKnown } from "./_options.ts";
import { unitVector } from "./unit_vector.ts";
import { Dimensions } from "./_vectors.ts";

/** 50 texts with 8,192 numbers of 25 characters are 10 MB: more than this is not an answer. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
const MAX_SHOWN_CHARS = 300;
/** How much of the body of a refusal is read, and for how long: what counts is its status. */
const MAX_EXCERPT_BYTES = 8_192;
const EXCERPT_WITHIN_MS = 1_000;
const HIDDEN = "***";
/** Shorter parameters of the address are likely to be words. */
const SECRET_MIN_LENGTH = 6;
/** Headers that errors leave out: they hold keys, or addresses that may hold some. */
const PRIVATE_HEADERS: readonly string[] = ["set-cookie", "set-cookie2", "location"];
/** How deep the causes of an error are followed: one that is its own cause has no end. */
const MAX_CAUSES = 8;

/**
 * Where and how {@linkcode HttpEmbedder} asks for vectors.
 *
 * @category Embedding
 */
export interface HttpEmbedderOptions {
  /** The full address, `/embeddings` included: http or https. */
  readonly url: string | URL;
  /** The name of the model. */
  readonly model: string;
  /** Sent as a bearer token: printable ASCII. @default none */
  readonly apiKey?: string | undefined;
}

/**
 * Asks an endpoint that speaks the OpenAI embeddings protocol. One call is one request, which is not
 * tried again; its answer is bounded and checked: as many vectors as texts, of one length, finite, not all
 * zeros. A redirect is refused, and the key is in no error.
 *
 * @category Embedding
 *
 * @example The embedder of a provider
 * ```ts
 * import { HttpEmbedder } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const embedder = new HttpEmbedder({
 *   url: "https://api.openai.com/v1/embeddings",
 *   model: "text-embedding-3-small",
 *   apiKey: "sk-…".slice(0, 3),
 * });
 * assertEquals(embedder.model, "text-embedding-3-small");
 * ```
 */
export class HttpEmbedder implements Embedder {
  /** The name of the model. */
  readonly model: string;
  readonly #url: URL;
  readonly #apiKey: string;
  /** What no error shows. */
  readonly #secrets: readonly string[];
  readonly #dimensions = new Dimensions("The embedding endpoint");

  /**
   * Makes one; nothing is asked yet.
   *
   * @throws {TypeError} If an option is not valid. The key is not shown.
   */
  constructor(options: HttpEmbedderOptions) {
    requireKnown("new HttpEmbedder", options, ["url", "model", "apiKey"]);
    const { url, model, apiKey = "" } = options;
    if (typeof model !== "string" || model === "") {
      throw new TypeError(complaint("new HttpEmbedder", "model", "a non-empty string", model));
    }
    const parsed = URL.parse(url);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      throw new TypeError("Cannot call new HttpEmbedder: url must be an http or https address");
    }
    // Anything else could not be sent in a header, and the error of `fetch` would show the key.
    if (typeof apiKey !== "string" || !/^[\x21-\x7e]*$/.test(apiKey)) {
      throw new TypeError("Cannot call new HttpEmbedder: apiKey must be printable ASCII");
    }
    this.model = model;
    // It is not sent, and platforms show the address without it.
    parsed.hash = "";
    this.#url = parsed;
    this.#apiKey = apiKey;
    const { password, searchParams } = parsed;
    const parts = [password, ...searchParams.values()];
    const secrets = parts.filter(({ length }) => length >= SECRET_MIN_LENGTH);
    this.#secrets = apiKey === "" ? secrets : [apiKey, ...secrets];
  }

  /**
   * Asks for the vectors of the texts, in one request.
   *
   * @throws {EmbeddingHttpError} The endpoint refuses the request.
   * @throws {EmbeddingAnswerError} What it answers cannot be the vectors of these texts.
   * @throws {EmbeddingUnreachableError} No answer comes.
   * @throws {Error} The length of its vectors differs from that of earlier ones.
   *
   * @category Embedding
   */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const answer = await this.#request(texts, signal).catch((error) => {
      throw this.#explain(error);
    });
    const vectors = readVectors(parseJson(answer), texts.length);
    this.#dimensions.require(vectors);
    return vectors;
  }

  async #request(texts: readonly string[], signal: AbortSignal): Promise<string> {
    const { model } = this;
    const apiKey = this.#apiKey;
    const response = await fetch(this.#url, {
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
    if (response.ok) return await readBounded(response);
    const body = await readExcerpt(response);
    signal.throwIfAborted();
    throw this.#refusal(response, body);
  }

  #refusal(response: Response, body: string): EmbeddingHttpError {
    const shown = this.#redact(body.replace(/\s+/g, " ").trim()).slice(0, MAX_SHOWN_CHARS);
    const headers = new Headers();
    for (const [name, value] of response.headers) {
      if (!PRIVATE_HEADERS.includes(name)) headers.append(name, this.#redact(value));
    }
    return new EmbeddingHttpError({ detail: shown, status: response.status, headers });
  }

  /** The address without the query that it may carry. */
  get #shownUrl(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Some servers repeat the key in their answer, and platforms the address in their errors. */
  #redact(text: string): string {
    const shown = text.replaceAll(this.#url.href, this.#shownUrl);
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), shown);
  }

  /** `fetch` fails with a bare TypeError: say which endpoint. */
  #explain(error: unknown): unknown {
    if (!(error instanceof TypeError)) return error;
    let each: unknown = error;
    for (let depth = 0; depth < MAX_CAUSES && each instanceof Error; depth++) {
      // Bun 1.4 has the address in a property of its own.
      for (const name of ["message", "stack", ...Object.keys(each)]) {
        const text = Reflect.get(each, name);
        if (typeof text === "string") Reflect.set(each, name, this.#redact(text));
      }
      each = each.cause;
    }
    // Deno and Node give the reason in the cause.
    const { message: reason } = error.cause instanceof Error ? error.cause : error;
    const message = `Cannot reach the embedding endpoint ${this.#shownUrl}: ${reason}`;
    return new EmbeddingUnreachableError(message, { cause: error });
  }
}

/** The beginning of a body, as far as it comes in time and can be read. */
async function readExcerpt({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, EXCERPT_WITHIN_MS, undefined);
  });
  let text = "";
  let left = MAX_EXCERPT_BYTES;
  try {
    while (reader !== undefined && left > 0) {
      const read = await Promise.race([reader.read(), late]);
      if (read === undefined || read.done) break;
      text += decoder.decode(read.value.subarray(0, left), { stream: true });
      left -= read.value.length;
    }
  } catch {
    // The request is refused anyway: the excerpt is what came before.
  } finally {
    clearTimeout(timer);
    reader?.cancel().catch(() => {});
  }
  return text;
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const bytes of response.body ?? []) {
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_RESPONSE_BYTES) {
      throw new EmbeddingAnswerError(
        `The embedding endpoint answered with more than ${MAX_RESPONSE_BYTES} bytes`,
      );
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EmbeddingAnswerError("The embedding endpoint's answer is not JSON");
  }
}

function readVectors(answer: unknown, expected: number): Float32Array[] {
  const data = field(answer, "data");
  if (!Array.isArray(data)) {
    throw new EmbeddingAnswerError('The embedding endpoint\'s answer has no "data" list');
  }
  if (data.length !== expected) {
    throw new EmbeddingAnswerError(
      `The embedding endpoint answered with ${data.length} vectors for ${expected} texts`,
    );
  }
  const vectors = new Array<Float32Array | undefined>(expected).fill(undefined);
  for (const [at, entry] of data.entries()) {
    // By the protocol, `index` is the place of the text; servers without it keep the order.
    const index = field(entry, "index") ?? at;
    if (typeof index !== "number" || !(index in vectors) || vectors[index] !== undefined) {
      throw new EmbeddingAnswerError(
        `The embedding endpoint's answer has a wrong index at place ${at}`,
      );
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
