// The service that the Worker calls in the tests. A record can ask for trouble; GET answers with
// what has happened so far.

/** What has happened so far. */
export interface Counters {
  readonly calls: number;
  readonly records: number;
  /** Calls that have not ended. */
  readonly running: number;
  readonly mostRunning: number;
  /** Calls that ended because their caller left. */
  readonly aborted: number;
}

/** What a record of the tests can hold. */
export interface TestRecord {
  /** Comes back as the result. */
  readonly text?: string;
  /** How often the result repeats the text. */
  readonly repeat?: number;
  /** The call ends when its caller leaves. */
  readonly hang?: boolean;
  /** The call goes on when so many run at a time. */
  readonly meet?: number;
  /** The call is answered with this status. */
  readonly status?: number;
  /** So many calls with this record are answered with its status, and with this header, before one is not. */
  readonly times?: number;
  readonly retryAfter?: string;
  /** The call is answered with a redirect to there. */
  readonly location?: string;
  /** The result is what the call has sent as `authorization`. */
  readonly tellsToken?: boolean;
  /** The call is answered with this body. */
  readonly body?: string;
  /** The service breaks down. */
  readonly crash?: boolean;
}

declare const scheduler: { wait(delayMs: number): Promise<void> };

const counters = { calls: 0, records: 0, running: 0, mostRunning: 0, aborted: 0 };

export default {
  async fetch(
    request: Request,
    _env: unknown,
    context: { waitUntil(promise: Promise<unknown>): void },
  ): Promise<Response> {
    if (request.method === "GET") return Response.json(counters);
    counters.calls++;
    counters.running++;
    counters.mostRunning = Math.max(counters.mostRunning, counters.running);
    const answering = answer(request).finally(() => counters.running--);
    context.waitUntil(answering.catch(() => {}));
    return await answering;
  },
};

async function answer(request: Request): Promise<Response> {
  const records: TestRecord[] = await request.json();
  counters.records += records.length;
  for (const record of records) {
    const { hang, meet = 0, status, times = Infinity, retryAfter, location, body, crash } = record;
    if (hang) await untilAborted(request.signal);
    while (counters.mostRunning < meet) await scheduler.wait(1);
    if (location !== undefined) return new Response(null, { status: 302, headers: { location } });
    if (status !== undefined && counters.calls <= times) {
      const headers = new Headers(retryAfter === undefined ? [] : [["retry-after", retryAfter]]);
      return new Response("no", { status, headers });
    }
    if (body !== undefined) return new Response(body);
    if (crash) throw new Error("The service breaks down");
  }
  const token = request.headers.get("authorization");
  return Response.json(
    records.map(({ text = "", repeat = 1, tellsToken }) =>
      tellsToken ? token : text.repeat(repeat)
    ),
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Something must be under way, or the runtime takes the call for a dead one.
    const timer = setTimeout(resolve, 60_000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      counters.aborted++;
      resolve();
    });
  });
}
