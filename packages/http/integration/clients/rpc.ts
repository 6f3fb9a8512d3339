// A service of Connect over HTTP/2 and its client, in one process: what pipelines on both sides make of a client
// that stalls and leaves, and of a server that fails and breaks off.

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import { RpcError, rpcExchange, rpcHandler, rpcSource } from "@headrace/http/rpc";
import { StreamingPipeline } from "@headrace/pipeline";
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { type Grain, GrainSchema, Mill, type Order } from "../servers/mill_pb.ts";

const SIZE = 16_384;
const weight = new Uint8Array(SIZE);
/** An order of so many is answered by nothing at all. */
const SILENT = 77;

const seen = { ground: 0, closed: 0, aborted: 0, taken: 0, failures: 0 };

function* grains({ from, count, size }: Order): Generator<Grain> {
  try {
    for (let id = from; id < from + count; id++) {
      seen.ground++;
      if (count === 100 && id === 40 && seen.failures++ === 0) {
        throw new ConnectError("the stone is hot", Code.Unavailable);
      }
      // As a machine that goes down: nothing more is said.
      if (count === 100 && id === 70 && seen.failures++ === 1) {
        for (const session of sessions) session.destroy();
      }
      yield create(GrainSchema, { id, weight: weight.subarray(0, size) });
    }
  } finally {
    seen.closed++;
  }
}

const grind = StreamingPipeline.start<Order>()
  .map("order", (order, _index, { signal }) => {
    if (order.count === 0) throw new ConnectError("no grain", Code.InvalidArgument);
    if (order.count !== SILENT) return order;
    return new Promise<Order>((_, reject) =>
      signal.addEventListener("abort", () => {
        seen.aborted++;
        reject(signal.reason);
      })
    );
  })
  .flatMap("grain", grains);
const exchange = StreamingPipeline.start<Grain>().map("grain", (grain) => {
  seen.taken++;
  return create(GrainSchema, { id: grain.id * 2, weight: grain.weight });
});

const sessions = new Set<ServerHttp2Session>();
const server = createServer(connectNodeAdapter({
  routes: (router) => {
    router.service(Mill, { grind: rpcHandler(grind), exchange: rpcHandler(exchange) });
  },
}));
server.on("session", (session) => {
  sessions.add(session);
  session.on("close", () => sessions.delete(session));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const client = createClient(Mill, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));

/** Asks again until it is so; returns whether it came to that. */
async function until(isSo: () => boolean): Promise<boolean> {
  for (let count = 0; count < 400 && !isSo(); count++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return isSo();
}

/** Waits until a figure stands still. */
async function settle(read: () => number): Promise<number> {
  for (let before = -1;;) {
    const now = read();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    const found = error instanceof RpcError ? error : (error as { cause?: unknown }).cause;
    if (found instanceof RpcError) return [found.code, found.message];
    throw error;
  }
  throw new Error("It has not failed");
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const order = (count: number, size = 0) =>
  rpcSource<Grain, number>(
    ({ signal, from }) => {
      const begin = from === undefined ? 0 : from + 1;
      // The whole is what is ordered: a part of it is known by where it begins.
      return client.grind({ from: begin, count: count === 100 ? 100 : count - begin, size }, {
        signal,
      });
    },
    { position: ({ id }) => id, retry: { maxAttempts: 5, backoffMs: 1 } },
  );
const ids = (all: readonly Grain[]) => all.map(({ id }) => id);

const outcome: Record<string, unknown> = {};
outcome.whole =
  ids(await collect(order(1_000))).join() === Array.from({ length: 1_000 }, (_, id) => id).join();

// The server fails at 40 and breaks off at 70; what follows is asked for from there.
const through: number[] = [];
for await (const { id } of order(100)) {
  through.push(id);
  if (id === 99) break;
}
outcome.resumed = through.join() === Array.from({ length: 100 }, (_, id) => id).join();
outcome.failures = seen.failures >= 2;
outcome.refused = await failure(
  collect(rpcSource(({ signal }) => client.grind({ count: 0 }, { signal }))),
);

// A client that stalls holds the server back, and closes its run by leaving.
Object.assign(seen, { ground: 0, closed: 0 });
const stalled = order(1_000_000, SIZE)[Symbol.asyncIterator]();
await stalled.next();
outcome.groundAhead = await settle(() => seen.ground);
await stalled.return();
outcome.left = await until(() => seen.closed === 1);

// A client that leaves a call which says nothing.
const silent = rpcSource(({ signal }) => client.grind({ count: SILENT }, { signal }))
  [Symbol.asyncIterator]();
const pending = silent.next();
await new Promise((resolve) => setTimeout(resolve, 100));
await silent.return();
outcome.silent = [(await pending).done, await until(() => seen.aborted === 1)];

// Both ways.
const mill = StreamingPipeline.start<Grain>().use(
  "exchange",
  rpcExchange<Grain, Grain>((input, options) => client.exchange(input, options)),
);
seen.taken = 0;
const sent = Array.from({ length: 500 }, (_, id) => create(GrainSchema, { id }));
outcome.exchanged =
  ids(await mill.executeToArray(sent)).join() === sent.map(({ id }) => id * 2).join();

// One answer is read and no more, so that the server stops reading, and the client computing.
const given = { items: 0, closed: 0 };
const endless = (function* () {
  try {
    for (;;) yield create(GrainSchema, { id: given.items++, weight });
  } finally {
    given.closed++;
  }
})();
seen.taken = 0;
const run = mill.run(endless);
const answers = run[Symbol.asyncIterator]();
await answers.next();
outcome.givenAhead = await settle(() => given.items);
await answers.return();
outcome.closed = await until(() => given.closed === 1);
const taken = await settle(() => seen.taken);
outcome.takenBehind = taken <= given.items;

for (const session of sessions) session.destroy();
server.close();
console.log(`RESULT ${JSON.stringify(outcome)}`);
process.exit(0);
