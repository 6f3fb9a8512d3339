import { type Embedder, HttpEmbedder, LexicalEmbedder } from "@headrace/documents";
import { UsageError } from "./errors.ts";

/**
 * The embedder that the environment asks for: the endpoint at `EMBEDDING_URL` with the model
 * `EMBEDDING_MODEL` and the key `EMBEDDING_API_KEY`, or the offline lexical one.
 *
 * @throws {UsageError} A variable is missing or cannot be used. The key is never shown.
 */
export function embedderFrom(environment: Readonly<Record<string, string | undefined>>): Embedder {
  const { EMBEDDING_URL: url = "", EMBEDDING_MODEL: model = "", EMBEDDING_API_KEY: apiKey = "" } =
    environment;
  if (url === "") {
    if (model !== "") {
      throw new UsageError(
        `EMBEDDING_MODEL is "${model}" but EMBEDDING_URL is not set; set both or neither`,
      );
    }
    return new LexicalEmbedder();
  }
  if (model === "") throw new UsageError("EMBEDDING_URL is set but EMBEDDING_MODEL is not");
  // Anything else could not be sent in a header, and the error of `fetch` would show the key.
  if (!/^[\x21-\x7e]*$/.test(apiKey)) {
    throw new UsageError("EMBEDDING_API_KEY must be printable ASCII without spaces");
  }
  return new HttpEmbedder({ url: parseUrl(url), model, apiKey });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      "EMBEDDING_URL must be an http or https address, such as https://api.openai.com/v1",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError("EMBEDDING_URL must not hold a password; use EMBEDDING_API_KEY");
  }
  if (!url.pathname.endsWith("/embeddings")) {
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/embeddings`;
  }
  return url;
}
