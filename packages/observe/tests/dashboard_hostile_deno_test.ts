// What a dashboard's server does with clients that no browser is.

import { dashboard } from "@headrace/observe/dashboard";
import { StreamingPipeline } from "@headrace/pipeline";
import { assert, assertRejects } from "@std/assert";
import { test } from "../../../tests/harness.ts";

/** Sends a request as it is, and gives the connection. */
async function send(url: string, request: string): Promise<Deno.Conn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(request));
  return connection;
}

async function statusOf(connection: Deno.Conn): Promise<number> {
  const bytes = new Uint8Array(4096);
  const count = await connection.read(bytes);
  connection.close();
  return Number(new TextDecoder().decode(bytes.subarray(0, count ?? 0)).split(" ")[1]);
}

for (const host of ["a b", "127.0.0.1:99999", "[::1", "%"]) {
  test(`a request for the host ${host} is refused, and is no failure of the server`, async () => {
    await using server = await dashboard().serve();
    const connection = await send(server.url, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

    const status = await statusOf(connection);
    assert(status === 400 || status === 403, `${status}`);
  });
}

/** A pipeline of so many stages that the figures of its run fill the buffers of a connection soon. */
function wide(): StreamingPipeline<number, number, unknown> {
  let pipeline = StreamingPipeline.start<number>() as StreamingPipeline<number, number, unknown>;
  for (let stage = 0; stage < 500; stage++) {
    // The types of so many stages are of no use here.
    pipeline = pipeline.map(`a stage with a long name ${stage}`, (item) => item) as typeof pipeline;
  }
  return pipeline;
}

test("a server ends while clients take nothing, or have sent half a request", async () => {
  const board = dashboard({ intervalMs: 1, maxReaders: 4 });
  const run = wide().run([1, 2]);
  let looks = 0;
  board.observe("wide")({
    traceId: run.traceId,
    ended: run.ended,
    metadata: () => (looks++, run.metadata()),
  });
  const items = run[Symbol.asyncIterator]();
  await items.next();
  const server = await board.serve();
  const request = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const connections = [await send(server.url, request.slice(0, 30))];
  for (let client = 0; client < 4; client++) connections.push(await send(server.url, request));
  // The figures are looked at no more, once the buffers of all connections are full.
  for (let seen = -1, still = 0; still < 10; seen = looks) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    still = looks === seen ? still + 1 : 0;
  }
  assert(looks > 4);

  await server.close();
  for (const connection of connections) connection.close();
  await items.return!();
  await assertRejects(() => fetch(server.url));
});
