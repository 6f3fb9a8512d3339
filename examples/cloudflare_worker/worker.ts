import { chooseFormat } from "./format.ts";
import { runUpload } from "./pipeline.ts";
import { readChunks } from "./read_chunks.ts";
import { refuse } from "./refuse.ts";
import { send } from "./send.ts";
import { type Env, readSettings } from "./settings.ts";

/** The most that one read of the upload takes. */
const CHUNK_BYTES = 65_536;

/** What a Worker gets beside the request and its environment. */
export interface ExecutionContext {
  /** Keeps the Worker alive until the promise settles, also when the client has left. */
  waitUntil(promise: Promise<unknown>): void;
}

/** A transform of Workers whose queue is outside of JavaScript. */
declare const IdentityTransformStream: new () => TransformStream<Uint8Array, Uint8Array>;

/** The cast: the types say that it takes any bytes, and so not these. */
function createGunzip(): TransformStream<Uint8Array, Uint8Array> {
  return new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>;
}

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response {
    const refusal = refuse(request, env.TOKEN);
    if (refusal !== undefined) return refusal;
    const { body, headers, signal } = request;

    // An upload breaks off before the request's own signal is aborted when the client has left.
    const broken = new AbortController();
    const left = AbortSignal.any([signal, broken.signal]);
    const sent = readChunks(body ?? new Blob().stream(), {
      chunkBytes: CHUNK_BYTES,
      onBroken: (error) => broken.abort(error),
    });
    const upload = headers.get("content-encoding")?.toLowerCase() === "gzip"
      ? sent.pipeThrough(createGunzip())
      : sent;
    const format = chooseFormat(headers.get("accept"));
    const settings = readSettings(env);
    const run = runUpload(upload, settings, format, left);
    const heartbeat = {
      bytes: new TextEncoder().encode(format.heartbeat),
      afterMs: settings.heartbeatMs,
    };

    // Several versions of workerd do not cancel a response made from a stream in JavaScript when the
    // client leaves (cloudflare/workerd#6832); a write to a native one fails.
    const { readable, writable } = new IdentityTransformStream();
    context.waitUntil(send(run, writable, left, heartbeat));
    return new Response(readable, {
      headers: { "content-type": format.contentType, "cache-control": "no-store, no-transform" },
    });
  },
};
