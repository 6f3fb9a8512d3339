import type { Answer, Entry, LineError } from "./lines.ts";

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

type Outcome = { readonly results: readonly unknown[] } | { readonly error: LineError };

/** Sends the records of a group to the service, in one call, and puts each result beside its line. */
export async function callService(
  service: Service,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<Answer[]> {
  const records = entries.flatMap((entry) => "record" in entry ? [entry.record] : []);
  const outcome = records.length === 0 ? { results: [] } : await tryCall(service, records, signal);
  let next = 0;
  return entries.map((entry): Answer => {
    if ("error" in entry) return entry;
    const { line } = entry;
    return "error" in outcome
      ? { line, error: outcome.error }
      : { line, result: outcome.results[next++] };
  });
}

/**
 * A failed call is the error of its lines, and the run goes on: this is the one place that says so.
 * Where `signal` has aborted there is no run to go on.
 */
async function tryCall(
  service: Service,
  records: readonly unknown[],
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
  records: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown[]> {
  const response = await fetcher.fetch(
    new Request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(records),
      signal,
    }),
  );
  if (!response.ok) {
    await response.body?.cancel();
    const { status } = response;
    throw new CallError(`HTTP_${status}`, `The service answered with status ${status}`);
  }
  const results: unknown = await response.json();
  if (Array.isArray(results) && results.length === records.length) return results;
  const got = Array.isArray(results) ? results.length : typeof results;
  const message = `The service must answer with an array of ${records.length} results, got ${got}`;
  throw new CallError("BAD_ANSWER", message);
}

function describeFailure(cause: unknown): LineError {
  if (cause instanceof CallError) return { code: cause.code, message: cause.message };
  if (cause instanceof SyntaxError) {
    return { code: "BAD_ANSWER", message: "The service must answer with JSON" };
  }
  return { code: "UNREACHABLE", message: "The service could not be reached" };
}
