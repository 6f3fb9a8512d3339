import type { LineError } from "./lines.ts";

const NDJSON_TYPES: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/jsonlines",
  "application/x-jsonlines",
]);

const CODINGS: ReadonlySet<string> = new Set(["gzip", "identity"]);

/** The answer to a request that is not an upload, or may make none; nothing where it may. */
export function refuse(
  { method, headers }: Request,
  token: string | undefined,
): Response | undefined {
  if (token !== undefined && !areEqual(headers.get("authorization") ?? "", `Bearer ${token}`)) {
    const message = "The request must have the header Authorization: Bearer with the token";
    const challenge = { "www-authenticate": "Bearer" };
    return createRefusal(401, { code: "UNAUTHORIZED", message }, challenge);
  }
  if (method !== "POST") {
    const message = `The method must be POST, got ${method}`;
    return createRefusal(405, { code: "METHOD_NOT_ALLOWED", message }, { allow: "POST" });
  }
  const type = headers.get("content-type") ?? "";
  if (!NDJSON_TYPES.has(type.split(";")[0]!.trim().toLowerCase())) {
    const message = `The content type must be application/x-ndjson, got ${type || "none"}`;
    return createRefusal(415, { code: "UNSUPPORTED_MEDIA_TYPE", message });
  }
  const coding = headers.get("content-encoding") ?? "identity";
  if (!CODINGS.has(coding.toLowerCase())) {
    const message = `The content encoding must be gzip or identity, got ${coding}`;
    const accepted = { "accept-encoding": "gzip, identity" };
    return createRefusal(415, { code: "UNSUPPORTED_CONTENT_ENCODING", message }, accepted);
  }
}

function createRefusal(status: number, error: LineError, headers?: HeadersInit): Response {
  return Response.json({ error }, { status, ...(headers && { headers }) });
}

/** Compares in a time that says nothing of where two texts of a length differ. */
function areEqual(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let at = 0; at < expected.length; at++) {
    difference |= given.charCodeAt(at) ^ expected.charCodeAt(at);
  }
  return difference === 0;
}
