import type { Answer, Entry, LineError } from "./lines.ts";
import { splitArray } from "./split_array.ts";

/** Whatever answers requests: a service binding has this form. */
export interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

/** The service that the records go to. */
export interface Service {
  readonly fetcher: Fetcher;
  readonly url: string;
  /** The longest that one call may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Why a call brought no results; its lines report `code` and the message. */
class CallError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type Outcome = { readonly results: readonly string[] } | { readonly error: LineError };

/** Sends the records of a group to the service, in one call, and puts each result beside its line. */
export async function callService(
  service: Service,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<Answer[]> {
  const records = entries.flatMap((entry) => "recordJson" in entry ? [entry.recordJson] : []);
  const outcome = records.length === 0 ? { results: [] } : await tryCall(service, records, signal);
  let next = 0;
  return entries.map((entry): Answer => {
    if ("error" in entry) return entry;
    const { line } = entry;
    return "error" in outcome
      ? { line, error: outcome.error }
      : { line, resultJson: outcome.results[next++]! };
  });
}

/**
 * A failed call is the error of its lines, and the run goes on: this is the one place that says so.
 * Where `signal` has aborted there is no run to go on.
 */
async function tryCall(
  service: Service,
  records: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), service.timeoutMs);
  const bounded = AbortSignal.any([signal, timeout.signal]);
  try {
    return { results: await requestResults(service, records, bounded) };
  } catch (cause) {
    signal.throwIfAborted();
    if (!timeout.signal.aborted) return { error: describeFailure(cause) };
    const message = `The service must answer within ${service.timeoutMs} ms`;
    return { error: { code: "TIMEOUT", message } };
  } finally {
    clearTimeout(timer);
  }
}

async function requestResults(
  { fetcher, url }: Service,
  records: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const response = await fetcher.fetch(
    new Request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `[${records.join(",")}]`,
      signal,
    }),
  );
  if (!response.ok) {
    await response.body?.cancel();
    const { status } = response;
    throw new CallError(`HTTP_${status}`, `The service answered with status ${status}`);
  }
  const results = readResults(await response.arrayBuffer());
  if (results?.length === records.length) return results;
  const got = results?.length ?? "other JSON";
  const message = `The service must answer with an array of ${records.length} results, got ${got}`;
  throw new CallError("BAD_ANSWER", message);
}

function readResults(body: ArrayBuffer): string[] | undefined {
  try {
    return splitArray(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new CallError("BAD_ANSWER", "The service must answer with JSON");
  }
}

function describeFailure(cause: unknown): LineError {
  if (cause instanceof CallError) return { code: cause.code, message: cause.message };
  return { code: "UNREACHABLE", message: "The service could not be reached" };
}
