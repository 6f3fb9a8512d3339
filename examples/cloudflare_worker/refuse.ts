import type { LineError } from "./lines.ts";

const NDJSON_TYPES: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
]);

/** The answer to a request that is not an upload; nothing where it is one. */
export function refuse({ method, headers }: Request): Response | undefined {
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
  if (coding.toLowerCase() !== "identity") {
    const message = `The content encoding must be identity, got ${coding}`;
    const accepted = { "accept-encoding": "identity" };
    return createRefusal(415, { code: "UNSUPPORTED_CONTENT_ENCODING", message }, accepted);
  }
}

function createRefusal(status: number, error: LineError, headers?: HeadersInit): Response {
  return Response.json({ error }, { status, ...(headers && { headers }) });
}
