// toResponse() in real servers, with clients that read to the end, stall and leave.

import { assert, assertEquals } from "@std/assert";
import { Client } from "./client.ts";
import type { Seen } from "./servers/handle.ts";
import { onBun, onDeno, onNode, onWorkerd, type Program, type Server } from "./servers/start.ts";

const ENABLE_REQUEST_SIGNAL = ["enable_request_signal"];

const PROGRAMS: readonly Program[] = [
  onDeno("Deno.serve", "servers/deno.ts"),
  onDeno("Deno.serve without the signal", "servers/deno.ts", ["body"]),
  onBun("Bun.serve", "servers/bun.ts"),
  onBun("Bun.serve without the signal", "servers/bun.ts", ["body"]),
  onNode("node:http, Node 20", "servers/node.ts", { version: 20 }),
  onNode("node:http, Node 24", "servers/node.ts", { version: 24 }),
  onBun("node:http, Bun", "servers/node.ts"),
  onDeno("node:http, Deno", "servers/node.ts"),
  onNode("Express", "servers/express.ts", { version: 24 }),
  onNode("Fastify", "servers/fastify.ts", { version: 24 }),
  onNode("Hono on Node", "servers/hono.ts", { version: 24 }),
  onWorkerd("workerd", { usesSignal: false, flags: [] }),
  onWorkerd("workerd with enable_request_signal", {
    usesSignal: true,
    flags: ENABLE_REQUEST_SIGNAL,
  }),
];

/** Of 1 KiB each. More than any server and both ends of a connection hold; far from endless. */
const MOST_ITEMS_AHEAD = 16_384;

const IDLE = [["/idle", "having read all of it"], ["/unread", "having read half of it"]] as const;

async function readSeen({ port }: Server): Promise<Seen> {
  return await (await fetch(`http://127.0.0.1:${port}/seen`)).json();
}

/** Asks again until it is so. If that never happens, the test hangs, and fails. */
async function untilSeen(server: Server, isSo: (seen: Seen) => boolean): Promise<Seen> {
  let seen = await readSeen(server);
  for (let count = 0; !isSo(seen); count++) {
    if (count === 400) throw new Error(`It did not happen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    seen = await readSeen(server);
  }
  return seen;
}

/**
 * workerd 1.20261023.1 notices a client that has left with its next write: of 15 that had read all there was
 * none was noticed otherwise, and of 15 that had not, 9 with the signal of the request. Signs of life are such
 * writes: 15 of 15.
 */
const noticesIdle = (name: string): boolean => !name.startsWith("workerd");

/** While the head waits, nothing but the signal of the request says that the client has left. */
const noticesWaiting = (name: string): boolean =>
  !name.startsWith("workerd") && !name.endsWith("without the signal");

for (const { name, start } of PROGRAMS) {
  Deno.test(`${name}: an answer comes whole, and its run is closed`, async () => {
    await using server = await start();
    const answer = await fetch(`http://127.0.0.1:${server.port}/rows`);
    assertEquals(answer.headers.get("content-type"), "application/x-ndjson");
    assertEquals(await answer.text(), '"mill"\n"race"\n');
    const seen = await untilSeen(server, ({ waited }) => waited === 1);
    assertEquals([seen.opened, seen.closed], [1, 1]);
  });

  for (const [path, what] of noticesIdle(name) ? IDLE : []) {
    Deno.test(`${name}: a client that leaves an idle answer closes the run, ${what}`, async () => {
      await using server = await start();
      using client = await Client.ask(server.port, path);
      await client.receive("data: mill");
      client.leave();
      const seen = await untilSeen(server, ({ closed, waited }) => closed === 1 && waited === 1);
      assertEquals(seen.aborted, 1);
    });
  }

  Deno.test(`${name}: a client that stalls holds the run back, and closes it by leaving`, async () => {
    await using server = await start();
    using client = await Client.ask(server.port, "/endless");
    await client.receive("xxx");
    let before = -1;
    const { items } = await untilSeen(server, ({ items }) => {
      const isStill = items === before && items > 0;
      before = items;
      return isStill;
    });
    assert(items < MOST_ITEMS_AHEAD, `${items} items were computed`);
    client.leave();
    const seen = await untilSeen(server, ({ closed, waited }) => closed === 1 && waited === 1);
    assertEquals(seen.opened, 1);
  });

  Deno.test(`${name}: an answer to HEAD has no run, or closes it`, async () => {
    await using server = await start();
    const answer = await fetch(`http://127.0.0.1:${server.port}/endless`, { method: "HEAD" });
    assertEquals(answer.headers.get("content-type"), "application/x-ndjson");
    const seen = await untilSeen(server, ({ opened, closed }) => opened === closed);
    assert(seen.items < MOST_ITEMS_AHEAD, `${seen.items} items were computed`);
    assertEquals((await readSeen(server)).items, seen.items);
  });

  Deno.test(`${name}: a run that fails breaks the answer off`, async () => {
    await using server = await start();
    const answer = await fetch(`http://127.0.0.1:${server.port}/failing`).catch(() => undefined);
    const text = await answer?.text().catch(() => "broken off") ?? "broken off";
    assertEquals(text, "broken off");
    const seen = await untilSeen(server, ({ waited }) => waited === 1);
    assertEquals([seen.opened, seen.closed], [1, 1]);
  });

  Deno.test(`${name}: a silent answer shows signs of life, and is closed`, async () => {
    await using server = await start();
    using client = await Client.ask(server.port, "/beating");
    await client.receive(":\n\n");
    client.leave();
    const seen = await untilSeen(server, ({ closed, waited }) => closed === 1 && waited === 1);
    assertEquals(seen.opened, 1);
  });

  Deno.test(`${name}: a run that fails before its first item has a status of its own`, async () => {
    await using server = await start();
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      const { status, headers } = answer;
      const shown = ["cache-control", "content-type", "retry-after"].map((key) => headers.get(key));
      return [status, ...shown, await answer.text(), [...headers].flat().join().includes("secret")];
    };
    assertEquals(await ask("/refused"), [500, null, null, null, "", false]);
    assertEquals(await ask("/chosen"), [503, null, "text/plain", "7", "busy", false]);
    assertEquals(await ask("/named"), [
      ...[500, null, "application/json", null, '[\n{"failed":true}\n]\n', false],
    ]);
    const seen = await untilSeen(server, ({ waited }) => waited === 3);
    assertEquals([seen.opened, seen.closed], [3, 3]);
  });

  if (noticesWaiting(name)) {
    Deno.test(`${name}: a client that leaves while the head waits closes the run`, async () => {
      await using server = await start();
      using client = await Client.ask(server.port, "/waiting");
      await untilSeen(server, ({ items }) => items === 1);
      client.leave();
      const seen = await untilSeen(server, ({ closed, waited }) => closed === 1 && waited === 1);
      assertEquals([seen.opened, seen.aborted], [1, 1]);
      assert(!server.stderr().includes("Error"), server.stderr());
    });
  }

  Deno.test(`${name}: signs of life end the wait of the head, and a client that leaves is noticed`, async () => {
    await using server = await start();
    using client = await Client.ask(server.port, "/beaten");
    await client.receive("\r\n\r\n");
    client.leave();
    const seen = await untilSeen(server, ({ closed, waited }) => closed === 1 && waited === 1);
    assertEquals([seen.opened, seen.aborted], [1, 1]);
  });
}
