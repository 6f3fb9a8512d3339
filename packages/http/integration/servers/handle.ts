// What every server of these tests answers, and what it has seen of its runs.

import { toResponse } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";

/** What a server has seen. */
export interface Seen {
  /** Sources that were opened. */
  opened: number;
  /** Sources that were closed. */
  closed: number;
  /** Items that were computed. */
  items: number;
  /** Calls whose signal was aborted. */
  aborted: number;
  /** Promises of {@linkcode HandleParts.waitUntil} that are resolved. */
  waited: number;
}

/** What belongs to one request. */
export interface HandleParts {
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: ((promise: Promise<void>) => void) | undefined;
}

const seen: Seen = { opened: 0, closed: 0, items: 0, aborted: 0, waited: 0 };
const LINE = "x".repeat(1_023);
/** More than a client reads at a time. */
const LONG = `mill ${LINE.repeat(256)}`;

/** Counts what is opened and closed; `give` makes the items. */
function source(give: () => Iterable<string>) {
  return {
    async *[Symbol.asyncIterator]() {
      seen.opened++;
      try {
        for (const item of give()) {
          seen.items++;
          yield item;
        }
      } finally {
        seen.closed++;
      }
    },
  };
}

const refusing = StreamingPipeline.start<string>().map("refusing", () => {
  throw Object.assign(new Error("secret"), { code: "REFUSED", status: 418 });
});

/** Answers a request by its path. */
export function handle(
  { url, method }: Pick<Request, "url" | "method">,
  { signal, waitUntil }: HandleParts = {},
): Response | Promise<Response> {
  const parts = {
    request: { method, signal },
    waitUntil: (closed: Promise<void>) => {
      waitUntil?.(closed);
      void closed.then(() => seen.waited++);
    },
  };
  const words = StreamingPipeline.start<string>().map("word", (word) => word);
  switch (["GET", "HEAD"].includes(method) ? new URL(url, "http://localhost").pathname : "") {
    case "/seen":
      return Response.json(seen);
    case "/rows":
      return toResponse(words, source(() => ["mill", "race"]), { as: "ndjson", ...parts });
    case "/idle":
    case "/unread": {
      const first = new URL(url, "http://localhost").pathname === "/unread" ? LONG : "mill";
      // One item comes, and the call for the second is never answered.
      const slow = StreamingPipeline.start<string>().map("slow", (_, index, { signal }) => {
        if (index === 0) return first;
        return new Promise<string>((_, reject) => {
          signal.addEventListener("abort", () => {
            seen.aborted++;
            reject(signal.reason);
          });
        });
      });
      const items = source(() => ["mill", "race"]);
      return toResponse(slow.run(items), { as: "sse", heartbeatMs: false, ...parts });
    }
    case "/beating": {
      const slow = StreamingPipeline.start<string>().map("slow", (word, index) => {
        return index === 0 ? word : new Promise<string>(() => {});
      });
      const items = source(() => ["mill", "race"]);
      const run = slow.run(items, { closeTimeoutMs: 0 });
      return toResponse(run, { as: "sse", heartbeatMs: 20, ...parts });
    }
    case "/endless": {
      const lines = source(function* () {
        for (;;) yield LINE;
      });
      return toResponse(words, lines, { as: "ndjson", ...parts });
    }
    case "/failing": {
      const failing = StreamingPipeline.start<string>().map("failing", (word) => {
        if (word === "broken") throw new Error("broken");
        return word;
      });
      const items = source(() => ["mill", "broken", "race"]);
      return toResponse(failing, items, { as: "ndjson", ...parts });
    }
    case "/refused":
      return toResponse(refusing, source(() => ["mill"]), { as: "ndjson", ...parts });
    case "/chosen": {
      const answer = { "content-type": "text/plain", "retry-after": "7" };
      return toResponse(refusing, source(() => ["mill"]), {
        as: "json",
        headers: { "cache-control": "max-age=60" },
        errorResponse: () => new Response("busy", { status: 503, headers: answer }),
        ...parts,
      });
    }
    case "/named": {
      const onError = () => ({ failed: true });
      return toResponse(refusing, source(() => ["mill"]), { as: "json", onError, ...parts });
    }
    case "/waiting":
    case "/beaten": {
      const silent = StreamingPipeline.start<string>().map(
        "silent",
        (_word, _index, { signal }) => {
          return new Promise<string>((_, reject) => {
            signal.addEventListener("abort", () => {
              seen.aborted++;
              reject(signal.reason);
            });
          });
        },
      );
      const isBeaten = new URL(url, "http://localhost").pathname === "/beaten";
      return toResponse(silent, source(() => ["mill"]), {
        ...{ as: "ndjson", heartbeatMs: isBeaten ? 20 : false },
        ...parts,
      });
    }
    default:
      return new Response("no such page", { status: 404 });
  }
}
