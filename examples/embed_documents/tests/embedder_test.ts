import { deepEqual, doesNotMatch, equal, match, ok, throws } from "node:assert/strict";
import { embedderFrom } from "../embedder.ts";
import { UsageError } from "../errors.ts";
import { Endpoint } from "documents-tests/endpoint.ts";

const { signal } = new AbortController();

Deno.test("embedderFrom() is offline by default and takes an endpoint from the environment", async () => {
  match(embedderFrom({}).model, /^lexical/);
  await using endpoint = await Endpoint.create();
  for (const path of ["", "/", "/embeddings"]) {
    const environment = { EMBEDDING_URL: endpoint.url + path, EMBEDDING_MODEL: "tiny" };
    await embedderFrom(environment).embed(["one"], signal);
  }
  deepEqual(new Set(endpoint.requests.map(({ path }) => path)), new Set(["/v1/embeddings"]));
  equal(endpoint.requests[0]?.headers.has("authorization"), false);
});

Deno.test("embedderFrom() refuses settings that cannot work, and never shows the key", () => {
  const url = "http://localhost/v1";
  const cases: [Record<string, string>, RegExp][] = [
    [{ EMBEDDING_MODEL: "m" }, /EMBEDDING_URL is not set/],
    [{ EMBEDDING_URL: url }, /EMBEDDING_MODEL is not/],
    [{ EMBEDDING_URL: "localhost:80", EMBEDDING_MODEL: "m" }, /must be an http or https address/],
    [{ EMBEDDING_URL: "not an address", EMBEDDING_MODEL: "m" }, /must be an http or https address/],
    [{ EMBEDDING_URL: "http://a:sk-secret@b/", EMBEDDING_MODEL: "m" }, /must not hold a password/],
    [
      { EMBEDDING_URL: url, EMBEDDING_MODEL: "m", EMBEDDING_API_KEY: "sk-secret\nx" },
      /must be printable ASCII/,
    ],
  ];
  for (const [environment, message] of cases) {
    throws(() => embedderFrom(environment), (error) => {
      ok(error instanceof UsageError);
      match(error.message, message);
      doesNotMatch(error.message, /sk-secret/);
      return true;
    });
  }
});
