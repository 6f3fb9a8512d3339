import type { FailedLine } from "../../lines.ts";
import type { TestRecord } from "./service.ts";

/** An answer as a client reads it. */
export type Answer = { readonly line: number; readonly result: unknown } | FailedLine;

/** What a test uploads. */
export type Upload = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** Sends an upload; resolves when the response begins. */
export async function upload(url: string, body: Upload, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("content-type")) headers.set("content-type", "application/x-ndjson");
  return await fetch(url, { method: "POST", body, ...init, headers });
}

/** Sends an upload and reads all answers. */
export async function uploadAll(url: string, body: Upload): Promise<Answer[]> {
  const response = await upload(url, body);
  return (await response.text()).split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** One line per record. */
export function toLines(...records: readonly TestRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** Reads the answers of a response one by one. */
export async function* readAnswers(response: Response): AsyncGenerator<Answer, void, undefined> {
  let open = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (open + text).split("\n");
    open = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
