import type { StreamingError } from "@headrace/pipeline";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import type { Answer, Entry, LineError } from "./lines.ts";
import { readBytes } from "./read_bytes.ts";
import { splitArray } from "./split_array.ts";

/** The longest that a call may take with all its attempts, and what it waits in between. */
const TOTAL_MS = 120_000;

/** Whatever answers requests: a service binding has this form. */
export interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

/** The service that the records go to. */
export interface Service {
  readonly fetcher: Fetcher;
  readonly url: string;
  /** What it is shown to know the Worker by; absent where it asks for nothing. */
  readonly token: string | undefined;
  /** The longest that one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How often a call is made at most. */
  readonly attempts: number;
  /** The longest answer that is taken, in bytes. */
  readonly maxAnswerBytes: number;
}

/** Sends the records of a group to the service and puts each result beside its line. */
export type CallService = (entries: readonly Entry[], signal: AbortSignal) => Promise<Answer[]>;

/** Why a call brought no results; its lines report `code` and the message. */
class CallError extends Error {
  readonly code: string;
  /** What the service answered with: `retry` reads whether, and when, to try again. */
  readonly response: Pick<Response, "status" | "headers"> | undefined;

  constructor(code: string, message: string, response?: Response) {
    super(message);
    this.code = code;
    this.response = response;
  }
}

/** Calls the service, again where it was in trouble, and after the time that it asks for. */
export function createCalls(service: Service): CallService {
  const { timeoutMs, attempts } = service;
  const calls = StreamingPipeline.start<readonly string[]>().use(
    "call",
    map((records, _, { signal }) => requestResults(service, records, signal), {
      timeoutMs,
      retry: { maxAttempts: attempts, backoffMs: 250, totalMs: TOTAL_MS },
    }),
  );
  return async (entries, signal) => {
    const records = entries.flatMap((entry) => "recordJson" in entry ? [entry.recordJson] : []);
    // A failed call is the error of its lines, and the run continues. Where `signal` has aborted
    // there is no run to continue.
    const outcome = await calls.executeToArray(records.length === 0 ? [] : [records], { signal })
      .then(([results = []]) => ({ results }), (cause) => {
        signal.throwIfAborted();
        return { error: describeFailure(cause, timeoutMs) };
      });
    let next = 0;
    return entries.map((entry): Answer => {
      if ("error" in entry) return entry;
      const { line } = entry;
      return "error" in outcome
        ? { line, error: outcome.error }
        : { line, resultJson: outcome.results[next++]! };
    });
  };
}

async function requestResults(
  { fetcher, url, token, maxAnswerBytes }: Service,
  records: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const response = await fetcher.fetch(
    new Request(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: `[${records.join(",")}]`,
      // Where it would lead is not the service that the token is for.
      redirect: "manual",
      signal,
    }),
  );
  if (!response.ok) {
    // What counts is the status, also where its body breaks off.
    await response.body?.cancel().catch(() => {});
    const { status } = response;
    const message = `The service answered with status ${status}`;
    throw new CallError(`HTTP_${status}`, message, response);
  }
  const body = await readBytes(response, maxAnswerBytes);
  if (body === undefined) {
    const message = `The service must answer with at most ${maxAnswerBytes} bytes`;
    throw new CallError("ANSWER_TOO_LONG", message);
  }
  const results = readResults(body);
  if (results?.length === records.length) return results;
  const got = results?.length ?? "other JSON";
  const message = `The service must answer with an array of ${records.length} results, got ${got}`;
  throw new CallError("BAD_ANSWER", message);
}

function readResults(body: Uint8Array): string[] | undefined {
  try {
    return splitArray(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new CallError("BAD_ANSWER", "The service must answer with JSON");
  }
}

function describeFailure(thrown: unknown, timeoutMs: number): LineError {
  const { cause, code } = thrown as StreamingError;
  if (cause instanceof CallError) return { code: cause.code, message: cause.message };
  if (code === "TimeoutError") {
    return { code: "TIMEOUT", message: `The service must answer within ${timeoutMs} ms` };
  }
  return { code: "UNREACHABLE", message: "The service could not be reached" };
}
