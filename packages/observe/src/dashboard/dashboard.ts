import type { RunObserver } from "@headrace/pipeline";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { readCount, readMs, requireKnown, requireType, show } from "../_options.ts";
import { createGate, isLoopback } from "./_gate.ts";
import { Readers } from "./_readers.ts";
import { PAGE, SCRIPT, STYLE } from "./_page.ts";
import { type Handler, listen } from "./_serve.ts";
import { WatchedRuns } from "./_watched_runs.ts";

const SUBJECT = "Cannot make a dashboard";
const SERVE_SUBJECT = "Cannot serve a dashboard";
const OPTIONS = ["token", "intervalMs", "maxRuns", "keptRuns", "maxReaders", "basePath"];
const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_MAX_RUNS = 100;
const DEFAULT_KEPT_RUNS = 50;
const DEFAULT_MAX_READERS = 50;
/** Shorter ones can be guessed. */
const MIN_TOKEN_LENGTH = 16;
const MAX_PORT = 65_535;

/**
 * Options of {@linkcode dashboard}.
 *
 * @category Dashboard
 */
export interface DashboardOptions {
  /**
   * What a reader has to know: at least 16 characters. Without one, only requests for a name of this machine
   * are answered.
   */
  readonly token?: string | undefined;
  /** The time between two looks at the runs, in milliseconds. @default {1000} */
  readonly intervalMs?: number | undefined;
  /** How many runs that go on are shown. The others are counted. @default {100} */
  readonly maxRuns?: number | undefined;
  /** How many runs that are over are kept, the latest. @default {50} */
  readonly keptRuns?: number | undefined;
  /** How many pages may be open at a time. @default {50} */
  readonly maxReaders?: number | undefined;
  /** Where it stands in a server of one's own, such as `/pipelines`. @default {"/"} */
  readonly basePath?: string | undefined;
}

/**
 * Where a dashboard listens.
 *
 * @category Dashboard
 */
export interface ServeOptions {
  /** The name or address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string | undefined;
  /** The port to listen on; 0 for any that is free. @default {0} */
  readonly port?: number | undefined;
}

/**
 * A server of a dashboard.
 *
 * @category Dashboard
 */
export interface DashboardServer extends AsyncDisposable {
  /** The address of the page, with the token, if there is one. */
  readonly url: string;
  /** Ends all connections, and the server. */
  close(): Promise<void>;
}

/**
 * A page that shows runs while they go on.
 *
 * @category Dashboard
 */
export interface Dashboard {
  /**
   * Makes an observer of runs that are shown under a name.
   *
   * @param name What the runs are called. @default {"run"}
   */
  observe(name?: string): RunObserver;
  /** Answers a request for the page or what it needs: for a server of one's own, and for Workers. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Opens a server on Deno, Bun or Node, which keeps no process alive.
   *
   * @throws {TypeError | RangeError} If an option is not valid, or others than this machine could look in
   * without a token.
   */
  serve(options?: ServeOptions): Promise<DashboardServer>;
}

/**
 * Makes a page that shows runs while they go on, in a browser: their stages with live rates, what is in
 * flight, what waits and for what, and what has failed, by its codes; several runs, and those that are over.
 * Nothing of an item is on it.
 *
 * Figures are looked up at an interval for each page that is open, and not at all while there is none. The
 * page is sent nothing new before it has taken what was sent.
 *
 * @param options Who may look in, and how much is shown.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Dashboard
 *
 * @example A page at an address of this machine
 * ```ts
 * import { dashboard } from "@headrace/observe/dashboard";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const board = dashboard();
 * await StreamingPipeline.start<number>().executeToArray([1], { observer: board.observe("one") });
 *
 * const page = await board.fetch(new Request("http://localhost/"));
 * assertEquals(page.status, 200);
 * ```
 */
export function dashboard(options: DashboardOptions = {}): Dashboard {
  requireKnown(SUBJECT, options, OPTIONS);
  const { token, basePath = "/" } = options;
  requireToken(token);
  const runs = new WatchedRuns(
    readCount(SUBJECT, "maxRuns", options.maxRuns, DEFAULT_MAX_RUNS),
    readCount(SUBJECT, "keptRuns", options.keptRuns, DEFAULT_KEPT_RUNS),
  );
  const intervalMs = readMs(SUBJECT, "intervalMs", options.intervalMs, DEFAULT_INTERVAL_MS);
  const maxReaders = readCount(SUBJECT, "maxReaders", options.maxReaders, DEFAULT_MAX_READERS);
  const readers = new Readers(runs, intervalMs, maxReaders);
  const base = readBase(basePath);
  const handler = createHandler(base, token, readers);
  return {
    observe(name = "run") {
      requireType("Cannot watch runs", "the name of a run", name, "string");
      return (run) => runs.add(run, name);
    },
    fetch: async (request) => await handler(request),
    serve: (options) => serve(options, { token, base, handler, readers }),
  };
}

/** Answers below `base`, which is empty or ends without a slash. */
function createHandler(base: string, token: string | undefined, readers: Readers): Handler {
  const app = new Hono({ getPath: (request) => new URL(request.url).pathname.slice(base.length) });
  app.use(secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // uPlot sets the sizes of what it draws.
      styleSrc: ["'self'", "'unsafe-inline'"],
      connectSrc: ["'self'"],
      imgSrc: ["data:"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
    },
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
  }));
  app.use(createGate(token));
  app.use(async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });
  app.get("/", (context) => context.html(PAGE));
  app.get("/app.css", (context) => context.body(STYLE, 200, { "content-type": "text/css" }));
  app.get(
    "/app.js",
    (context) => context.body(SCRIPT, 200, { "content-type": "text/javascript" }),
  );
  app.get("/events", (context) => {
    // Its answer would be made, and never read.
    if (context.req.raw.method === "HEAD") return context.body(null, 200);
    // A page of another site cannot read it, but could take all places.
    const site = context.req.header("sec-fetch-site") ?? "none";
    if (site !== "same-origin" && site !== "none") {
      return context.text("These events are for the dashboard's own page", 403);
    }
    if (!readers.hasRoom) return context.text("Too many pages are open", 503);
    return context.body(readers.open(), 200, { "content-type": "text/event-stream" });
  });
  return async (request) => {
    // Its name of a host is in it.
    if (!URL.canParse(request.url)) return new Response("Bad request", { status: 400 });
    const { pathname, search } = new URL(request.url);
    if (pathname.startsWith(`${base}/`)) return await app.fetch(request);
    if (pathname !== base) return new Response("Not found", { status: 404 });
    // The page asks for what it needs beside itself: its address ends with a slash.
    return new Response(null, { status: 308, headers: { location: `${base}/${search}` } });
  };
}

interface Served {
  readonly token: string | undefined;
  readonly base: string;
  readonly handler: Handler;
  readonly readers: Readers;
}

async function serve(
  options: ServeOptions = {},
  { token, base, handler, readers }: Served,
): Promise<DashboardServer> {
  requireKnown(SERVE_SUBJECT, options, ["hostname", "port"]);
  const { hostname = "127.0.0.1" } = options;
  requireType(SERVE_SUBJECT, "hostname", hostname, "string");
  const port = readCount(SERVE_SUBJECT, "port", options.port, 0);
  if (port > MAX_PORT) {
    throw new RangeError(`${SERVE_SUBJECT}: port must be at most ${MAX_PORT}, got ${port}`);
  }
  if (token === undefined && !isLoopback(hostname)) {
    throw new TypeError(
      `${SERVE_SUBJECT}: on ${
        show(hostname)
      } others can look in: dashboard() needs a token for that`,
    );
  }
  const server = await listen(SERVE_SUBJECT, hostname, port, handler);
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
  const end = async () => {
    readers.close();
    await server.close();
  };
  // Node's server refuses to be closed again, such as by `await using`.
  let ended: Promise<void> | undefined;
  const close = () => ended ??= end();
  return {
    url: `http://${host}:${server.port}${base}/${query}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The path as requests have it: with what is not ASCII encoded, and without slashes at its end. */
function readBase(basePath: unknown): string {
  if (typeof basePath !== "string" || !basePath.startsWith("/")) {
    throw new TypeError(`${SUBJECT}: basePath must begin with a slash, got ${show(basePath)}`);
  }
  if (/[?#]/.test(basePath)) {
    throw new TypeError(`${SUBJECT}: basePath must be a path alone, got ${show(basePath)}`);
  }
  return new URL(`http://localhost${basePath}`).pathname.replace(/\/+$/, "");
}

function requireToken(token: string | undefined): void {
  requireType(SUBJECT, "token", token, "string");
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw new RangeError(
      `${SUBJECT}: token must have at least ${MIN_TOKEN_LENGTH} characters, got ${token.length}`,
    );
  }
}
