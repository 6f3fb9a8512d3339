// What a client on each runtime makes of a server that redirects, stalls and breaks off.

import { fetchOk, HttpError, nextByLink, pages, sseSource } from "@headrace/http";

/** What the client has seen. */
export interface Outcome {
  readonly redirected: Readonly<Record<string, string>>;
  readonly stayed: Readonly<Record<string, string>>;
  readonly refused: string;
  readonly failed: readonly unknown[];
  readonly rows: readonly number[];
  readonly rest: readonly number[];
  readonly broken: readonly string[];
  readonly stalled: readonly string[];
  readonly left: string;
}

const KEY = "my-own-key-77";
const RECONNECT = { maxAttempts: 5, backoffMs: 1, maxBackoffMs: 10 };

/** Asks the server at `base`, which redirects to `other`. */
export async function ask(base: string): Promise<Outcome> {
  const headers = { authorization: `Bearer ${KEY}`, "x-api-key": KEY, accept: "application/json" };
  const readJson = async (path: string) => await (await fetchOk(base + path, { headers })).json();
  const collect = async <T, U>(items: AsyncIterable<T>, toValue: (item: T) => U): Promise<U[]> => {
    const values: U[] = [];
    for await (const item of items) values.push(toValue(item));
    return values;
  };
  const failure = async (call: Promise<unknown>): Promise<HttpError> => {
    try {
      await call;
    } catch (error) {
      if (error instanceof HttpError) return error;
      throw error;
    }
    throw new Error("It has not failed");
  };

  const post = { method: "POST", body: "{}", headers };
  const busy = await failure(fetchOk(`${base}/busy`, { headers }));
  const listing = pages<number>(`${base}/pages/1`, { next: nextByLink(), request: { headers } });
  const feed = (path: string, idleTimeoutMs: number) =>
    sseSource(base + path, { request: { headers }, reconnect: RECONNECT, idleTimeoutMs });
  let left = "";
  for await (const { data } of feed("/endless", 5_000)) {
    left = data;
    break;
  }
  return {
    left,
    redirected: await readJson("/to-other"),
    stayed: await readJson("/to-self"),
    refused: (await failure(fetchOk(`${base}/to-other-307`, post))).code,
    failed: [busy.code, busy.headers.get("retry-after"), busy.body],
    rows: await collect(listing, (row) => row),
    rest: await collect(listing.open({ page: "/pages/2", index: 1 }), ({ item }) => item),
    broken: await collect(feed("/broken", 5_000), ({ data }) => data),
    stalled: await collect(feed("/stalled", 300), ({ data }) => data),
  };
}
